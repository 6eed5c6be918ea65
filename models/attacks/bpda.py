"""Attacks through a transform of the input that has no useful gradient, such as JPEG."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import torch

from models.attacks.attack import attack
from models.attacks.evaluation import AttackStep, Network
from models.attacks.settings import AttackSettings
from models.attacks.transforms import Transform, compress
from models.registry import ClassifierSpec


class BPDA:
    """network(transform(x)), differentiated as if the transform were the identity.

    Backward pass differentiable approximation (Athalye, Carlini & Wagner 2018, "Obfuscated
    gradients give a false sense of security", section 4.1).

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K).
        transform: one picture (1, 3, H, W) in [0, 1] -> one of that shape.
    """

    def __init__(self, network: Network, transform: Transform):
        self.network, self.transform = network, transform
        if hasattr(network, "placement"):
            self.placement = network.placement

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> logits (N, K)."""
        shown = pictures.detach()
        transformed = torch.cat([self.transform(one) for one in torch.split(shown, 1)])
        return self.network(pictures + (transformed - shown))


def attack_through_jpeg(
    network: Network,
    pictures: torch.Tensor,
    settings: AttackSettings,
    labels: torch.Tensor | None,
    spec: ClassifierSpec,
    quality: int,
) -> Generator[AttackStep]:
    """`attack` on the network behind a JPEG file of `quality` (1 to 95), which it knows of."""
    defended = BPDA(network, partial(compress, kind="JPEG", quality=quality))
    return attack(defended, pictures, settings, labels, spec)
