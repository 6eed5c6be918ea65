"""What a network makes of pictures under attack. Pictures are counted in grey levels here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from models.device import batch_size

Network = Callable[[torch.Tensor], torch.Tensor]
# (log-probabilities (N, K), labels (N,), target or None) -> (N,), what the attack maximizes.
Objective = Callable[[torch.Tensor, torch.Tensor, int | None], torch.Tensor]


@dataclass(frozen=True)
class AttackStep:
    """One iterate.

    Attributes:
        step: 0 is the clean picture.
        steps: how many there are, or at most will be; the last has step == steps.
        adversarial: (N, 3, H, W) in [0, 1].
        true: probability of the label, per picture, at this iterate.
        target: probability of the target, per picture; None without a target.
        patch: (1, 3, side, side) in [0, 1], the patch of this iterate; None of other methods.
    """

    step: int
    steps: int
    adversarial: torch.Tensor
    true: tuple[float, ...]
    target: tuple[float, ...] | None
    patch: torch.Tensor | None = None


@dataclass(frozen=True)
class Evaluation:
    """What the network made of one iterate.

    Attributes:
        levels, pictures: (N, 3, H, W), the same in [0, 255] and in [0, 1].
        log_p: (N, K), log-probabilities.
        labels: (N,), class numbers.
        target: class number or None.
        objective_gradient: (N, 3, H, W), with respect to the pictures; None if not asked for.
    """

    levels: torch.Tensor
    pictures: torch.Tensor
    log_p: torch.Tensor
    labels: torch.Tensor
    target: int | None
    objective_gradient: torch.Tensor | None = None

    @property
    def gradient(self) -> torch.Tensor:
        """The objective's gradient, (N, 3, H, W), which must have been asked for."""
        assert self.objective_gradient is not None
        return self.objective_gradient

    @property
    def fooled(self) -> torch.Tensor:
        """(N,), whether the network is fooled."""
        prediction = self.log_p.argmax(1)
        return prediction != self.labels if self.target is None else prediction == self.target

    def step(self, step: int, steps: int) -> AttackStep:
        """The record of this iterate."""
        p = self.log_p.exp()
        true = p.gather(1, self.labels[:, None])[:, 0].tolist()
        target = None if self.target is None else tuple(p[:, self.target].tolist())
        return AttackStep(step, steps, self.pictures, tuple(true), target)

    def select(self, which: torch.Tensor | slice) -> Evaluation:
        """Some of the pictures: a slice, or those where `which` (N,) is true."""
        gradient = None if self.objective_gradient is None else self.gradient[which]
        parts = (self.levels[which], self.pictures[which], self.log_p[which], self.labels[which])
        return Evaluation(*parts, self.target, gradient)

    def put_back(self, which: torch.Tensor, other: Evaluation) -> Evaluation:
        """This one, with `other` in the places of the pictures that were selected for it."""
        levels, log_p = self.levels.clone(), self.log_p.clone()
        levels[which], log_p[which] = other.levels, other.log_p
        return Evaluation(levels, levels / 255, log_p, self.labels, self.target)


def likelihood(log_p: torch.Tensor, labels: torch.Tensor, target: int | None) -> torch.Tensor:
    """The negative cross-entropy of the target, or the cross-entropy of the label."""
    return -log_p.gather(1, labels[:, None])[:, 0] if target is None else log_p[:, target]


def evaluate(
    network: Network,
    levels: torch.Tensor,
    labels: torch.Tensor | None,
    target: int | None,
    objective: Objective | None,
) -> Evaluation:
    """One forward pass; with an objective also its gradient.

    Args:
        levels: (N, 3, H, W) in [0, 255].
        labels: (N,); None takes the predictions.
    """
    pictures = levels / 255
    size = _batch_size(levels)
    batches = torch.split(pictures, size)
    theirs = [None] * len(batches) if labels is None else torch.split(labels, size)
    parts = [
        _evaluate(network, batch, named, target, objective)
        for batch, named in zip(batches, theirs, strict=True)
    ]
    if len(parts) == 1:
        return Evaluation(levels, pictures, parts[0][0], parts[0][1], target, parts[0][2])
    gradients = [gradient for _, _, gradient in parts if gradient is not None]
    return Evaluation(
        levels,
        pictures,
        torch.cat([log_p for log_p, _, _ in parts]),
        torch.cat([named for _, named, _ in parts]),
        target,
        torch.cat(gradients) if gradients else None,
    )


def _batch_size(levels: torch.Tensor) -> int:
    """How many pictures go through the network together."""
    return batch_size(levels) if levels.device.type == "cpu" else len(levels)


def _evaluate(
    network: Network,
    pictures: torch.Tensor,
    labels: torch.Tensor | None,
    target: int | None,
    objective: Objective | None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Log-probabilities, labels, and the objective's gradient, of one batch."""
    with torch.set_grad_enabled(objective is not None):
        leaf = pictures.detach().requires_grad_(objective is not None)
        log_p = network(leaf).log_softmax(1)
        if labels is None:
            labels = log_p.detach().argmax(1)
        if objective is None:
            return log_p, labels, None
        # Summed, not averaged: what happens to a picture doesn't depend on its neighbours.
        (gradient,) = torch.autograd.grad(objective(log_p, labels, target).sum(), leaf)
        if 0 in gradient.stride():  # an expanded tensor can't be written to
            gradient = gradient.clone()
    return log_p.detach(), labels, gradient


def where(condition: torch.Tensor, a: Evaluation, b: Evaluation) -> Evaluation:
    """Picture by picture: a where `condition` (N,), else b."""
    if condition.all():
        return a
    levels = torch.where(condition[:, None, None, None], a.levels, b.levels)
    log_p = torch.where(condition[:, None], a.log_p, b.log_p)
    return Evaluation(levels, levels / 255, log_p, a.labels, a.target)


def to_levels(x: torch.Tensor) -> torch.Tensor:
    """[0, 1] -> [0, 255], with whole levels exactly whole."""
    levels = x.float() * 255
    nearest = levels.round()
    # k/255 in float32, times 255, is off by at most some 1e-5.
    return torch.where((levels - nearest).abs() < 1e-4, nearest, levels)


def is_quantized(levels: torch.Tensor) -> bool:
    """Whether all levels are whole: what an 8-bit file holds."""
    return bool((levels == levels.round()).all())
