"""What a network makes of pictures under attack, which are counted in grey levels here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

# On a CPU, four pictures of 224 px: with more the activations of a layer leave the cache before the
# next one reads them.
PIXELS_AT_ONCE = 4 * 224 * 224

Network = Callable[[torch.Tensor], torch.Tensor]
# (log-probabilities (N, K), labels (N,), target or None) -> (N,), what the attack wants more of.
Objective = Callable[[torch.Tensor, torch.Tensor, int | None], torch.Tensor]


@dataclass(frozen=True)
class Step:
    """One iterate.

    Attributes:
        step: 0 is the clean picture.
        steps: how many there are, or at most will be; the last has step == steps.
        adversarial: (N, 3, H, W) in [0, 1].
        true: probability of the label, per picture, at this iterate.
        target: probability of the target, per picture; None without a target.
    """

    step: int
    steps: int
    adversarial: torch.Tensor
    true: tuple[float, ...]
    target: tuple[float, ...] | None


@dataclass(frozen=True)
class Look:
    """What the network made of one iterate.

    Attributes:
        levels, pictures: (N, 3, H, W), the same in [0, 255] and in [0, 1].
        log_p: (N, K), log-probabilities.
        labels: (N,), class numbers.
        target: class number or None.
        gradient: (N, 3, H, W), of the objective with respect to the pictures; None if not wanted.
    """

    levels: torch.Tensor
    pictures: torch.Tensor
    log_p: torch.Tensor
    labels: torch.Tensor
    target: int | None
    gradient: torch.Tensor | None = None

    @property
    def fooled(self) -> torch.Tensor:
        """(N,), whether the network is."""
        prediction = self.log_p.argmax(1)
        return prediction != self.labels if self.target is None else prediction == self.target

    def step(self, step: int, steps: int) -> Step:
        """The record of this iterate."""
        p = self.log_p.exp()
        true = p.gather(1, self.labels[:, None])[:, 0].tolist()
        target = None if self.target is None else tuple(p[:, self.target].tolist())
        return Step(step, steps, self.pictures, tuple(true), target)

    def only(self, which: torch.Tensor) -> Look:
        """Some of the pictures: those where `which` (N,) is true."""
        gradient = None if self.gradient is None else self.gradient[which]
        parts = (self.levels[which], self.pictures[which], self.log_p[which], self.labels[which])
        return Look(*parts, self.target, gradient)

    def with_(self, which: torch.Tensor, other: Look) -> Look:
        """`other`, made of the pictures where `which` is true, put back among all."""
        levels, log_p = self.levels.clone(), self.log_p.clone()
        levels[which], log_p[which] = other.levels, other.log_p
        return Look(levels, levels / 255, log_p, self.labels, self.target)


def likelihood(log_p: torch.Tensor, labels: torch.Tensor, target: int | None) -> torch.Tensor:
    """The negative cross-entropy of the target, or the cross-entropy of the label."""
    return -log_p.gather(1, labels[:, None])[:, 0] if target is None else log_p[:, target]


def look(
    network: Network,
    levels: torch.Tensor,
    labels: torch.Tensor | None,
    target: int | None,
    wanted: Objective | None,
) -> Look:
    """One forward pass; with an objective also its gradient.

    Args:
        levels: (N, 3, H, W) in [0, 255].
        labels: (N,); None takes the predictions.
    """
    pictures = levels / 255
    size = _at_once(levels)
    named = [None] * len(levels.split(size)) if labels is None else labels.split(size)
    parts = [
        _look(network, some, theirs, target, wanted)
        for some, theirs in zip(pictures.split(size), named, strict=True)
    ]
    if len(parts) == 1:
        log_p, labels, slope = parts[0]
    else:
        logs, named, slopes = zip(*parts, strict=True)
        log_p, labels = torch.cat(logs), torch.cat(named)
        slope = None if wanted is None else torch.cat(slopes)
    return Look(levels, pictures, log_p, labels, target, slope)


def _at_once(levels: torch.Tensor) -> int:
    """How many pictures go through the network together."""
    if levels.device.type != "cpu":
        return len(levels)
    return max(1, PIXELS_AT_ONCE // levels[0, 0].numel())


def _look(network, pictures, labels, target, wanted: Objective | None) -> tuple:
    """Log-probabilities, labels, and the objective's gradient, of some pictures."""
    with torch.set_grad_enabled(wanted is not None):
        leaf = pictures.detach().requires_grad_(wanted is not None)
        log_p = network(leaf).log_softmax(1)
        if labels is None:
            labels = log_p.detach().argmax(1)
        if wanted is None:
            return log_p, labels, None
        # Summed, not averaged: what happens to a picture doesn't depend on its neighbours.
        (slope,) = torch.autograd.grad(wanted(log_p, labels, target).sum(), leaf)
        if 0 in slope.stride():  # one number for many places can't be written to
            slope = slope.clone()
    return log_p.detach(), labels, slope


def choose(first: torch.Tensor, a: Look, b: Look) -> Look:
    """Picture by picture: a where `first` (N,), else b."""
    if first.all():
        return a
    levels = torch.where(first[:, None, None, None], a.levels, b.levels)
    log_p = torch.where(first[:, None], a.log_p, b.log_p)
    return Look(levels, levels / 255, log_p, a.labels, a.target)


def to_levels(x: torch.Tensor) -> torch.Tensor:
    """[0, 1] -> [0, 255], with whole levels exactly whole."""
    levels = x.float() * 255
    nearest = levels.round()
    # k/255 in float32, times 255, is off by at most some 1e-5.
    return torch.where((levels - nearest).abs() < 1e-4, nearest, levels)


def on_grid(levels: torch.Tensor) -> bool:
    """Whether all levels are whole: what an 8-bit file holds."""
    return bool((levels == levels.round()).all())
