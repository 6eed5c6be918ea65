"""Random transforms, so that what is visualized holds for more than one exact picture.

A picture that is always shown as it is fills with patterns that the smallest rotation would
destroy. Each transform rotates, scales, shifts and recolors it a little (Olah et al. 2017 call this
transformation robustness); each picture of a batch draws its transforms from its own generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch.nn import functional as F

SMALL = 0.3  # small transforms are this part of the others
BACKGROUND = 0.5  # largest distance from grey


@dataclass(frozen=True)
class Transforms:
    """The largest transforms that are drawn.

    Attributes:
        rotation: in degrees.
        log_scale: log of the scale.
        shift: in parts of the picture.
        contrast, brightness, tint: by how much they change.
        spotlight: smallest and largest radius in half pictures; around it everything is one color,
            another one each time. None: no spotlight.
        flip: every second picture is mirrored, and what is shown larger than it is is shifted as
            far as it goes, so that every part of the picture is seen.
    """

    rotation: float = 10
    log_scale: float = 0.15
    shift: float = 0.05
    contrast: float = 0.25
    brightness: float = 0.1
    tint: float = 0.12
    spotlight: tuple[float, float] | None = (0.7, 1.2)
    flip: bool = False

    def small(self) -> Transforms:
        """The same, each smaller."""
        names = ("rotation", "log_scale", "shift", "contrast", "brightness", "tint")
        return replace(self, **{name: SMALL * getattr(self, name) for name in names})

    def unlit(self) -> Transforms:
        """The same without a spotlight."""
        return replace(self, spotlight=None)

    def draw(self, generators: Sequence[torch.Generator]) -> torch.Tensor:
        """The random numbers of one transform for each generator: (N, 13 or 14) in [-1, 1].

        All generators give equally many.
        """
        count = 14 if self.flip else 13
        return torch.stack([torch.rand(count, generator=g) for g in generators]) * 2 - 1


def transform(
    pictures: torch.Tensor, side: int, drawn: torch.Tensor, largest: Transforms
) -> torch.Tensor:
    """Each picture rotated, scaled, shifted and recolored, and perhaps under a round spotlight.

    Args:
        pictures: (N, 3, H, W) in [0, 1].
        side: of the result, in pixels.
        drawn: a row for each picture, of `largest.draw`.
        largest: what the numbers are parts of.

    Returns:
        (N, 3, side, side), differentiable; recoloring may leave [0, 1] a little.
    """
    rotation, scale, across, down = (drawn[:, n] for n in range(4))
    angle, zoom = rotation * math.radians(largest.rotation), (-largest.log_scale * scale).exp()
    mirror, reach = torch.ones_like(zoom), torch.full_like(zoom, 2 * largest.shift)
    if largest.flip:
        mirror = torch.where(drawn[:, 13] < 0, -1.0, 1.0)
        reach = reach + (1 - zoom).clamp(min=0)
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = (cos * mirror, -sin, reach * across), (sin * mirror, cos, reach * down)
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1).to(pictures.device)
    grid = F.affine_grid(matrix, [len(pictures), 3, side, side], align_corners=False)
    moved = F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    # Not in the papers: brightness and color change each time, so neither can stand for the class,
    # and the picture stays neither dark nor garish.
    drawn = drawn.to(pictures.device)[:, :, None, None]
    tint = 1 + largest.tint * drawn[:, 6:9]
    gain = (1 + largest.contrast * drawn[:, 4:5]) * tint
    offset = (0.5 + largest.brightness * drawn[:, 5:6]) * tint - 0.5 * gain
    if largest.spotlight:
        # Not in the papers: the class has to stand in the middle, once and whole, instead of in
        # pieces everywhere and in the corners.
        ruler = torch.linspace(-1, 1, side, device=pictures.device)
        distance = (ruler[:, None].square() + ruler.square()).sqrt()
        low, high = largest.spotlight
        radius = (low + high + (high - low) * drawn[:, 9:10]) / 2
        spot = torch.sigmoid((radius - distance) / 0.1)
        background = 0.5 + BACKGROUND * drawn[:, 10:13]
        gain, offset = gain * spot, background + (offset - background) * spot
    return torch.addcmul(offset, moved, gain)


def resize(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures (N, C, H, W) at `side` x `side`, bilinear and anti-aliased."""
    if pictures.shape[-2:] == (side, side):
        return pictures
    return F.interpolate(pictures, (side, side), mode="bilinear", antialias=True)


def total_variation(pictures: torch.Tensor) -> torch.Tensor:
    """TV = mean (x[i, j+1] - x[i, j])^2 + mean (x[i+1, j] - x[i, j])^2: how rough a picture is.

    Mahendran & Vedaldi's (2015) with their beta = 2, as means instead of sums.

    Args:
        pictures: (N, C, H, W), H and W at least 2.

    Returns:
        A scalar, 0 for a uniform picture.
    """
    across = pictures[..., :, 1:] - pictures[..., :, :-1]
    down = pictures[..., 1:, :] - pictures[..., :-1, :]
    return across.square().mean() + down.square().mean()


def local_brightness(pictures: torch.Tensor) -> torch.Tensor:
    """The mean of each sixteenth of pictures (N, 3, H, W): (N, 1, 4, 4)."""
    return F.adaptive_avg_pool2d(pictures.mean(1, keepdim=True), 4)
