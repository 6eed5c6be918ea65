"""A network behind a treatment of its input that has no useful gradient, such as JPEG."""

from __future__ import annotations

import torch

from models.attacks.evaluation import Network
from models.attacks.transforms import Treatment


class Behind:
    """network(treatment(x)), differentiated as if the treatment changed nothing.

    That is how such a defence is attacked: the gradient passes "straight through" (Athalye,
    Carlini & Wagner 2018, "Obfuscated gradients give a false sense of security", section 4.1).

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K).
        treatment: one picture (1, 3, H, W) in [0, 1] -> one of that shape.
    """

    def __init__(self, network: Network, treatment: Treatment):
        self.network, self.treatment = network, treatment
        if hasattr(network, "placement"):
            self.placement = network.placement

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> logits (N, K)."""
        seen = pictures.detach()
        treated = torch.cat([self.treatment(one) for one in seen.split(1)])
        return self.network(pictures + (treated - seen))
