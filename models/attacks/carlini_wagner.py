"""Carlini and Wagner's L2 attack: the smallest change, as an optimizer finds it.

Carlini & Wagner 2017, "Towards evaluating the robustness of neural networks". With the picture
written as x' = (tanh(w) + 1) / 2, so that it can't leave [0, 1], Adam minimizes over w

    |x' - x|^2 + c * max(m, -kappa)

    targeted    m = max_{i != t} Z_i - Z_t     by how much the target's logit Z_t falls short
    untargeted  m = Z_y - max_{i != y} Z_i     by how much the label's logit Z_y leads

A small c favours a short change, a large one success. The smallest c that succeeds is searched for
as in the paper: times 10 until one does, then by bisection, each time from x anew.

Reads `target`, `steps` (of each search), `step_size`, `constant` (the first c), `kappa` and
`searches`.
"""

from __future__ import annotations

from collections.abc import Generator

import torch

from models.attacks.evaluation import (
    AttackStep,
    Evaluation,
    Network,
    evaluate,
    is_quantized,
    where,
)
from models.attacks.quantization import quantize
from models.attacks.settings import AttackSettings

# So that 0 and 255 have a finite w.
INSIDE = 0.999999


def steps(network: Network, clean: Evaluation, settings: AttackSettings) -> Generator[AttackStep]:
    """The attack, from the evaluation of the clean pictures on."""
    total = settings.steps * settings.searches
    best, made = clean, 0
    shortest = torch.full_like(clean.log_p[:, 0], torch.inf)
    constants = _Constants(shortest, settings.constant)
    for number in range(settings.searches):
        search = _Search(network, clean, settings, constants.now)
        for step in range(settings.steps):
            now, distance = search.step()
            made += 1
            closer = search.succeeds(now) & (distance < shortest)
            if closer.any():
                best = where(closer, now, best)
                shortest = torch.where(closer, distance, shortest)
            if number + 1 < settings.searches or step + 1 < settings.steps:
                yield now.step(made, total)
        constants.update(search.success)
    if is_quantized(clean.levels):
        best = quantize(network, clean.levels, best)
    yield best.step(made, made)


class _Constants:
    """Each picture's c, and the bounds between which the best one lies."""

    def __init__(self, like: torch.Tensor, first: float):
        self.now = torch.full_like(like, first)
        self.low, self.high = torch.zeros_like(like), torch.full_like(like, torch.inf)

    def update(self, success: torch.Tensor) -> None:
        """Goes on to the next c, given where this one succeeded, (N,)."""
        self.high = torch.where(success, self.now, self.high)
        self.low = torch.where(success, self.low, self.now)
        between = (self.low + self.high) / 2
        self.now = torch.where(self.high == torch.inf, self.now * 10, between)


class _Search:
    """Minimizes with one c per picture; Adam works on each value alone, so pictures don't mix.

    Attributes:
        success: (N,), whether the attack succeeded at some iterate.
    """

    def __init__(
        self, network: Network, clean: Evaluation, settings: AttackSettings, constants: torch.Tensor
    ):
        self.network, self.clean, self.kappa = network, clean, settings.kappa
        self.constants = constants[:, None, None, None]
        self.success = torch.zeros_like(clean.fooled)
        self.w = torch.atanh((clean.pictures * 2 - 1) * INSIDE)
        # d x' / d w is 1/2 at mid-grey.
        self.optimizer = torch.optim.Adam([self.w], lr=2 * settings.step_size / 255)

    def step(self) -> tuple[Evaluation, torch.Tensor]:
        """The present iterate and its |x' - x|^2, (N,); w moves on to the next."""
        tanh = torch.tanh(self.w)
        levels = 127.5 * (tanh + 1)
        now = evaluate(self.network, levels, self.clean.labels, self.clean.target, self._margin)
        change = now.pictures - self.clean.pictures
        self.success |= self.succeeds(now)
        # Of the loss with respect to x', then by the chain rule with respect to w.
        gradient = 2 * change - self.constants * now.gradient
        self.w.grad = gradient.mul_(0.5).mul_(1 - tanh.square_())
        self.optimizer.step()
        return now, change.square().sum((1, 2, 3))

    def succeeds(self, now: Evaluation) -> torch.Tensor:
        """(N,), whether the network is fooled with a margin of kappa."""
        return now.fooled & (self._margin(now.log_p, now.labels, now.target) >= self.kappa)

    def _margin(
        self, log_p: torch.Tensor, labels: torch.Tensor, target: int | None
    ) -> torch.Tensor:
        """min(-m, kappa): by how much the wanted logit leads, at most kappa."""
        one = labels if target is None else torch.full_like(labels, target)
        score = log_p.gather(1, one[:, None])[:, 0]
        other = log_p.scatter(1, one[:, None], -torch.inf).amax(1)
        margin = other - score if target is None else score - other
        return margin.clamp(max=self.kappa)
