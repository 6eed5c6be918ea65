"""Progressive growing and multi-scale gradients side by side: same blocks, loss and learning rates,
and the same budget of computed pixels (counted as in `models.gan.training.progressive_schedule`).

Both use the non-saturating loss with R1 on every fourth step (Karras et al. 2018 and Karnewar and
Wang 2020 used others; with one for both the way to 32 px is all that differs).
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from models import images
from models.device import place
from models.gan.networks import progressive
from models.gan.networks.structure import LAST
from models.gan.training import losses
from models.gan.training.data import Pictures, scaled
from models.gan.training.ema import EMA, warmed_up
from models.gan.training.progressive_schedule import (
    ALL_SIDES,
    BATCHES,
    ProgressiveSettings,
    Stage,
    growing_stage,
    step_pixels,
)
from models.gan.training.update import Diverged, frozen

LOSS = "non_saturating"
LEARNING_RATE, BETAS = 0.01, (0.0, 0.99)
R1, R1_INTERVAL = 5.0, 4
EMA_DECAY = 0.99
SAMPLES = 8
CELL, GAP = 64, 2


@dataclass(frozen=True)
class ProgressiveSnapshot:
    """How one of the two stands.

    Attributes:
        method: "growing" or "multi_scale".
        spent, budget: computed pixels.
        stage: of the step done last.
        steps: of both networks so far.
        loss_d, loss_g: means since the last snapshot; None if there was no step.
        samples: what the generator's moving average makes of the same eight latents, for each side
            (8, C, side, side) near [-1, 1], or None for a side that it hasn't reached.
        seconds: of computing so far.
        done: nothing more will be computed.
        diverged: because a loss or a gradient was NaN or infinite; the samples are from before.
    """

    method: str
    spent: int
    budget: int
    stage: Stage
    steps: int
    loss_d: float | None
    loss_g: float | None
    samples: tuple[torch.Tensor | None, ...]
    seconds: float
    done: bool
    diverged: bool


class ProgressiveTrainer(ABC):
    """One way to 32 px: networks, optimizers, moving average and the random generator's state.

    Args:
        pictures: what to imitate, up to 32 px.
        settings: budget, fading, seed.
        device: where to compute.

    Raises:
        ValueError: pictures larger than 32 px.
    """

    method: str
    discriminator: type[nn.Module]

    def __init__(
        self,
        pictures: Pictures,
        settings: ProgressiveSettings,
        device: torch.device | str = "cpu",
    ):
        self.settings, self.device = settings, torch.device(device)
        self.pictures = progressive.pad(pictures.train)
        self.rng = torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            channels = self.pictures.shape[1]
            self.G, self.D = progressive.Generator(channels), self.discriminator(channels)
        placement = place(False, self.device)
        self._half = placement.dtype is torch.bfloat16
        for network in (self.G, self.D):
            network.to(self.device, memory_format=placement.memory_format)  # type: ignore[call-overload]
        self.ema = EMA(self.G)
        self._adam_g, self._adam_d = (
            torch.optim.Adam(network.parameters(), LEARNING_RATE, BETAS, fused=True)
            for network in (self.G, self.D)
        )
        fixed = torch.Generator().manual_seed(settings.seed + 1)
        self.latents = torch.randn(SAMPLES, progressive.LATENT, generator=fixed).to(self.device)
        self.spent = self.steps = 0
        self.seconds, self.diverged = 0.0, False
        self._last_stage = self.stage()
        self._losses: list[tuple[float, float]] = []

    # -- what the two do differently ---------------------------------------------------------------

    @abstractmethod
    def stage(self) -> Stage:
        """Of the next step."""

    @abstractmethod
    def real(self, pictures: torch.Tensor, stage: Stage) -> torch.Tensor:
        """Real pictures (N, C, 32, 32) as the tensor that R1 takes the gradient of."""

    @abstractmethod
    def views(self, real: torch.Tensor) -> list[torch.Tensor]:
        """All that D is shown of the pictures from `real`."""

    @abstractmethod
    def generate(
        self, generator: progressive.Generator, z: torch.Tensor, stage: Stage
    ) -> list[torch.Tensor]:
        """What D is shown of the pictures that `generator` makes of z (N, 64)."""

    @abstractmethod
    def logits(self, views: list[torch.Tensor], stage: Stage) -> torch.Tensor:
        """D's logits (N,)."""

    # -- steps -------------------------------------------------------------------------------------

    def step_discriminator(self, stage: Stage, penalised: bool) -> float:
        """One batch for D, with R1 if `penalised`; its loss without it. G stays as it is."""
        real = self.real(self._real(stage), stage)
        with self._precision():
            with torch.no_grad():
                fake = self.generate(self.G, self._noise(stage), stage)
            # Real and generated alternate: each group of the minibatch standard deviation is then
            # of one kind.
            pairs = zip(self.views(real), fake, strict=True)
            both = [torch.stack([x, y.to(x.dtype)], 1).flatten(0, 1) for x, y in pairs]
            logits = self.logits(both, stage).float()
        loss = losses.discriminator(LOSS, logits[0::2], logits[1::2])
        total = loss
        if penalised:
            # In float32: the gradient of a gradient is small.
            penalty = losses.squared_gradient(lambda x: self.logits(self.views(x), stage), real)
            total = loss + R1 / 2 * R1_INTERVAL * penalty
        self._update(self.D, self._adam_d, total)
        return loss.item()

    def step_generator(self, stage: Stage) -> float:
        """One batch for G; its loss. D stays as it is."""
        with frozen(self.D):
            with self._precision():
                fake = self.generate(self.G, self._noise(stage), stage)
                logits = self.logits(fake, stage).float()
            loss = losses.generator(LOSS, logits)
            self._update(self.G, self._adam_g, loss)
        self.ema.update(self.G, warmed_up(EMA_DECAY, self.steps))
        return loss.item()

    def step(self) -> None:
        """A step of each network."""
        stage, penalised = self.stage(), self._penalised()
        self._losses.append((self.step_discriminator(stage, penalised), self.step_generator(stage)))
        self._last_stage = stage
        self.spent += step_pixels(stage.scale, penalised)
        self.steps += 1

    @property
    def done(self) -> bool:
        """Whether the next step would exceed the budget, or it diverged."""
        cost = step_pixels(self.stage().scale, self._penalised())
        return self.diverged or self.spent + cost > self.settings.pixels

    def advance(self, seconds: float = 0.1) -> ProgressiveSnapshot:
        """Trains for about `seconds`, at least one step unless it is `done`."""
        start = time.perf_counter()
        try:
            while not self.done:
                self.step()
                if time.perf_counter() - start >= seconds:
                    break
        except Diverged:
            self.diverged = True
        self.seconds += time.perf_counter() - start
        return self.snapshot()

    def snapshot(self) -> ProgressiveSnapshot:
        """How it stands; what is averaged starts anew."""
        measured, self._losses = self._losses, []
        means = [sum(values) / len(measured) for values in zip(*measured, strict=True)]
        loss_d, loss_g = means or (None, None)
        return ProgressiveSnapshot(
            self.method, self.spent, self.settings.pixels, self._last_stage, self.steps,
            loss_d, loss_g, self.samples(), self.seconds, self.done, self.diverged,
        )  # fmt: skip

    @torch.no_grad()
    def samples(self) -> tuple[torch.Tensor | None, ...]:
        """Pictures of the fixed latents at every side reached.

        A smaller side is drawn by its own layer, which in progressive growing no longer learns.
        """
        stage, generator = self._last_stage, self.ema.module
        assert isinstance(generator, progressive.Generator)
        with self._precision():
            drawn = generator.all_scales(self.latents, stage.scale)
            drawn[-1] = generator.fade_in(self.latents, stage.scale, stage.alpha)
        reached = [picture.float().cpu() for picture in drawn]
        return (*reached, *[None] * (LAST - stage.scale))

    def _penalised(self) -> bool:
        return self.steps % R1_INTERVAL == 0

    def _real(self, stage: Stage) -> torch.Tensor:
        size = (BATCHES[stage.scale],)
        chosen = torch.randint(len(self.pictures), size, generator=self.rng)
        return scaled(self.pictures[chosen]).to(self.device)

    def _noise(self, stage: Stage) -> torch.Tensor:
        size = (BATCHES[stage.scale], progressive.LATENT)
        return torch.randn(size, generator=self.rng).to(self.device)

    def _precision(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._half)

    @staticmethod
    def _update(network: nn.Module, adam: torch.optim.Adam, loss: torch.Tensor) -> None:
        adam.zero_grad()
        loss.backward()
        gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
        if not math.isfinite(loss.item() + nn.utils.get_total_norm(gradients).item()):
            raise Diverged
        adam.step()


