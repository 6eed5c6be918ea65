"""Random transforms, so that what is visualized holds for more than one exact picture.

A picture that is always shown as it is fills with patterns that the smallest rotation would
destroy. Each transform rotates, scales, shifts and recolors it a little (Olah et al. 2017 call this
transformation robustness); each picture of a batch draws its transforms from its own generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.nn import functional as F

ROTATION, LOG_SCALE, SHIFT = 10, 0.15, 0.05  # degrees, log of the scale, part of the picture
CONTRAST, BRIGHTNESS, TINT = 0.25, 0.1, 0.12
SPOTLIGHT_RADIUS, BACKGROUND = (0.7, 1.2), 0.5  # in half pictures; largest distance from grey
SMALL = 0.3  # small transforms are this part of the others


def random_transform(
    pictures: torch.Tensor,
    side: int,
    generators: Sequence[torch.Generator],
    small: bool = False,
    spotlight: bool = True,
) -> torch.Tensor:
    """Each picture rotated, scaled, shifted and recolored, and perhaps under a round spotlight.

    Args:
        pictures: (N, 3, H, W) in [0, 1].
        side: of the result, in pixels.
        generators: one for each picture; all draw equally many numbers.
        small: smaller transforms.
        spotlight: around it everything is one color, another one each time.

    Returns:
        (N, 3, side, side), differentiable; recoloring may leave [0, 1] a little.
    """
    drawn = torch.stack([torch.rand(13, generator=g) for g in generators]) * 2 - 1
    strength = SMALL if small else 1.0
    rotation, scale, across, down = (drawn[:, n] * strength for n in range(4))
    angle, zoom = rotation * math.radians(ROTATION), (-LOG_SCALE * scale).exp()
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = (cos, -sin, 2 * SHIFT * across), (sin, cos, 2 * SHIFT * down)
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1).to(pictures.device)
    grid = F.affine_grid(matrix, [len(pictures), 3, side, side], align_corners=False)
    moved = F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    # Not in the papers: brightness and color change each time, so neither can stand for the class,
    # and the picture stays neither dark nor garish.
    drawn = drawn.to(pictures.device)[:, :, None, None]
    tint = 1 + TINT * strength * drawn[:, 6:9]
    gain = (1 + CONTRAST * strength * drawn[:, 4:5]) * tint
    offset = (0.5 + BRIGHTNESS * strength * drawn[:, 5:6]) * tint - 0.5 * gain
    if spotlight:
        # Not in the papers: the class has to stand in the middle, once and whole, instead of in
        # pieces everywhere and in the corners.
        ruler = torch.linspace(-1, 1, side, device=pictures.device)
        distance = (ruler[:, None].square() + ruler.square()).sqrt()
        low, high = SPOTLIGHT_RADIUS
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
