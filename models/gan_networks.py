"""The small networks of the gym, by architecture: a pair of generator and discriminator.

Points are (N, 2) near the square [-1, 1]^2; pictures are (N, C, side, side) in [-1, 1]. Generators
take z (N, latent) ~ N(0, I), discriminators give logits (N,).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from models.gan_settings import Settings


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


class ConvGenerator(nn.Module):
    """z (N, latent) -> pictures: transposed convolutions double the side (Radford et al. 2015).

    The first makes a small map (4 px; 7 px for sides of 7 x 2^n, such as 28), the last the picture;
    channels halve each time and end at `width`. Batch norm and ReLU between, tanh last.
    """

    def __init__(self, latent: int, width: int, channels: int, side: int):
        super().__init__()
        first, doublings = start_of(side)
        widths = [width << (doublings - 1 - n) for n in range(doublings)]
        self.convs = nn.ModuleList([nn.ConvTranspose2d(latent, widths[0], first, bias=False)])
        for before, after in zip(widths, (*widths[1:], channels), strict=True):
            self.convs.append(nn.ConvTranspose2d(before, after, 4, 2, 1, bias=after == channels))
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in widths)
        self.apply(_start)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = z[:, :, None, None].contiguous(memory_format=torch.channels_last)
        for conv, norm in zip(self.convs, self.norms, strict=False):
            x = F.relu(norm(conv(x)), inplace=True)
        return self.convs[-1](x).tanh()


class ConvDiscriminator(nn.Module):
    """Pictures -> logits (N,): strided convolutions that halve the side, channels doubling.

    Leaky ReLU; batch norm from the second layer on, unless `norm` is False.
    """

    def __init__(self, width: int, channels: int, side: int, norm: bool = True):
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
        self.apply(_start)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index:
                x = self.norms[index - 1](x)
            x = F.leaky_relu(x, 0.2, inplace=True)
        return self.verdict(x).flatten()


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


def _start(module: nn.Module) -> None:
    """The paper's initial weights: deviation 0.02 (batch norm's gain around 1)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def _spectral(network: nn.Module) -> nn.Module:
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            spectral_norm(layer)
    return network


def build(settings: Settings, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    """(generator, discriminator) for examples of `shape`: (2,) or (C, side, side).

    Batch norm leaves the discriminator where a penalty looks at single examples' gradients
    (Gulrajani et al. 2017, section 4) and where spectral norm takes its place.

    Raises:
        ValueError: an architecture that does not fit the shape.
    """
    latent, width = settings.latent, settings.width
    if (settings.architecture == "mlp") != (len(shape) == 1):
        raise ValueError(f"{settings.architecture} does not make examples of shape {shape}")
    if settings.architecture == "mlp":
        pair = PointGenerator(latent, width), PointDiscriminator(width)
    elif settings.architecture == "dense":
        channels, side, _ = shape
        pair = (
            DenseGenerator(latent, width, channels, side),
            DenseDiscriminator(width, channels, side),
        )
    else:
        channels, side, _ = shape
        alone = settings.spectral or settings.loss == "wasserstein" or settings.r1 > 0
        pair = (
            ConvGenerator(latent, width, channels, side),
            ConvDiscriminator(width, channels, side, norm=not alone),
        )
    if settings.spectral:
        _spectral(pair[1])
    return pair
