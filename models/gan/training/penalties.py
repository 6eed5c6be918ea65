"""The penalties on D's slope that a step of D adds to its loss."""

from __future__ import annotations

from collections.abc import Callable

import torch

from models.gan.training import losses
from models.gan.training.losses import Critic
from models.gan.training.settings import TrainingSettings

# R1 and R2 on pictures are taken every fourth step with four times the weight (Karras et al. 2020).
INTERVAL = 4


def penalties(
    critic: Critic,
    settings: TrainingSettings,
    step: int,
    real: torch.Tensor,
    fake: torch.Tensor,
    augmented: Callable[[torch.Tensor], torch.Tensor],
    rng: torch.Generator,
) -> torch.Tensor | float:
    """R1, R2 and the gradient penalty, as the settings say; 0 if none is due.

    In float32: the gradient of a gradient is small.

    Args:
        critic: D, in the precision of its inputs.
        step: of D so far.
        real, fake: examples (N, ...).
        augmented: what D is shown of examples.
        rng: of the gradient penalty's places.
    """
    total: torch.Tensor | float = 0.0
    interval = INTERVAL if real.dim() == 4 else 1
    for gamma, examples in ((settings.r1, real), (settings.r2, fake)):
        if gamma and step % interval == 0:
            squared = losses.squared_gradient(critic, augmented(examples))
            total = total + gamma / 2 * interval * squared
    if settings.loss == "wasserstein" and settings.penalty:
        share = torch.rand(len(real), generator=rng).to(real.device)
        penalty = losses.gradient_penalty(critic, real, fake, share)
        total = total + settings.penalty * penalty
    return total
