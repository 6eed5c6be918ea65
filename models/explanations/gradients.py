"""What every explanation asks of a network: logits, and their gradients with respect to pictures.

A shared network is called and differentiated with respect to its input or its feature maps only:
no hooks, and no weight's gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from models.explanations.settings import BASELINES, ExplanationSettings


class Network(Protocol):
    """A classifier, such as `Backbone` or `PetClassifier`."""

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, H, W) in [0, 1] -> logits (N, K), differentiable."""
        ...

    def maps_and_logits(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, 3, H, W) in [0, 1] -> the last feature maps (N, d, h, w) and the logits
        (N, K) that are computed from them."""
        ...


@dataclass(frozen=True)
class MapStep:
    """An explanation after a part of its passes.

    Attributes:
        step, steps: parts done, and all of them.
        map: so far, (h, w) on the CPU; of the picture's size or coarser.
    """

    step: int
    steps: int
    map: torch.Tensor


def gradients(network: Network, pictures: torch.Tensor, target: int) -> torch.Tensor:
    """The gradient of logit `target` with respect to each picture of a batch, (N, 3, H, W),
    float32."""
    with torch.enable_grad():
        leaf = pictures.detach().requires_grad_()
        # Summed: a picture's gradient does not depend on its neighbours.
        (gradient,) = torch.autograd.grad(network(leaf)[:, target].sum(), leaf)
    return gradient.float()


@torch.no_grad()
def logits_of(network: Network, pictures: torch.Tensor) -> torch.Tensor:
    """A batch (N, 3, H, W) in [0, 1] -> logits (N, K), float32."""
    return network(pictures).float()


def baseline(settings: ExplanationSettings) -> float:
    """The value of every colour where there is nothing to see."""
    return BASELINES[settings.baseline]
