"""How far a drawn picture is from a photograph: pixels, and features of an ImageNet network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from models.backbones.backbone import Backbone

LAYERS = ("bn1", "blocks.1.0.bn1", "blocks.2.0.bn1", "blocks.3.0.bn1", "blocks.5.0.bn1")
LEAST_NORM = 1e-4
PIXEL_WEIGHT = 10.0
TIE_WEIGHT = 0.05
PRIOR_WEIGHT = 0.01
JUDGE_SIDE = 128


class FeatureDistance:
    """mean over layers and places of |a / |a| - b / |b||^2, with a, b the channels at a place.

    As LPIPS (Zhang et al. 2018), without its learned weights.

    Args:
        backbone: an EfficientNet, shared and frozen.
        side: pictures are shown to it at this size, in pixels; None: as they are.
        layers: of the network, each counts the same.
    """

    def __init__(
        self, backbone: Backbone, side: int | None = None, layers: Sequence[str] = LAYERS
    ) -> None:
        self.backbone, self.side, self.layers = backbone, side, tuple(layers)

    def features(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Pictures (N, 3, h, w) in [0, 1] -> of each layer (N, C, h', w') with channels of length
        1."""
        if self.side not in (None, pictures.shape[-1]):
            size = (self.side, self.side)
            pictures = F.interpolate(pictures, size=size, mode="bilinear", align_corners=False)
        found = self.backbone.features(pictures, self.layers)
        return [f / (f.square().sum(1, keepdim=True) + LEAST_NORM).sqrt() for f in found]

    def between(self, a: Sequence[torch.Tensor], b: Sequence[torch.Tensor]) -> torch.Tensor:
        """The distance of each picture from its target by their features, (N,)."""
        apart = [(x - y).square().sum(1).mean((1, 2)) for x, y in zip(a, b, strict=True)]
        return torch.stack(apart).mean(0)

    def __call__(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return self.between(self.features(a), self.features(b))


@dataclass(frozen=True)
class Terms:
    """The parts of the loss of each picture, (N,): squared error and feature distance."""

    pixel: torch.Tensor
    feature: torch.Tensor

    @property
    def likeness(self) -> torch.Tensor:
        """10 pixel + feature, (N,)."""
        return PIXEL_WEIGHT * self.pixel + self.feature


class Likeness:
    """How far pictures are from one target each.

    Args:
        distance: of features.
        target: (N, 3, h, w) in [0, 1]; its features are computed once.
    """

    def __init__(self, distance: FeatureDistance, target: torch.Tensor) -> None:
        self.distance, self.target = distance, target
        with torch.no_grad():
            self._features = [f.detach() for f in distance.features(target)]

    def __call__(self, pictures: torch.Tensor) -> Terms:
        """Pictures (N, 3, h, w) -> their terms; differentiable."""
        pixel = (pictures - self.target).square().mean((1, 2, 3))
        return Terms(pixel, self.distance.between(self.distance.features(pictures), self._features))


def regularization(common: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """0.05 mean (layers apart)^2 + 0.01 mean u^2 of each picture, (N,).

    The first keeps the layers' codes near each other, the second all of them near the drawn ones:
    there sliders do what they do with drawn pictures (Zhu et al. 2020; Tov et al. 2021).

    Args:
        common: u that all layers share, (N, latent).
        offsets: what each layer adds, (N, layers, latent).
    """
    tie = offsets.square().mean((1, 2))
    return TIE_WEIGHT * tie + PRIOR_WEIGHT * common.square().mean(1)


def psnr(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Peak signal-to-noise ratio -10 log10 mean (a - b)^2 in dB of pictures in [0, 1], (N,)."""
    return -10 * (a - b).square().mean((1, 2, 3)).clamp_min(1e-10).log10()
