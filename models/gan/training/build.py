"""The two networks of a training, as its settings say."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from models.gan.networks.conditional import (
    EMBEDDING,
    ConditionalGenerator,
    ProjectionDiscriminator,
)
from models.gan.networks.dcgan import DCDiscriminator, DCGenerator
from models.gan.networks.toy import (
    DenseDiscriminator,
    DenseGenerator,
    PointDiscriminator,
    PointGenerator,
)
from models.gan.training.settings import TrainingSettings


def build_networks(
    settings: TrainingSettings, shape: tuple[int, ...]
) -> tuple[nn.Module, nn.Module]:
    """(generator, discriminator) for examples of `shape`: (2,) or (C, side, side).

    The discriminator has no batch norm where a penalty looks at single examples' gradients
    (Gulrajani et al. 2017, section 4), nor with spectral norm, which takes its place. With
    `settings.classes` both networks are told a class, and take its index as a second input.

    Raises:
        ValueError: an architecture that does not fit the shape.
    """
    latent, width = settings.latent, settings.width
    classes = len(settings.classes or ())
    latent += EMBEDDING if classes else 0
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
        penalised = settings.r1 > 0 or settings.r2 > 0
        normed = not (settings.spectral or settings.loss == "wasserstein" or penalised)
        generator = DCGenerator(width, latent, channels, side)
        discriminator = DCDiscriminator(width, channels, side, norm=normed)
    if classes:
        *_, last = (m for m in discriminator.modules() if isinstance(m, nn.Linear | nn.Conv2d))
        features = last.weight[0].numel()
        generator = ConditionalGenerator(generator, classes)
        discriminator = ProjectionDiscriminator(discriminator, features, classes)
    if settings.spectral:
        for layer in list(discriminator.modules()):
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.Embedding):
                spectral_norm(layer)
    return generator, discriminator
