"""Several pictures as one: sheets, mosaics of channels, heat over a picture. All in [0, 1]."""

from __future__ import annotations

import torch
import torch.nn.functional as F

PAPER = 1.0


def grid(pictures: torch.Tensor, columns: int, gap: int = 0) -> torch.Tensor:
    """Pictures (N, C, h, w) as one (C, H, W), row by row; missing cells and gaps are white."""
    n, c, h, w = pictures.shape
    rows = -(-n // columns)
    canvas = pictures.new_full((rows * columns, c, h + gap, w + gap), PAPER)
    canvas[:n, :, :h, :w] = pictures
    canvas = canvas.view(rows, columns, c, h + gap, w + gap).permute(2, 0, 3, 1, 4)
    whole = canvas.reshape(c, rows * (h + gap), columns * (w + gap))
    return whole[:, : whole.shape[1] - gap, : whole.shape[2] - gap]


def enlarge(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures (N, C, h, w) at `side` x `side`, every pixel a visible square."""
    return F.interpolate(pictures, size=(side, side), mode="nearest-exact")


def strongest(maps: torch.Tensor, count: int) -> torch.Tensor:
    """The `count` channels of maps (1, C, h, w) that vary most over the picture, (count', 1, h, w).

    Each is scaled so that its own least value is black and its greatest white.
    """
    channels = maps[0]
    spread = channels.flatten(1).std(1, correction=0)
    chosen = channels[spread.argsort(descending=True, stable=True)[:count]]
    low = chosen.amin((1, 2), keepdim=True)
    high = chosen.amax((1, 2), keepdim=True)
    return ((chosen - low) / (high - low).clamp_min(1e-8))[:, None]


def overlay(picture: torch.Tensor, heat: torch.Tensor, strength: float = 0.6) -> torch.Tensor:
    """A picture (1, 3, h, w) in grey under a heat map (h, w): red above 0, blue below.

    The colour is full where |heat| is greatest.
    """
    grey = picture[0].mean(0)
    share = heat / heat.abs().max().clamp_min(1e-8)
    red, blue = share.clamp_min(0), (-share).clamp_min(0)
    shown = torch.stack([grey * (1 - strength * (red + blue))] * 3)
    shown[0] += strength * red
    shown[2] += strength * blue
    return shown[None].clamp(0, 1)
