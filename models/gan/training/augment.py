"""Differentiable augmentation for GANs (Zhao et al. 2020, DiffAugment).

The same kinds of random change are applied to real and generated pictures before the discriminator,
with gradients passing through, so that it can't learn the training pictures by heart.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

Chance = torch.Generator | None


def color(x: torch.Tensor, generator: Chance = None) -> torch.Tensor:
    """Random brightness (+-0.25 of the range), saturation (0..2) and contrast (0.5..1.5).

    Args:
        x: pictures (N, C, H, W) in [-1, 1]; the result may leave that range.
        generator: where chance comes from; PyTorch's own if None.
    """
    chance = torch.rand(3, len(x), 1, 1, 1, generator=generator).to(x.device)
    brightness, saturation, contrast = chance
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = torch.lerp(grey, x, 2 * saturation)
    mean = x.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, x, contrast + 0.5)


def translate(x: torch.Tensor, generator: Chance = None, share: float = 0.125) -> torch.Tensor:
    """Shifts by up to `share` of the side, each picture its own way; black at the border."""
    n, _, h, w = x.shape
    reach = round(h * share)
    x = F.pad(x, (reach, reach, reach, reach), value=-1.0)
    tops, lefts = torch.randint(0, 2 * reach + 1, (2, n), generator=generator).tolist()
    return torch.stack([p[:, t : t + h, s : s + w] for p, t, s in zip(x, tops, lefts, strict=True)])


def cutout(x: torch.Tensor, generator: Chance = None, share: float = 0.5) -> torch.Tensor:
    """Covers a square of `share` of the side, at a random place, with grey."""
    n, _, h, w = x.shape
    half = round(h * share) // 2
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    y, z = torch.randint(0, h + 1, (2, n, 1), generator=generator).to(x.device)
    inside = ((rows - y).abs() < half)[:, None, :, None] & ((columns - z).abs() < half)[
        :, None, None
    ]
    return x.masked_fill(inside, 0.0)


POLICIES = {"color": color, "translation": translate, "cutout": cutout}


def augment(x: torch.Tensor, policy: tuple[str, ...], generator: Chance = None) -> torch.Tensor:
    """Applies the named changes in order, afresh at each call."""
    for name in policy:
        x = POLICIES[name](x, generator)
    return x
