"""The small networks of the GAN lab, by architecture: a generator and a discriminator.

Points are (N, 2) near the square [-1, 1]^2; pictures are (N, C, side, side) in [-1, 1]. Generators
take z (N, latent) ~ N(0, I), discriminators give logits (N,).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from models.gan.networks.dcgan import DCDiscriminator, DCGenerator
from models.gan.training.settings import TrainingSettings


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


def build(settings: TrainingSettings, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    """(generator, discriminator) for examples of `shape`: (2,) or (C, side, side).

    The discriminator has no batch norm where a penalty looks at single examples' gradients
    (Gulrajani et al. 2017, section 4), nor with spectral norm, which takes its place.

    Raises:
        ValueError: an architecture that does not fit the shape.
    """
    latent, width = settings.latent, settings.width
    if (settings.architecture == "mlp") != (len(shape) == 1):
        raise ValueError(f"{settings.architecture} does not make examples of shape {shape}")
    generator: nn.Module
    discriminator: nn.Module
    if settings.architecture == "mlp":
        generator, discriminator = PointGenerator(latent, width), PointDiscriminator(width)
    elif settings.architecture == "dense":
        channels, side, _ = shape
        generator = DenseGenerator(latent, width, channels, side)
        discriminator = DenseDiscriminator(width, channels, side)
    else:
        channels, side, _ = shape
        normed = not (settings.spectral or settings.loss == "wasserstein" or settings.r1 > 0)
        generator = DCGenerator(width, latent, channels, side)
        discriminator = DCDiscriminator(width, channels, side, norm=normed)
    if settings.spectral:
        for layer in discriminator.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                spectral_norm(layer)
    return generator, discriminator
