"""Carlini and Wagner's L2 attack: the smallest change, as an optimiser finds it.

Carlini & Wagner 2017, "Towards evaluating the robustness of neural networks". With the picture
written as x' = (tanh(w) + 1) / 2, so that it can't leave [0, 1], Adam minimises over w

    |x' - x|^2 + c * max(m, -kappa)

    targeted    m = max_{i != t} Z_i - Z_t     how far the target's logit Z_t is behind
    untargeted  m = Z_y - max_{i != y} Z_i     how far the label's logit Z_y is ahead

A small c cares for the distance, a large one for success; the smallest c that succeeds is searched
for: times 10 until one does, then by halving, each time from x anew.

Reads `target`, `steps` (of each search), `step_size`, `constant` (the first c), `kappa` and
`searches`.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from models.attacks.evaluation import Look, Network, Step, choose, look, on_grid
from models.attacks.quantization import grown
from models.attacks.settings import Settings

# So that 0 and 255 have a finite w.
INSIDE = 0.999999
BETAS = 0.9, 0.999


def steps(network: Network, clean: Look, settings: Settings) -> Iterator[Step]:
    """The attack, from a look at the clean pictures on."""
    total = settings.steps * settings.searches
    best, made = clean, 0
    shortest = torch.full_like(clean.log_p[:, 0], torch.inf)
    constants = _Constants(shortest, settings.constant)
    for number in range(settings.searches):
        search = _Search(network, clean, settings, constants.now)
        for step in range(settings.steps):
            now = search.step()
            made += 1
            closer = search.reached(now) & (search.distance < shortest)
            if closer.any():
                best = choose(closer, now, best)
                shortest = torch.where(closer, search.distance, shortest)
            if number + 1 < settings.searches or step + 1 < settings.steps:
                yield now.step(made, total)
        constants.learn(search.success)
    if on_grid(clean.levels):
        best = grown(network, clean.levels, best)
    yield best.step(made, made)


class _Constants:
    """Each picture's c, and the bounds between which the best one lies."""

    def __init__(self, like: torch.Tensor, first: float):
        self.now = torch.full_like(like, first)
        self.low, self.high = torch.zeros_like(like), torch.full_like(like, torch.inf)

    def learn(self, success: torch.Tensor) -> None:
        """Goes on to the next c, told where this one succeeded, (N,)."""
        self.high = torch.where(success, self.now, self.high)
        self.low = torch.where(success, self.low, self.now)
        between = (self.low + self.high) / 2
        self.now = torch.where(self.high == torch.inf, self.now * 10, between)


class _Search:
    """Adam (Kingma & Ba 2015) with one c per picture.

    Attributes:
        distance: (N,), |x' - x|^2 at the last iterate.
        success: (N,), whether the network was fooled at some iterate.
    """

    def __init__(self, network: Network, clean: Look, settings: Settings, constants: torch.Tensor):
        self.network, self.clean, self.kappa = network, clean, settings.kappa
        self.constants = constants[:, None, None, None]
        self.success = torch.zeros_like(clean.fooled)
        self.w = torch.atanh((clean.pictures * 2 - 1) * INSIDE)
        # d x' / d w is 1/2 at mid-grey.
        self.rate = 2 * settings.step_size / 255
        self.mean, self.square = torch.zeros_like(self.w), torch.zeros_like(self.w)
        self.count = 0

    def step(self) -> Look:
        """The present iterate; w moves on to the next."""
        bent = torch.tanh(self.w)
        levels = 127.5 * (bent + 1)
        now = look(self.network, levels, self.clean.labels, self.clean.target, self._lead)
        change = now.pictures - self.clean.pictures
        self.distance = change.square().sum((1, 2, 3))
        self.success |= self.reached(now)
        slope = 2 * change - self.constants * now.gradient
        self._adam(slope.mul_(0.5).mul_(1 - bent.square_()))
        return now

    def _adam(self, slope: torch.Tensor) -> None:
        # By hand: torch.optim takes seconds to import what compiles it.
        self.count += 1
        self.mean.lerp_(slope, 1 - BETAS[0])
        self.square.lerp_(slope.square_(), 1 - BETAS[1])
        spread = (self.square / (1 - BETAS[1] ** self.count)).sqrt_().add_(1e-8)
        self.w.addcdiv_(self.mean, spread, value=-self.rate / (1 - BETAS[0] ** self.count))

    def reached(self, now: Look) -> torch.Tensor:
        """(N,), whether the network is fooled with a lead of kappa."""
        return now.fooled & (self._lead(now.log_p, now.labels, now.target) >= self.kappa)

    def _lead(self, log_p: torch.Tensor, labels: torch.Tensor, target: int | None) -> torch.Tensor:
        """By how much the wanted logit leads, at most kappa."""
        one = labels if target is None else torch.full_like(labels, target)
        score = log_p.gather(1, one[:, None])[:, 0]
        other = log_p.scatter(1, one[:, None], -torch.inf).amax(1)
        lead = other - score if target is None else score - other
        return lead.clamp(max=self.kappa)
