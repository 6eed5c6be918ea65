"""Padding of a convolution with the picture's own edge instead of zeros."""

from __future__ import annotations

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.padding import get_same_padding
from torch import nn
from torch.nn import functional as F


class ReplicatePadded(nn.Module):
    """`conv` with its input padded by repeating the edge's pixels; shares its weights.

    To a network that normalises its pictures, zeros are a grey frame, and style losses would have
    that frame painted too.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv = self.conv
        for axis in (0, 1):
            x = replicate(x, axis - 2, *self._padding(x.shape[axis - 2], axis))
        return F.conv2d(x, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups)

    def _padding(self, length: int, axis: int) -> tuple[int, int]:
        """How many pixels `conv` adds before and after an input of that length."""
        conv = self.conv
        if not isinstance(conv, Conv2dSame):
            each = int(conv.padding[axis])
            return each, each
        kernel, stride, dilation = (v[axis] for v in (conv.kernel_size, conv.stride, conv.dilation))
        total = get_same_padding(length, kernel, stride, dilation)
        return total // 2, total - total // 2


def replicate(x: torch.Tensor, dim: int, before: int, after: int) -> torch.Tensor:
    """`x` with its first slice along `dim` repeated `before` times, its last `after` times.

    F.pad(mode="replicate") does the same, but its gradient on CUDA is not deterministic.
    """
    first, last = x.narrow(dim, 0, 1), x.narrow(dim, -1, 1)
    parts = [first] * before + [x] + [last] * after
    return torch.cat(parts, dim) if len(parts) > 1 else x
