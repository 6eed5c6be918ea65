"""Differentiable augmentation for GANs (Zhao et al. 2020, DiffAugment).

The same kinds of random change are applied to real and generated pictures before the discriminator,
with gradients passing through, so that it can't memorize the training pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

Rng = torch.Generator | None


def color(x: torch.Tensor, generator: Rng = None) -> torch.Tensor:
    """Random brightness (+-0.25 of the range), saturation (0..2) and contrast (0.5..1.5).

    Args:
        x: pictures (N, C, H, W) in [-1, 1]; the result may leave that range.
        generator: of the random numbers; PyTorch's own if None.
    """
    drawn = torch.rand(3, len(x), 1, 1, 1, generator=generator).to(x.device)
    brightness, saturation, contrast = drawn
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = torch.lerp(grey, x, 2 * saturation)
    mean = x.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, x, contrast + 0.5)


def translate(x: torch.Tensor, generator: Rng = None, share: float = 0.125) -> torch.Tensor:
    """Shifts each picture by up to `share` of the side; black comes in at the border."""
    n, _, h, w = x.shape
    most = round(h * share)
    x = F.pad(x, (most, most, most, most), value=-1.0)
    tops, lefts = torch.randint(0, 2 * most + 1, (2, n), generator=generator).tolist()
    return torch.stack([p[:, t : t + h, s : s + w] for p, t, s in zip(x, tops, lefts, strict=True)])


def cutout(x: torch.Tensor, generator: Rng = None, share: float = 0.5) -> torch.Tensor:
    """Covers a square of `share` of the side, at a random place, with grey."""
    n, _, h, w = x.shape
    half = round(h * share) // 2
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    y, z = torch.randint(0, h + 1, (2, n, 1), generator=generator).to(x.device)
    covered_rows, covered_columns = (rows - y).abs() < half, (columns - z).abs() < half
    return x.masked_fill(covered_rows[:, None, :, None] & covered_columns[:, None, None], 0.0)


POLICIES = {"color": color, "translation": translate, "cutout": cutout}


def augment(x: torch.Tensor, policy: Sequence[str], generator: Rng = None) -> torch.Tensor:
    """Applies the named changes in order, with new random numbers at each call."""
    for name in policy:
        x = POLICIES[name](x, generator)
    return x
