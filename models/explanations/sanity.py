"""The check with random weights (Adebayo et al. 2018): does an explanation depend on the network?

An explanation of a copy whose weights were drawn anew should have nothing in common with that of
the trained network. How much it has is measured by Spearman's rank correlation of both maps.

Departure: all weights are drawn at once, not layer by layer, and each tensor from a normal
distribution with its own mean and standard deviation: batch norms are folded into them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from models.explanations.gradients import logits_of
from models.explanations.methods import STEPS
from models.explanations.settings import METHODS, ExplanationSettings

if TYPE_CHECKING:
    from models.backbones.backbone import Backbone
    from models.classifiers.pet_classifier import PetClassifier, PetNetwork


@dataclass(frozen=True)
class MapPair:
    """One method's maps of one class, (h, w).

    Attributes:
        trained, random: of the trained network, and of the copy with random weights.
        correlation: of their ranks, see `rank_correlation`.
    """

    trained: torch.Tensor
    random: torch.Tensor
    correlation: float


@dataclass(frozen=True)
class SanityStep:
    """The check so far.

    Attributes:
        step, steps: methods done (one under way counts with its share), and all of them.
        found: of the methods done.
    """

    step: float
    steps: int
    found: dict[str, MapPair]


def check(
    network: Backbone | PetClassifier,
    picture: torch.Tensor,
    target: int | None,
    settings: ExplanationSettings,
    methods: Sequence[str] = METHODS,
) -> Generator[SanityStep]:
    """Explains a picture by the network and by a copy with random weights, method by method.

    Args:
        picture: (1, 3, H, W) in [0, 1], on the network's device.
        target: class number; None takes the trained network's verdict.
        settings: their `seed` draws the weights too.

    Yields:
        A step for each batch that went through either network. Closable at any of them.
    """
    target = int(logits_of(network, picture).argmax()) if target is None else target
    copy = with_random_weights(network, settings.seed)
    found: dict[str, MapPair] = {}
    for method in methods:
        done = len(found)
        maps: list[torch.Tensor] = []
        for each in (network, copy):
            for part in STEPS[method](each, picture, target, settings):
                share = done + (len(maps) + part.step / part.steps) / 2
                if share < done + 1:
                    yield SanityStep(share, len(methods), dict(found))
            maps.append(part.map)
        trained, random = maps
        found[method] = MapPair(trained, random, rank_correlation(trained, random))
        yield SanityStep(done + 1, len(methods), dict(found))


def with_random_weights(network: Backbone | PetClassifier, seed: int = 0) -> Backbone | PetNetwork:
    """A copy of a network with weights drawn anew; the network itself is not touched."""
    copy = network.copy()
    draw_weights(copy, seed)
    return copy


@torch.no_grad()
def draw_weights(network: nn.Module, seed: int = 0) -> None:
    """Draws every weight tensor anew, in place: normal, with its mean and standard deviation."""
    generator = torch.Generator().manual_seed(seed)
    for weights in network.parameters():
        drawn = torch.randn(weights.shape, generator=generator).to(weights.device)
        values = weights.float()
        weights.copy_(values.mean() + values.std(correction=0) * drawn)


def rank_correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    """Spearman's rank correlation of two maps, -1 to 1; 0 where one of them is the same all over.

    The coarser one is enlarged to the size of the other. Equal values share their mean rank.
    """
    size = max(one.shape, other.shape)
    ranked = []
    for each in (one, other):
        full = F.interpolate(each[None, None], size, mode="bilinear", align_corners=False)
        _, number, counts = full.flatten().double().unique(return_inverse=True, return_counts=True)
        last = counts.cumsum(0)
        mean_rank = last - (counts - 1) / 2
        ranked.append(mean_rank[number] - mean_rank[number].mean())
    a, b = ranked
    length = (a.norm() * b.norm()).item()
    return (a @ b).item() / length if length else 0.0
