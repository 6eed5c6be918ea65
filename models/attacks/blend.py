"""What a network says on the way from a picture to its adversarial example, which looks the same
all along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from models.attacks.attack import IMAGENET
from models.attacks.evaluation import Network, evaluate, to_levels
from models.registry import ClassifierSpec

BLENDS = 16


@dataclass(frozen=True)
class BlendStep:
    """The one step of `blend_steps`.

    Attributes:
        verdicts: as `classify_blends` gives them.
    """

    verdicts: list[tuple[str, float]]
    step: int = 1
    steps: int = 1


def blend_levels(
    clean: torch.Tensor, adversarial: torch.Tensor, count: int = BLENDS
) -> torch.Tensor:
    """round((1 - t) clean + t adversarial) for t = 0, 1/count .. 1.

    Args:
        clean, adversarial: one picture each, (1, 3, H, W) in [0, 1].
        count: how many blends after the clean picture, at least 1.

    Returns:
        (count + 1, 3, H, W), whole grey levels in [0, 255]: what 8-bit files hold. The ends are the
        two pictures, rounded.

    Raises:
        ValueError: not one picture each, or of different sizes, or a count below 1.
    """
    if clean.shape != adversarial.shape or len(clean) != 1 or count < 1:
        shapes = f"{tuple(clean.shape)} and {tuple(adversarial.shape)}"
        raise ValueError(f"One picture each and a count from 1 on, please, not {shapes}, {count}.")
    start, end = to_levels(clean), to_levels(adversarial.to(clean.device))
    t = torch.arange(count + 1, device=clean.device).view(-1, 1, 1, 1) / count
    return (start + t * (end - start)).round()


def classify_blends(
    network: Network,
    clean: torch.Tensor,
    adversarial: torch.Tensor,
    spec: ClassifierSpec = IMAGENET,
    count: int = BLENDS,
) -> list[tuple[str, float]]:
    """The likeliest class of each of `blend_levels`, as (name, probability), in one batch.

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K).
        clean, adversarial, count: as of `blend_levels`, which says what it raises.
        spec: whose classes they are.
    """
    levels = blend_levels(clean, adversarial, count)
    found = evaluate(network, levels, labels=None, target=None, objective=None)
    best, classes = found.log_p.exp().max(1)
    return [(spec.classes[n], p) for n, p in zip(classes.tolist(), best.tolist(), strict=True)]


def blend_steps(
    network: Network,
    clean: torch.Tensor,
    adversarial: torch.Tensor,
    spec: ClassifierSpec = IMAGENET,
) -> Iterator[BlendStep]:
    """`classify_blends` as a run of one step, that it may take its turn among others."""
    yield BlendStep(classify_blends(network, clean, adversarial, spec))
