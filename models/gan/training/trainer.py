"""Training a GAN step by step: one network is updated while the other is frozen.

Every random number comes from the trainer's own generator, and measuring takes none from it: a run
depends on its settings alone.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import nn

from models.device import place
from models.gan.networks.conditional import forward
from models.gan.training import losses
from models.gan.training.augment import augment
from models.gan.training.build import build_networks
from models.gan.training.data import Data, Pictures
from models.gan.training.ema import EMA, warmed_up
from models.gan.training.labels import Labels, labelled
from models.gan.training.penalties import penalties
from models.gan.training.settings import TrainingSettings
from models.gan.training.snapshot import Measured, Snapshot, mean
from models.gan.training.update import Diverged, frozen
from models.validation import choice

SAMPLE_PICTURES, SAMPLE_POINTS = 16, 1024
SAMPLES_A_CLASS = 4
# Colours change little in a few pictures of one kind; translation and cutout are what keeps D from
# memorizing them (Zhao et al. 2020, section 4.3).
AUGMENTATIONS = ("translation", "cutout")
ADAM_BETA2 = 0.99
# Weight, gradient and Adam's two averages; the last good copy of all but the gradient; G's moving
# average, twice, counted as if it were as large as both networks.
BYTES_PER_WEIGHT = 4 * (4 + 3 + 2)
CHEAP_CHECKPOINT = 0.005  # seconds


class Trainer:
    """One run: networks, optimizers, moving average and the state of the random generator.

    With `settings.classes` it learns the pictures of these digits, and both networks are told which
    of them is meant: by its index in `settings.classes`, in (N,) labels.

    Args:
        data: what to imitate.
        settings: of the run; `configure` changes them between steps.
        device: where to compute.
        start: weights to go on from, {"generator": ..., "discriminator": ...} state dicts.

    Raises:
        ValueError: an architecture that does not fit the data.
        ValidationError: classes of data without labels.
    """

    def __init__(
        self,
        data: Data,
        settings: TrainingSettings,
        device: torch.device | str = "cpu",
        start: Mapping[str, Mapping[str, torch.Tensor]] | None = None,
    ):
        self.labels: Labels | None = None
        if settings.classes:
            data = labelled(data, settings.classes)
            self.labels = Labels(data, settings.seed)
        self.data, self.settings = data, settings
        self.device = torch.device(device)
        self.rng = torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.G, self.D = build_networks(settings, data.shape)
        if start:
            self.G.load_state_dict(start["generator"])
            self.D.load_state_dict(start["discriminator"])
        convolves = settings.architecture == "dcgan"
        self.placement = place(False, self.device)
        self._half = convolves and self.placement.dtype is torch.bfloat16
        for network in (self.G, self.D):
            network.to(self.device)
            if convolves:
                network.to(memory_format=self.placement.memory_format)  # type: ignore[call-overload]
        self.ema = EMA(self.G)
        self._adams = {
            "d": self._adam(self.D, settings.lr_d),
            "g": self._adam(self.G, settings.lr_g),
        }
        self._networks = {"d": self.D, "g": self.G}
        # Batch norm must not mix real and generated examples: D then sees them one after the other.
        self._separate = any(isinstance(m, nn.BatchNorm2d) for m in self.D.modules())
        fixed = torch.Generator().manual_seed(settings.seed + 1)
        count = SAMPLE_POINTS if len(data.shape) == 1 else SAMPLE_PICTURES
        self.latents = torch.randn(count, settings.latent, generator=fixed).to(self.device)
        self.rounds = self.steps_d = self.steps_g = self.skipped = self.examples = 0
        self.phase, self.diverged = "both", False
        self._measured = Measured()
        self._last_good = self.state()
        self._checkpointed_at = self._checkpoint_seconds = 0.0

    def _adam(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        betas = (self.settings.beta1, ADAM_BETA2)
        return torch.optim.Adam(network.parameters(), rate, betas, fused=True)

    @property
    def bytes(self) -> int:
        """Memory that the run holds on to: weights, gradients, averages, the last good copy."""
        weights = sum(p.numel() for n in (self.G, self.D) for p in n.parameters())
        pictures = self.data.train.numel() if isinstance(self.data, Pictures) else 0
        return BYTES_PER_WEIGHT * weights + pictures

    def configure(self, settings: TrainingSettings) -> None:
        """Goes on with other settings from the next step on.

        Raises:
            ValueError: settings that need new networks.
        """
        if self.settings.needs_new_networks(settings):
            raise ValueError("these settings need new networks")
        self.settings = settings
        for adam, rate in ((self._adams["d"], settings.lr_d), (self._adams["g"], settings.lr_g)):
            adam.param_groups[0]["lr"] = rate
            adam.param_groups[0]["betas"] = (settings.beta1, ADAM_BETA2)

    # -- steps -------------------------------------------------------------------------------------

    def step_discriminator(self, measure: bool = True) -> None:
        """One batch for D; G's weights and statistics stay as they are."""
        settings = self.settings
        real, labels = self._draw()
        with torch.no_grad(), frozen(self.G), self._precision():
            fake = forward(self.G, self._noise(), labels).float()
        self.examples += len(real)
        both = self._augmented(torch.cat([real, fake]))
        self.D.train()
        with self._precision():
            if self._separate:
                real_logits, fake_logits = (forward(self.D, h, labels) for h in both.chunk(2))
            else:
                twice = None if labels is None else labels.repeat(2)
                real_logits, fake_logits = forward(self.D, both, twice).chunk(2)
        real_logits, fake_logits = real_logits.float(), fake_logits.float()
        loss = losses.discriminator(settings.loss, real_logits, fake_logits, settings.smoothing)
        right = losses.accuracies(settings.loss, real_logits.detach(), fake_logits.detach())
        self._measured.real.append(right[0])
        self._measured.fake.append(right[1])
        self._measured.loss_d.append(loss.item())
        self.phase = "discriminator"
        if settings.skip_below and loss.item() < settings.skip_below:
            self.skipped += 1
            return
        added = penalties(
            lambda x: forward(self.D, x, labels), settings, self.steps_d, real, fake,
            self._augmented, self.rng,
        )  # fmt: skip
        self._update("d", loss + added, measure)
        self.steps_d += 1

    def step_generator(self, measure: bool = True) -> None:
        """One batch for G; D's weights and statistics stay as they are."""
        self.G.train()
        pairs = self.settings.loss == "relativistic"
        with frozen(self.D):
            # Other losses of a G that is told no class have no use for real examples.
            real = labels = of_real = None
            if pairs or self.labels:
                real, labels = self._draw()
            with self._precision():
                fake = forward(self.G, self._noise(), labels)
                logits = forward(self.D, self._augmented(fake.float()), labels).float()
                if pairs and real is not None:
                    of_real = forward(self.D, self._augmented(real), labels).float()
            loss = losses.generator(self.settings.loss, logits, of_real)
            self._measured.loss_g.append(loss.item())
            self.phase = "generator"
            self._update("g", loss, measure)
        self.steps_g += 1
        # With ema 0 the average is G itself, so that one turned on in mid-run begins there.
        self.ema.update(self.G, warmed_up(self.settings.ema, self.steps_g))

    def round(self, measure: bool = True) -> None:
        """D's steps, then G's."""
        for step in range(self.settings.d_steps):
            self.step_discriminator(measure and step == 0)
        for step in range(self.settings.g_steps):
            self.step_generator(measure and step == 0)
        self.rounds += 1
        self.phase = "both"

    def _draw(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """(a batch of real examples, their labels if there are classes)."""
        count = self.settings.batch
        if self.labels is None:
            return self.data.draw(count, self.rng).to(self.device), None
        real, labels = self.labels.draw(count, self.settings.shuffled_labels, self.rng)
        return real.to(self.device), labels.to(self.device)

    def _noise(self) -> torch.Tensor:
        size = (self.settings.batch, self.settings.latent)
        return torch.randn(size, generator=self.rng).to(self.device)

    def _augmented(self, examples: torch.Tensor) -> torch.Tensor:
        if self.settings.augment and examples.dim() == 4:
            return augment(examples, AUGMENTATIONS, self.rng)
        return examples

    def _precision(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._half)

    def _update(self, name: str, loss: torch.Tensor, measure: bool) -> None:
        if not math.isfinite(loss.item()):
            raise Diverged
        adam, weights = self._adams[name], list(self._networks[name].parameters())
        adam.zero_grad()
        loss.backward()
        if measure:
            self._measured.grad_norm[name] = _norm([w.grad for w in weights])
            before = [w.detach().clone() for w in weights]
        adam.step()
        if measure:
            update = torch._foreach_sub([w.detach() for w in weights], before)
            self._measured.update_ratio[name] = _norm(update) / max(_norm(before), 1e-12)

    # -- measuring ---------------------------------------------------------------------------------

    @torch.no_grad()
    def sample(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """What the generator (its moving average if there is one) makes of z (N, latent).

        Args:
            labels: (N,), of a run with classes; each class in turn if None.
        """
        averaged = self.settings.ema and self.steps_g
        return self._evaluated(self.ema.module if averaged else self.G, z, labels)

    @torch.no_grad()
    def logits(self, examples: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """D's logits (N,) on examples, in eval mode; labels as of `sample`."""
        return self._evaluated(self.D, examples, labels)

    def _evaluated(
        self, network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor | None
    ) -> torch.Tensor:
        if self.settings.classes:
            if labels is None:
                labels = torch.arange(len(inputs)) % len(self.settings.classes)
            labels = labels.to(self.device)
        was_training = network.training
        network.eval()
        with self._precision():
            outputs = forward(network, inputs.to(self.device), labels).float().cpu()
        network.train(was_training)
        return outputs

    def shown(self) -> torch.Tensor:
        """Samples of the run's fixed latents.

        With classes a strip: a row for each of `SAMPLES_A_CLASS` latents, a column for each class.
        """
        z, classes = self.latents, self.settings.classes
        if classes:
            z = z[:SAMPLES_A_CLASS].repeat_interleave(len(classes), 0)
        return self.sample(z)

    def sample_class(self, z: torch.Tensor, digit: int) -> torch.Tensor:
        """As `sample`, all of one of the classes.

        Raises:
            ValidationError: it is none of them.
        """
        classes = self.settings.classes or ()
        label = classes.index(choice("classes", digit, classes))
        return self.sample(z, torch.full((len(z),), label))

    def descent_directions(self, points: torch.Tensor) -> torch.Tensor:
        """Where G's loss would move points (N, 2): minus its gradient at each of them.

        The relativistic loss is paired with real points of its own, always the same.
        """
        at = points.detach().to(self.device).requires_grad_()
        real = self.data.draw(len(at), torch.Generator().manual_seed(0)).to(self.device)
        with frozen(self.D):
            loss = losses.generator(self.settings.loss, self.D(at).float(), self.D(real).float())
            loss = loss * len(at)
            (gradient,) = torch.autograd.grad(loss, at)
        return -gradient.cpu()

    def snapshot(self) -> Snapshot:
        """How the run stands now; what is averaged starts anew."""
        measured, self._measured = self._measured, Measured()
        return Snapshot(
            self.rounds, self.steps_d, self.steps_g, self.skipped, self.examples, self.phase,
            mean(measured.loss_d), mean(measured.loss_g), mean(measured.real),
            mean(measured.fake), measured.grad_norm.get("d"), measured.grad_norm.get("g"),
            measured.update_ratio.get("d"), measured.update_ratio.get("g"),
            self.shown(), self.diverged,
        )  # fmt: skip

    # -- running -----------------------------------------------------------------------------------

    def train(
        self, seconds: float = math.inf, rounds: int | None = None, phase: str = "both"
    ) -> int:
        """Trains for about `seconds`, or for `rounds` if that is sooner; gives the rounds done.

        When a loss is NaN or infinite, the run is back at its last good checkpoint (`diverged`).

        Args:
            phase: "both", or the one network that is to have its steps.
        """
        step = {
            "both": self.round,
            "discriminator": self.step_discriminator,
            "generator": self.step_generator,
        }[phase]
        start, done = time.perf_counter(), 0
        self.diverged = False
        try:
            while rounds is None or done < rounds:
                step(measure=done == 0)
                done += 1
                if time.perf_counter() - start >= seconds:
                    break
            self._checkpoint()
        except Diverged:
            self.load(self._last_good)
            self.diverged = True
        return done

    def advance(
        self, seconds: float = 0.15, rounds: int | None = None, phase: str = "both"
    ) -> Snapshot:
        """`train`, and how the run then stands."""
        self.train(seconds, rounds, phase)
        return self.snapshot()

    def run(self, seconds: float = 0.15, rounds: int | None = None) -> Iterator[Snapshot]:
        """Snapshots, 5 to 10 a second, until `rounds` are done, it diverges, or it is closed.

        Computes only while the next one is asked for; a later run goes on where it was left.
        """
        while rounds is None or self.rounds < rounds:
            left = None if rounds is None else rounds - self.rounds
            snapshot = self.advance(seconds, left)
            yield snapshot
            if snapshot.diverged:
                return

    # -- state -------------------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        """Keeps the state if it is finite; seldom enough to cost a tenth of the time at most."""
        start = time.perf_counter()
        seconds = self._checkpoint_seconds
        if seconds > CHEAP_CHECKPOINT and start - self._checkpointed_at < 10 * seconds:
            return
        state = self.state()
        self._checkpointed_at, self._checkpoint_seconds = start, time.perf_counter() - start
        tensors = [v for part in ("G", "D") for v in state[part].values() if v.is_floating_point()]
        # Adam's averages of squares overflow first: all later steps would then be 0.
        for adam in state["adams"].values():
            tensors += [value for kept in adam["state"].values() for value in kept.values()]
        if not torch.stack([value.isfinite().all() for value in tensors]).all():  # one transfer
            raise Diverged
        self._last_good = state

    def state(self) -> dict[str, Any]:
        """A copy of everything that training goes on from."""
        return copy.deepcopy(
            {
                "G": self.G.state_dict(),
                "D": self.D.state_dict(),
                "ema": self.ema.state_dict(),
                "adams": {name: adam.state_dict() for name, adam in self._adams.items()},
                "rng": self.rng.get_state(),
                "counts": (self.rounds, self.steps_d, self.steps_g, self.skipped, self.examples),
            }
        )

    def load(self, state: Mapping[str, Any]) -> None:
        """Goes back to a `state`; the settings stay as they are now."""
        self.G.load_state_dict(state["G"])
        self.D.load_state_dict(state["D"])
        self.ema.load_state_dict(state["ema"])
        for name, adam in self._adams.items():
            adam.load_state_dict(copy.deepcopy(state["adams"][name]))
        self.rng.set_state(state["rng"])
        counts = state["counts"]
        self.rounds, self.steps_d, self.steps_g, self.skipped, self.examples = counts
        self._measured = Measured()
        self.configure(self.settings)


def _norm(tensors: Iterable[Any]) -> float:
    return float(nn.utils.get_total_norm(tensors))
