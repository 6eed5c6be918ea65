"""How a training stands, as a value; and what is measured between two such looks."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Snapshot:
    """How a run stands.

    Attributes:
        rounds: of both networks so far (a step of one alone counts none).
        steps_d, steps_g: updates of each so far; skipped: D's steps left out so far.
        examples: real ones shown to D so far.
        phase: what was done last: "discriminator", "generator" or "both".
        loss_d, loss_g: means since the last snapshot; None for a network that had no step.
        accuracy_real, accuracy_fake: shares of real and generated examples that D got right, since
            the last snapshot.
        grad_norm_d, grad_norm_g: norms of the loss's gradient with respect to each network's
            weights.
        update_ratio_d, update_ratio_g: |update| / |weights| of one step.
        samples: of the run's fixed latents: (1024, 2) points or (16, C, side, side) in [-1, 1];
            with K classes (4 K, C, side, side), see `Trainer.shown`.
        diverged: a loss or a weight was not finite; the weights are those of the last checkpoint.
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
    grad_norm_d: float | None
    grad_norm_g: float | None
    update_ratio_d: float | None
    update_ratio_g: float | None
    samples: torch.Tensor
    diverged: bool


@dataclass
class Measured:
    """What is collected from one snapshot to the next."""

    loss_d: list[float] = field(default_factory=list)
    loss_g: list[float] = field(default_factory=list)
    real: list[float] = field(default_factory=list)
    fake: list[float] = field(default_factory=list)
    grad_norm: dict[str, float] = field(default_factory=dict)
    update_ratio: dict[str, float] = field(default_factory=dict)


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
