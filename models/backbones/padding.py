"""What a convolution sees beyond the picture's edge."""

from __future__ import annotations

import torch
from timm.layers import Conv2dSame
from timm.layers.padding import get_same_padding
from torch import nn
from torch.nn import functional as F


class ReplicatePadded(nn.Module):
    """A convolution that sees the edge's own pixels go on, where `conv` sees zeros.

    Zeros are a grey frame to a network that normalises its pictures, and style losses would
    have that frame painted too. Shares the weights of `conv`.
    """

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv = self.conv
        for axis in (0, 1):
            x = replicate(x, axis - 2, *self._around(x.shape[axis - 2], axis))
        return F.conv2d(x, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups)

    def _around(self, length: int, axis: int) -> tuple[int, int]:
        conv = self.conv
        if not isinstance(conv, Conv2dSame):
            return conv.padding[axis], conv.padding[axis]
        size, stride, step = (v[axis] for v in (conv.kernel_size, conv.stride, conv.dilation))
        total = get_same_padding(length, size, stride, step)
        return total // 2, total - total // 2


def replicate(x: torch.Tensor, dim: int, before: int, after: int) -> torch.Tensor:
    """`x` with its first slice along `dim` put before it `before` times, its last `after` times.

    F.pad does the same, but its way back on CUDA gives other bits every time.
    """
    first, last = x.narrow(dim, 0, 1), x.narrow(dim, -1, 1)
    parts = [first] * before + [x] + [last] * after
    return torch.cat(parts, dim) if len(parts) > 1 else x
