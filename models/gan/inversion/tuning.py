"""Pivotal tuning (Roich et al. 2021): a private copy of the generator learns the photograph."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch

from models.gan.inversion.objective import Likeness
from models.gan.inversion.optimize import BETAS, Fit, drawn, reached
from models.gan.networks.stylegan import StyledConv, StyleGenerator

RATE = 1e-4  # ten times as much destroys the generator


def private_copy(generator: StyleGenerator) -> StyleGenerator:
    """A copy whose weights may change; its mapping stays as it is."""
    copied = copy.deepcopy(generator).requires_grad_(True)
    copied.mapping.requires_grad_(False)
    for layer in copied.modules():
        if isinstance(layer, StyledConv):
            layer.squared_kernel = None  # follows the weights
    return copied


def tune(
    generator: StyleGenerator,
    likeness: Likeness,
    styles: torch.Tensor,
    noise: list[torch.Tensor],
    steps: int,
) -> Iterator[Fit]:
    """min over the generator's weights of 10 |G(w) - x|^2 + features, at the pivot w.

    Yields the start, and a `Fit` after every step, of which the generator then has the weights; may
    be closed at any yield.

    Args:
        generator: from `private_copy`; it is changed, see `freeze`.
        styles: the pivot, (N, layers, latent), which stays.
        noise: its maps, which stay.
    """
    weights = [p for p in generator.parameters() if p.requires_grad]
    adam = torch.optim.Adam(weights, lr=RATE, betas=BETAS)
    for _ in range(steps):
        with torch.enable_grad():
            picture = generator(styles, noise) * 0.5 + 0.5
            terms = likeness(picture)
            gradients = torch.autograd.grad(terms.likeness.sum(), weights)
        yield reached(picture, terms, styles, noise)
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient
        adam.step()
    yield drawn(generator, likeness, styles, noise)


def freeze(generator: StyleGenerator) -> StyleGenerator:
    """The tuned generator, ready to draw: nothing of the tuning is kept."""
    generator.zero_grad(set_to_none=True)
    generator.requires_grad_(False).freeze(torch.float32)
    return generator
