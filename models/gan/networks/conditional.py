"""Networks that are told a class: the generator draws it, the discriminator judges by it."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

EMBEDDING = 16  # numbers in the embedding of a class
EMBEDDING_STD = 0.02  # of the projection's first weights: at first D hardly reads the label


class Discriminator(Protocol):
    """A discriminator in two parts: d(x) = psi(phi(x))."""

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """phi: examples (N, ...) -> features (N, ...)."""

    def judge(self, features: torch.Tensor) -> torch.Tensor:
        """psi, linear: features -> logits (N,)."""


def forward(network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
    """What a network makes of inputs, with their labels where it is told a class."""
    outputs: torch.Tensor = network(inputs) if labels is None else network(inputs, labels)
    return outputs


class ConditionalGenerator(nn.Module):
    """G(z, y): a generator whose latent vector is z with the learnt embedding of class y behind it.

    Args:
        generator: takes latents of `EMBEDDING` numbers more than z has.
        classes: how many there are.
    """

    def __init__(self, generator: nn.Module, classes: int):
        super().__init__()
        self.generator, self.embedding = generator, nn.Embedding(classes, EMBEDDING)

    def forward(self, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """z (N, latent) and labels (N,) in 0..classes-1 -> examples."""
        examples: torch.Tensor = self.generator(torch.cat([z, self.embedding(labels)], 1))
        return examples


class ProjectionDiscriminator(nn.Module):
    """d(x, y) = psi(phi(x)) + <v_y, phi(x)> (Miyato & Koyama 2018, equation 4).

    phi(x) is all that the last linear layer psi sees, so v_y adds to its weights for class y. The
    paper sums phi over the places of its map; here each place has weights of its own, as psi has:
    a small network's features say what is where, and less of what is there at all.

    Args:
        discriminator: phi and psi.
        features: numbers in phi(x).
        classes: how many there are.
    """

    def __init__(self, discriminator: nn.Module, features: int, classes: int):
        super().__init__()
        self.discriminator, self.embedding = discriminator, nn.Embedding(classes, features)
        nn.init.normal_(self.embedding.weight, 0.0, EMBEDDING_STD)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Examples and labels (N,) in 0..classes-1 -> logits (N,)."""
        parts: Discriminator = self.discriminator  # type: ignore[assignment]
        features = parts.features(x)
        projected = features.flatten(1) * self.embedding(labels)
        return parts.judge(features) + projected.sum(1).float()
