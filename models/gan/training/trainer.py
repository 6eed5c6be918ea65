"""Training a GAN step by step: two networks, two phases, and figures on how the game stands.

The trainer knows neither who watches nor what the examples are. Every draw comes from generators of
its own, so that a run depends on its settings and on nothing that happens beside it; figures are
taken without touching them.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

from models.device import place
from models.gan.networks import toy as gan_networks
from models.gan.training import losses as gan_losses
from models.gan.training.augment import augment
from models.gan.training.data import Data
from models.gan.training.ema import Diverged, follow, resting
from models.gan.training.settings import Settings

STRIP = 16
CLOUD = 1024
# Colours change little in a few pictures of one kind; shifts and holes are what D can't learn by
# heart (Zhao et al. 2020, section 4.3).
POLICY = ("translation", "cutout")
# R1 on pictures is taken every fourth step with four times the weight (Karras et al. 2020).
LAZY = 4
ADAM_BETA2 = 0.99
# Weight, gradient and Adam's two averages; the last good copy of all but the gradient; G's running
# average, twice, if it were as large as both networks.
BYTES_PER_WEIGHT = 4 * (4 + 3 + 2)
CHEAP = 0.005


@dataclass(frozen=True)
class Moment:
    """How a run stands.

    Attributes:
        rounds: turns of both networks so far (a step of one alone counts none).
        steps_d, steps_g: updates of each so far; skipped: D's steps left out so far.
        examples: real ones shown to D so far.
        phase: what was done last: "discriminator", "generator" or "both".
        loss_d, loss_g: means since the moment before; None for a network that had no step.
        accuracy_real, accuracy_fake: shares of real and generated examples that D got right, since
            the moment before.
        slope_d, slope_g: norms of the loss's gradient with respect to each network's weights.
        change_d, change_g: |change of the weights| / |weights| in one step.
        samples: of the run's fixed latents: (1024, 2) points or (16, C, side, side) in [-1, 1].
        diverged: a loss was no number any more; the weights are those of the last good moment.
    """

    rounds: int
    steps_d: int
    steps_g: int
    skipped: int
    examples: int
    phase: str
    loss_d: float | None
    loss_g: float | None
    accuracy_real: float | None
    accuracy_fake: float | None
    slope_d: float | None
    slope_g: float | None
    change_d: float | None
    change_g: float | None
    samples: torch.Tensor
    diverged: bool


@dataclass
class _Tally:
    """What is averaged from one moment to the next."""

    loss_d: list[float] = field(default_factory=list)
    loss_g: list[float] = field(default_factory=list)
    real: list[float] = field(default_factory=list)
    fake: list[float] = field(default_factory=list)
    slope: dict[str, float] = field(default_factory=dict)
    change: dict[str, float] = field(default_factory=dict)


class Trainer:
    """One run: networks, optimisers, running average, and the draws' state.

    Args:
        data: what to imitate.
        settings: the knobs; `turn` changes them between steps.
        device: where to compute.
        start: weights to go on from, {"generator": ..., "discriminator": ...} state dicts.

    Raises:
        ValueError: an architecture that does not fit the data.
    """

    def __init__(
        self,
        data: Data,
        settings: Settings,
        device: torch.device | str = "cpu",
        start: dict[str, dict] | None = None,
    ):
        self.data, self.settings = data, settings
        self.device = torch.device(device)
        self.chance = torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.G, self.D = gan_networks.build(settings, data.shape)
        if start:
            self.G.load_state_dict(start["generator"])
            self.D.load_state_dict(start["discriminator"])
        convolves = settings.architecture == "dcgan"
        self.placement = place(False, self.device)
        self._half = convolves and self.placement.dtype is torch.bfloat16
        for network in (self.G, self.D):
            network.to(self.device)
            if convolves:
                network.to(memory_format=self.placement.memory_format)
        self.average = copy.deepcopy(self.G).eval().requires_grad_(False)
        self._adams = {
            "d": self._adam(self.D, settings.lr_d),
            "g": self._adam(self.G, settings.lr_g),
        }
        self._networks = {"d": self.D, "g": self.G}
        # D may look at both halves of a batch at once unless batch norm would mix them.
        self._mixes = any(isinstance(m, nn.BatchNorm2d) for m in self.D.modules())
        fixed = torch.Generator().manual_seed(settings.seed + 1)
        count = CLOUD if len(data.shape) == 1 else STRIP
        self.latents = torch.randn(count, settings.latent, generator=fixed).to(self.device)
        self.rounds = self.steps_d = self.steps_g = self.skipped = self.examples = 0
        self.phase, self.diverged = "both", False
        self._tally = _Tally()
        self._good = self.state()
        self._kept_at = self._kept_for = 0.0

    def _adam(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        betas = (self.settings.beta1, ADAM_BETA2)
        return torch.optim.Adam(network.parameters(), rate, betas, fused=True)

    @property
    def bytes(self) -> int:
        """Memory that the run holds on to: weights, gradients, averages, the last good copy."""
        weights = sum(p.numel() for n in (self.G, self.D) for p in n.parameters())
        pictures = getattr(self.data, "shown", None)
        return BYTES_PER_WEIGHT * weights + (0 if pictures is None else pictures.numel())

    # -- knobs -------------------------------------------------------------------------------------

    def turn(self, settings: Settings) -> None:
        """Goes on with other settings from the next step on.

        Raises:
            ValueError: settings that need other networks.
        """
        if self.settings.rebuilds(settings):
            raise ValueError("these settings need new networks")
        self.settings = settings
        for adam, rate in ((self._adams["d"], settings.lr_d), (self._adams["g"], settings.lr_g)):
            adam.param_groups[0]["lr"] = rate
            adam.param_groups[0]["betas"] = (settings.beta1, ADAM_BETA2)

    # -- steps -------------------------------------------------------------------------------------

    def step_discriminator(self, measured: bool = True) -> None:
        """One batch for D; G's weights and statistics stay as they are."""
        settings = self.settings
        real = self._real()
        with torch.no_grad(), resting(self.G), self._precision():
            fake = self.G(self._noise()).float()
        self.examples += len(real)
        shown = self._shown(torch.cat([real, fake]))
        self.D.train()
        with self._precision():
            if self._mixes:
                of_real, of_fake = (self.D(half) for half in shown.chunk(2))
            else:
                of_real, of_fake = self.D(shown).chunk(2)
        of_real, of_fake = of_real.float(), of_fake.float()
        loss = gan_losses.discriminator(settings.loss, of_real, of_fake, settings.smoothing)
        right = gan_losses.accuracies(settings.loss, of_real.detach(), of_fake.detach())
        self._tally.real.append(right[0])
        self._tally.fake.append(right[1])
        self._tally.loss_d.append(loss.item())
        self.phase = "discriminator"
        # The lesson's own trick: let G catch up while D is far ahead.
        if settings.skip_below and loss.item() < settings.skip_below:
            self.skipped += 1
            return
        self._update("d", loss + self._penalties(real, fake), measured)
        self.steps_d += 1

    def step_generator(self, measured: bool = True) -> None:
        """One batch for G; D's weights and statistics stay as they are."""
        self.G.train()
        with resting(self.D):
            with self._precision():
                fake = self.G(self._noise())
                logits = self.D(self._shown(fake.float())).float()
            loss = gan_losses.generator(self.settings.loss, logits)
            self._tally.loss_g.append(loss.item())
            self.phase = "generator"
            self._update("g", loss, measured)
        self.steps_g += 1
        # With ema 0 the average is G itself, so that one turned on in mid-run begins there.
        follow(self.average, self.G, self.settings.ema, self.steps_g)

    def round(self, measured: bool = True) -> None:
        """D's steps, then G's."""
        for step in range(self.settings.d_steps):
            self.step_discriminator(measured and step == 0)
        for step in range(self.settings.g_steps):
            self.step_generator(measured and step == 0)
        self.rounds += 1
        self.phase = "both"

    def _noise(self) -> torch.Tensor:
        size = (self.settings.batch, self.settings.latent)
        return torch.randn(size, generator=self.chance).to(self.device)

    def _real(self) -> torch.Tensor:
        return self.data.draw(self.settings.batch, self.chance).to(self.device)

    def _shown(self, examples: torch.Tensor) -> torch.Tensor:
        if self.settings.augment and examples.dim() == 4:
            return augment(examples, POLICY, self.chance)
        return examples

    def _precision(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._half)

    def _penalties(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor | float:
        """In float32: the gradient of a gradient is small."""
        settings, total = self.settings, 0.0
        pictures = real.dim() == 4
        every = LAZY if pictures else 1
        if settings.r1 and self.steps_d % every == 0:
            total = settings.r1 / 2 * every * gan_losses.r1(self.D, self._shown(real))
        if settings.loss == "wasserstein" and settings.penalty:
            share = torch.rand(len(real), generator=self.chance).to(self.device)
            steep = gan_losses.gradient_penalty(self.D, real, fake, share)
            total = total + settings.penalty * steep
        return total

    def _update(self, name: str, loss: torch.Tensor, measured: bool) -> None:
        if not math.isfinite(loss.item()):
            raise Diverged
        adam, weights = self._adams[name], list(self._networks[name].parameters())
        adam.zero_grad()
        loss.backward()
        if measured:
            self._tally.slope[name] = float(nn.utils.get_total_norm([w.grad for w in weights]))
            before = [w.detach().clone() for w in weights]
        adam.step()
        if measured:
            size = float(nn.utils.get_total_norm(before))
            moved = torch._foreach_sub([w.detach() for w in weights], before)
            self._tally.change[name] = float(nn.utils.get_total_norm(moved)) / max(size, 1e-12)

    # -- looking -----------------------------------------------------------------------------------

    @torch.no_grad()
    def sample(self, z: torch.Tensor) -> torch.Tensor:
        """What the generator (its running average if there is one) makes of z (N, latent)."""
        network = self.average if self.settings.ema and self.steps_g else self.G
        was = network.training
        network.eval()
        with self._precision():
            made = network(z.to(self.device)).float().cpu()
        network.train(was)
        return made

    @torch.no_grad()
    def judge(self, examples: torch.Tensor) -> torch.Tensor:
        """D's logits (N,) on examples, in eval mode."""
        was = self.D.training
        self.D.eval()
        with self._precision():
            logits = self.D(examples.to(self.device)).float().cpu()
        self.D.train(was)
        return logits

    def pull(self, points: torch.Tensor) -> torch.Tensor:
        """Where G's loss would have points (N, 2) go: minus its gradient at each of them."""
        at = points.detach().to(self.device).requires_grad_()
        with resting(self.D):
            losses = gan_losses.generator(self.settings.loss, self.D(at).float()) * len(at)
            (slope,) = torch.autograd.grad(losses, at)
        return -slope.cpu()

    def moment(self) -> Moment:
        """How the run stands now; what is averaged starts anew."""
        tally, self._tally = self._tally, _Tally()

        def mean(values: list[float]) -> float | None:
            return sum(values) / len(values) if values else None

        return Moment(
            self.rounds, self.steps_d, self.steps_g, self.skipped, self.examples, self.phase,
            mean(tally.loss_d), mean(tally.loss_g), mean(tally.real), mean(tally.fake),
            tally.slope.get("d"), tally.slope.get("g"), tally.change.get("d"),
            tally.change.get("g"), self.sample(self.latents), self.diverged,
        )  # fmt: skip

    def work(
        self, seconds: float = math.inf, rounds: int | None = None, phase: str = "both"
    ) -> int:
        """Trains for about `seconds`, or for `rounds` if that is sooner; gives the rounds done.

        When a loss is no number any more, the run is back at its last good moment (`diverged`).

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
                step(measured=done == 0)
                done += 1
                if time.perf_counter() - start >= seconds:
                    break
            self._keep()
        except Diverged:
            self.load(self._good)
            self.diverged = True
        return done

    def advance(
        self, seconds: float = 0.15, rounds: int | None = None, phase: str = "both"
    ) -> Moment:
        """`work`, and how the run then stands."""
        self.work(seconds, rounds, phase)
        return self.moment()

    def run(self, seconds: float = 0.15, rounds: int | None = None) -> Iterator[Moment]:
        """Moments, 5 to 10 a second, until `rounds` are done, a loss is no number, or it is closed.

        Computes only while somebody asks for the next one; a later run goes on where it was left.
        """
        while rounds is None or self.rounds < rounds:
            left = None if rounds is None else rounds - self.rounds
            moment = self.advance(seconds, left)
            yield moment
            if moment.diverged:
                return

    # -- keeping -----------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Notes the state as good; large networks seldom enough that it costs a tenth at most."""
        start = time.perf_counter()
        if self._kept_for > CHEAP and start - self._kept_at < 10 * self._kept_for:
            return
        state = self.state()
        self._kept_at, self._kept_for = start, time.perf_counter() - start
        tensors = [v for part in ("G", "D") for v in state[part].values() if v.is_floating_point()]
        # Adam's averages of squares overflow first: its steps are 0 from then on, for ever.
        for adam in state["adams"].values():
            tensors += [value for kept in adam["state"].values() for value in kept.values()]
        if all(bool(value.isfinite().all()) for value in tensors):
            self._good = state
        else:
            raise Diverged

    def state(self) -> dict:
        """A copy of everything that training goes on from."""
        return copy.deepcopy(
            {
                "G": self.G.state_dict(),
                "D": self.D.state_dict(),
                "average": self.average.state_dict(),
                "adams": {name: adam.state_dict() for name, adam in self._adams.items()},
                "chance": self.chance.get_state(),
                "counts": (self.rounds, self.steps_d, self.steps_g, self.skipped, self.examples),
            }
        )

    def load(self, state: dict) -> None:
        """Goes back to a `state`; the knobs stay as they are turned now."""
        self.G.load_state_dict(state["G"])
        self.D.load_state_dict(state["D"])
        self.average.load_state_dict(state["average"])
        for name, adam in self._adams.items():
            adam.load_state_dict(copy.deepcopy(state["adams"][name]))
        self.chance.set_state(state["chance"])
        counts = state["counts"]
        self.rounds, self.steps_d, self.steps_g, self.skipped, self.examples = counts
        self._tally = _Tally()
        self.turn(self.settings)
