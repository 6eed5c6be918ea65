"""Random views of a picture, so that what is dreamed holds from more than one of them.

A picture that is only ever seen straight fills with patterns that no turned head would survive.
Each view turns, scales, shifts and relights it a little (Olah et al. 2017 call it transformation
robustness); each picture of a batch draws its views from a generator of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.nn import functional as F

TURN, SCALE, SHIFT = 10, 0.15, 0.05  # degrees, log of the scale, part of the picture
CONTRAST, LIGHT, TINT = 0.25, 0.1, 0.12
SPOTLIGHT, WALL = (0.7, 1.2), 0.5  # radius in half pictures; deviation from grey of the wall
CALM = 0.3  # share of all moves in calm views


def view(
    pictures: torch.Tensor,
    side: int,
    generators: Sequence[torch.Generator],
    calm: bool = False,
    spotlight: bool = True,
) -> torch.Tensor:
    """Each picture turned, scaled, shifted and relit, and perhaps under a round spotlight.

    Args:
        pictures: (N, 3, H, W) in [0, 1].
        side: of the views, in pixels.
        generators: one for each picture; all draw equally many numbers.
        calm: smaller moves.
        spotlight: around it all is a wall of one colour, another one each time.

    Returns:
        (N, 3, side, side), differentiable; relighting may leave [0, 1] a little.
    """
    drawn = torch.stack([torch.rand(13, generator=g) for g in generators]) * 2 - 1
    hold = CALM if calm else 1.0
    turn, scale, across, down = (drawn[:, n] * hold for n in range(4))
    angle, zoom = turn * math.radians(TURN), (-SCALE * scale).exp()
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = (cos, -sin, 2 * SHIFT * across), (sin, cos, 2 * SHIFT * down)
    matrix = torch.stack([torch.stack(row, 1) for row in rows], 1).to(pictures.device)
    grid = F.affine_grid(matrix, [len(pictures), 3, side, side], align_corners=False)
    seen = F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    # Not in the papers: light and colour change from view to view, so neither can stand for the
    # class, and the picture stays neither dark nor garish.
    drawn = drawn.to(pictures.device)[:, :, None, None]
    tint = 1 + TINT * hold * drawn[:, 6:9]
    gain = (1 + CONTRAST * hold * drawn[:, 4:5]) * tint
    offset = (0.5 + LIGHT * hold * drawn[:, 5:6]) * tint - 0.5 * gain
    if spotlight:
        # Not in the papers: the class has to stand in the middle, once and whole, instead of in
        # pieces everywhere and in the corners.
        ruler = torch.linspace(-1, 1, side, device=pictures.device)
        distance = (ruler[:, None].square() + ruler.square()).sqrt()
        low, high = SPOTLIGHT
        radius = (low + high + (high - low) * drawn[:, 9:10]) / 2
        spot = torch.sigmoid((radius - distance) / 0.1)
        wall = 0.5 + WALL * drawn[:, 10:13]
        gain, offset = gain * spot, wall + (offset - wall) * spot
    return torch.addcmul(offset, seen, gain)


def resize(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures (N, C, H, W) at `side` x `side`, bilinear and anti-aliased."""
    if pictures.shape[-2:] == (side, side):
        return pictures
    return F.interpolate(pictures, (side, side), mode="bilinear", antialias=True)


def total_variation(picture: torch.Tensor) -> torch.Tensor:
    """TV = mean (x[i, j+1] - x[i, j])^2 + mean (x[i+1, j] - x[i, j])^2: how rough a picture is.

    Mahendran & Vedaldi's (2015) with their beta = 2, as means instead of sums.

    Args:
        picture: (N, C, H, W), H and W at least 2.

    Returns:
        A scalar, 0 for a uniform picture.
    """
    across = picture[..., :, 1:] - picture[..., :, :-1]
    down = picture[..., 1:, :] - picture[..., :-1, :]
    return across.square().mean() + down.square().mean()
