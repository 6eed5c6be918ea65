"""The small networks of the GAN lab, for points and for pictures.

Points are (N, 2) near the square [-1, 1]^2; pictures are (N, C, side, side) in [-1, 1]. Generators
take z (N, latent) ~ N(0, I), discriminators give logits (N,).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn


class PointGenerator(nn.Sequential):
    """z (N, latent) -> points (N, 2): two hidden layers with ReLU."""

    def __init__(self, latent: int, width: int):
        super().__init__(
            nn.Linear(latent, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 2),
        )


class PointDiscriminator(nn.Sequential):
    """Points (N, 2) -> logits (N,): two hidden layers with leaky ReLU."""

    def __init__(self, width: int):
        super().__init__(
            nn.Linear(2, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
            nn.Flatten(0),
        )


class DenseGenerator(nn.Module):
    """z (N, latent) -> pictures: linear layers of w, 2w, 4w neurons, leaky ReLU, tanh last."""

    def __init__(self, latent: int, width: int, channels: int, side: int):
        super().__init__()
        self.shape = (channels, side, side)
        widths = (latent, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], math.prod(self.shape)))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.layers(z).tanh().view(-1, *self.shape)


class DenseDiscriminator(nn.Sequential):
    """Pictures -> logits (N,): linear layers of 4w, 2w, w neurons, leaky ReLU."""

    def __init__(self, width: int, channels: int, side: int):
        widths = (channels * side * side, 4 * width, 2 * width, width)
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Linear(width, 1), nn.Flatten(0))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """What the last linear layer sees, (N, w)."""
        for layer in list(self)[:-2]:
            x = layer(x)
        return x

    def judge(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, w) -> logits (N,)."""
        logits: torch.Tensor = self[-2](features)
        return logits.flatten()
