"""How a step down the gradient is measured: for a whole picture, or for each number of it.

Both keep Adam's running means (Kingma & Ba 2015) of the gradient and of its square.
"""

from __future__ import annotations

import math

import torch

RATE_LEFT = 0.15  # part of the step length that is left at the end


def cosine(progress: float, left: float = RATE_LEFT) -> float:
    """What a step length is multiplied by: 1 at `progress` 0, `left` at 1, a cosine between."""
    return left + (1 - left) * (1 + math.cos(math.pi * progress)) / 2


class PictureAdam:
    """d <- d - rate * m / (1 - b1^t) / ||g||: Adam with one second moment for a whole picture.

    Adam's own (one second moment for each number) moves every number equally far in every step; in
    a spectrum that fills the picture with murk, and broad shapes never form.

    Args:
        values: (N, ...), changed in place; each of the N by itself.
        step_length: Euclidean length of a step, while gradients agree.
        left: see `cosine`.
    """

    betas = (0.95, 0.99)  # decay of the running means of the gradient and of its square

    def __init__(self, values: torch.Tensor, step_length: float, left: float = RATE_LEFT) -> None:
        self.values, self.step_length, self.left, self.time = values, step_length, left, 0
        self.mean = torch.zeros_like(values)
        self.square = self.measure(self.mean)

    def measure(self, gradient: torch.Tensor) -> torch.Tensor:
        """The gradient's square, as large as one second moment for each picture needs it."""
        each = gradient.square().flatten(1).sum(1)
        return each.view(-1, *[1] * (gradient.ndim - 1))

    @torch.no_grad()
    def step(self, gradient: torch.Tensor, progress: float) -> None:
        """One step down `gradient`; its length falls with `progress` (0..1) along a cosine."""
        self.time += 1
        b1, b2 = self.betas
        self.mean.lerp_(gradient, 1 - b1)
        self.square = b2 * self.square + (1 - b2) * self.measure(gradient)
        norm = (self.square / (1 - b2**self.time)).sqrt() + 1e-12
        rate = self.step_length * cosine(progress, self.left) / (1 - b1**self.time) / norm
        self.values.sub_(self.mean * rate)

    def keep(self, values: torch.Tensor, which: torch.Tensor) -> None:
        """Goes on with some of the pictures: those `which` (indices) are now `values`."""
        self.values, self.mean, self.square = values, self.mean[which], self.square[which]


class Adam(PictureAdam):
    """Adam itself, for phases: each of them turns by itself."""

    betas = (0.9, 0.99)

    def measure(self, gradient: torch.Tensor) -> torch.Tensor:
        """The square of each number."""
        return gradient.square()