class GrowingTrainer(ProgressiveTrainer):
    """Progressive growing: one picture, of the side reached so far."""

    method = "growing"
    discriminator = progressive.GrowingDiscriminator

    def stage(self) -> Stage:
        return growing_stage(self.spent / self.settings.pixels, self.settings.fade)

    def real(self, pictures: torch.Tensor, stage: Stage) -> torch.Tensor:
        return progressive.fade_real(progressive.pyramid(pictures), stage.scale, stage.alpha)

    def views(self, real: torch.Tensor) -> list[torch.Tensor]:
        return [real]

    def generate(
        self, generator: progressive.Generator, z: torch.Tensor, stage: Stage
    ) -> list[torch.Tensor]:
        return [generator.fade_in(z, stage.scale, stage.alpha)]

    def logits(self, views: list[torch.Tensor], stage: Stage) -> torch.Tensor:
        return self.D(views[0], stage.scale, stage.alpha)


class MultiScaleTrainer(ProgressiveTrainer):
    """Multi-scale gradients: pictures of every side, all the time."""

    method = "multi_scale"
    discriminator = progressive.MultiScaleDiscriminator

    def stage(self) -> Stage:
        return ALL_SIDES

    def real(self, pictures: torch.Tensor, stage: Stage) -> torch.Tensor:
        return pictures

    def views(self, real: torch.Tensor) -> list[torch.Tensor]:
        return progressive.pyramid(real)

    def generate(
        self, generator: progressive.Generator, z: torch.Tensor, stage: Stage
    ) -> list[torch.Tensor]:
        return generator.all_scales(z)

    def logits(self, views: list[torch.Tensor], stage: Stage) -> torch.Tensor:
        return self.D(views)


