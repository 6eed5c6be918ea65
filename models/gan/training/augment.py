"""Differentiable augmentation for GANs (Zhao et al. 2020, DiffAugment).

The same kinds of random change are applied to real and generated pictures before the discriminator,
with gradients passing through, so that it can't memorize the training pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

Rng = torch.Generator | None


def _place(x: torch.Tensor, generator: Rng) -> torch.device:
    """Where random numbers are drawn: where their generator is, or else where the pictures are."""
    return generator.device if generator else x.device


def color(x: torch.Tensor, generator: Rng = None) -> torch.Tensor:
    """Random brightness (+-0.25 of the range), saturation (0..2) and contrast (0.5..1.5).

    Args:
        x: pictures (N, C, H, W) in [-1, 1]; the result may leave that range.
        generator: of the random numbers; PyTorch's own if None.
    """
    drawn = torch.rand(3, len(x), 1, 1, 1, generator=generator, device=_place(x, generator))
    brightness, saturation, contrast = drawn.to(x.device)
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = torch.lerp(grey, x, 2 * saturation)
    mean = x.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, x, contrast + 0.5)


def translate(x: torch.Tensor, generator: Rng = None, share: float = 0.125) -> torch.Tensor:
    """Shifts each picture by up to `share` of the side; black comes in at the border."""
    n, channels, h, w = x.shape
    most = round(h * share)
    x = F.pad(x, (most, most, most, most), value=-1.0)
    size, place = (2, n), _place(x, generator)
    drawn = torch.randint(0, 2 * most + 1, size, generator=generator, device=place).to(x.device)
    tops, lefts = drawn[:, :, None]
    rows, columns = (torch.arange(side, device=x.device) for side in (h, w))
    # One gather instead of a slice per picture: nothing waits for the numbers drawn.
    index = (rows + tops)[:, :, None] * x.shape[3] + (columns + lefts)[:, None, :]
    index = index.view(n, 1, h * w).expand(-1, channels, -1)
    return x.flatten(2).gather(2, index).view(n, channels, h, w)


def cutout(x: torch.Tensor, generator: Rng = None, share: float = 0.5) -> torch.Tensor:
    """Covers a square of `share` of the side, at a random place, with grey."""
    n, _, h, w = x.shape
    half = round(h * share) // 2
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    size, place = (2, n, 1), _place(x, generator)
    y, z = torch.randint(0, h + 1, size, generator=generator, device=place).to(x.device)
    covered_rows, covered_columns = (rows - y).abs() < half, (columns - z).abs() < half
    return x.masked_fill(covered_rows[:, None, :, None] & covered_columns[:, None, None], 0.0)


POLICIES = {"color": color, "translation": translate, "cutout": cutout}


def augment(x: torch.Tensor, policy: Sequence[str], generator: Rng = None) -> torch.Tensor:
    """Applies the named changes in order, with new random numbers at each call."""
    for name in policy:
        x = POLICIES[name](x, generator)
    return x
