"""DCGAN (Radford et al. 2015) for 64 px, or another side. Pictures are in [-1, 1]."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from models.gan.networks.layers import Recorder, no_recorder

LATENT = 100
WIDTH = 64
SIDE = 64


def start_of(side: int) -> tuple[int, int]:
    """(side of the smallest map, doublings from there) for pictures of `side`.

    Raises:
        ValueError: neither 4 x 2^n nor 7 x 2^n with n >= 1.
    """
    for first in (4, 7):
        doublings = int(math.log2(side / first)) if side > first else 0
        if doublings and first << doublings == side:
            return first, doublings
    raise ValueError(f"no network for pictures of {side} px")


def _initialize(module: nn.Module) -> None:
    """The paper's initial weights: standard deviation 0.02 (batch norm's gain around 1)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


class DCGenerator(nn.Module):
    """z (N, latent) ~ N(0, I) -> pictures (N, channels, side, side), by transposed convolutions.

    The first makes a small map (4 px; 7 px for sides of 7 x 2^n, such as 28), each of the others
    doubles its side; channels halve each time and end at `width`: 512, 256, 128, 64, 3 at 4, 8, 16,
    32, 64 px. Batch norm and ReLU between, tanh last.
    """

    def __init__(
        self, width: int = WIDTH, latent: int = LATENT, channels: int = 3, side: int = SIDE
    ):
        super().__init__()
        first, doublings = start_of(side)
        widths = [width << n for n in reversed(range(doublings))]
        self.convs = nn.ModuleList([nn.ConvTranspose2d(latent, widths[0], first, bias=False)])
        for before, after in zip(widths, (*widths[1:], channels), strict=True):
            self.convs.append(nn.ConvTranspose2d(before, after, 4, 2, 1, bias=after == channels))
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in widths)
        self.apply(_initialize)

    def forward(self, z: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        x = z[:, :, None, None].contiguous(memory_format=torch.channels_last)
        record("start", x)
        for index, conv in enumerate(self.convs):
            x = conv(x)
            record(f"{index}.conv", x)
            if index < len(self.norms):
                x = F.relu(self.norms[index](x), inplace=True)
                record(f"{index}.activate", x)
        return x.tanh()


class DCDiscriminator(nn.Module):
    """Pictures (N, channels, side, side) -> logits (N,): the generator's layers in reverse.

    Strided convolutions with 64, 128, 256, 512 channels at 32, 16, 8, 4 px, leaky ReLU, batch norm
    from the second on unless `norm` is False; a last convolution takes the smallest map to one
    number.
    """

    def __init__(self, width: int = WIDTH, channels: int = 3, side: int = SIDE, norm: bool = True):
        super().__init__()
        last, halvings = start_of(side)
        widths = [width << n for n in range(halvings)]
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1, bias=not norm or index == 0)
            for index, (before, after) in enumerate(zip((channels, *widths), widths, strict=False))
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(count) if norm else nn.Identity() for count in widths[1:]
        )
        self.verdict = nn.Conv2d(widths[-1], 1, last)
        self.apply(_initialize)

    def forward(self, x: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        return self.judge(self.features(x, record))

    def features(self, x: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        """The smallest map (N, last width, 4 or 7, 4 or 7), which `judge` takes to logits."""
        x = x.contiguous(memory_format=torch.channels_last)
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index:
                x = self.norms[index - 1](x)
            record(f"{index}.conv", x)
            x = F.leaky_relu(x, 0.2)
            record(f"{index}.activate", x)
        return x

    def judge(self, features: torch.Tensor) -> torch.Tensor:
        """Smallest map -> logits (N,): one number from all of it."""
        logits: torch.Tensor = self.verdict(features)
        return logits.flatten().float()
