"""Whitened coordinates of w, in which every direction varies alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from models import weights

SAMPLES = 20_000
CHUNK = 2_000
LEAST_VARIANCE = 1e-8
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Whitening:
    """w = mean + V (s u), so that u ~ (0, I) for drawn pictures.

    The principal components of the w of many z ~ N(0, I): V has the directions as columns, s their
    standard deviations (Wulff & Torralba 2020, Improving Inversion and Generation Diversity in
    StyleGAN using a Gaussianized Latent Space, there with a leaky ReLU undone first).

    Attributes:
        mean: (latent,).
        deviations: s, (latent,), from large to small.
        axes: V, (latent, latent), orthonormal columns.
    """

    mean: torch.Tensor
    deviations: torch.Tensor
    axes: torch.Tensor

    @classmethod
    def of(cls, points: torch.Tensor) -> Whitening:
        """The whitening of points (N, latent)."""
        values, axes = torch.linalg.eigh(torch.cov(points.T))
        deviations = values.flip(0).clamp_min(LEAST_VARIANCE).sqrt()
        return cls(points.mean(0), deviations, axes.flip(1))

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> Whitening:
        """From a weight file's tensors `whitening.*`."""
        found = weights.part(tensors, "whitening")
        return cls(found["mean"], found["deviations"], found["axes"])

    def tensors(self) -> Tensors:
        """As a weight file has them."""
        return {
            "whitening.mean": self.mean,
            "whitening.deviations": self.deviations,
            "whitening.axes": self.axes,
        }

    def to(self, device: torch.device) -> Whitening:
        return Whitening(self.mean.to(device), self.deviations.to(device), self.axes.to(device))

    def to_w(self, u: torch.Tensor) -> torch.Tensor:
        """u (..., latent) -> w (..., latent)."""
        return self.mean + (u * self.deviations) @ self.axes.T

    def to_u(self, w: torch.Tensor) -> torch.Tensor:
        """w (..., latent) -> u (..., latent)."""
        return ((w - self.mean) @ self.axes) / self.deviations


@torch.no_grad()
def mapped(mapping: torch.nn.Module, latent: int, count: int = SAMPLES) -> torch.Tensor:
    """w of `count` z ~ N(0, I), (count, latent); always the same ones."""
    z = torch.randn(count, latent, generator=torch.Generator().manual_seed(1))
    return torch.cat([mapping(part) for part in z.split(CHUNK)])