class Comparison:
    """Both trainers on the same pictures with the same settings; arguments as of each.

    They advance in slices, the one behind first, so that at any time both have spent about as much.
    """

    def __init__(
        self,
        pictures: Pictures,
        settings: ProgressiveSettings,
        device: torch.device | str = "cpu",
    ):
        self.trainers = tuple(
            kind(pictures, settings, device) for kind in (GrowingTrainer, MultiScaleTrainer)
        )

    @property
    def done(self) -> bool:
        return all(trainer.done for trainer in self.trainers)

    def advance(self, seconds: float = 0.1) -> ProgressiveSnapshot:
        """A slice for the one that has spent less of those that are not done."""
        ready = [trainer for trainer in self.trainers if not trainer.done] or self.trainers
        return min(ready, key=lambda trainer: trainer.spent).advance(seconds)

    def run(self, seconds: float = 0.1) -> Iterator[ProgressiveSnapshot]:
        """Snapshots, 5 to 10 a second, until both are done or it is closed."""
        while not self.done:
            yield self.advance(seconds)


def sheet(snapshot: ProgressiveSnapshot) -> torch.Tensor:
    """A snapshot's samples as one picture (1, 3, H, W) in [0, 1]: a row for each side, smallest
    first.

    Every cell has the same size, so that the pixels of small sides are visible squares; the row of
    a side that is not reached yet is white.
    """
    reached = [images.enlarge((row + 1) / 2, CELL) for row in snapshot.samples if row is not None]
    cells = torch.cat(reached).clamp(0, 1).expand(-1, 3, -1, -1)
    rows = images.grid(cells, SAMPLES, GAP)
    height = len(snapshot.samples) * (CELL + GAP) - GAP
    return F.pad(rows, (0, 0, 0, height - rows.shape[1]), value=images.WHITE)[None]
