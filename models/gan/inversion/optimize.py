"""From a photograph to codes: Adam on whitened codes, and on noise maps where they are asked for.

Image2StyleGAN (Abdal et al. 2019) found that one code for all layers (w) can't draw a given
photograph, and a code for each layer (w+) can; Image2StyleGAN++ (Abdal et al. 2020) added the noise
maps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from models.gan.inversion.objective import Likeness, Terms, regularization
from models.gan.inversion.whitening import Whitening
from models.gan.networks.stylegan import StyleGenerator

RATE = 0.15
BETAS = (0.9, 0.99)
WARM_UP = 5
COOL = 0.25
NOISE_WEIGHT = 1e-4


@dataclass(frozen=True)
class Fit:
    """Where an optimization has come to.

    Attributes:
        picture: (N, 3, h, w) in [0, 1].
        loss: 10 squared error + feature distance, mean of the pictures, without the regularization.
        styles: w+ of that picture, (N, layers, latent).
        noise: its noise maps.
    """

    picture: torch.Tensor
    loss: float
    styles: torch.Tensor
    noise: list[torch.Tensor]


def rate(step: int, steps: int) -> float:
    """Adam's rate at `step`: it rises over the first five, and falls over the last quarter."""
    return RATE * min(1.0, (1 - step / steps) / COOL, (step + 1) / WARM_UP)


def noise_maps(generator: StyleGenerator, seed: int) -> list[torch.Tensor]:
    """One (1, 1, h, h) map for each layer."""
    return generator.noise(1, torch.Generator().manual_seed(seed))


@torch.no_grad()
def drawn(
    generator: StyleGenerator, likeness: Likeness, styles: torch.Tensor, noise: list[torch.Tensor]
) -> Fit:
    """The picture of given codes."""
    picture = generator(styles, noise) * 0.5 + 0.5
    return reached(picture, likeness(picture), styles, noise)


def reached(
    picture: torch.Tensor, terms: Terms, styles: torch.Tensor, noise: list[torch.Tensor]
) -> Fit:
    """Copies of all that: what comes after changes none of it."""
    copied = [m.detach().clone() for m in noise]
    shown = picture.detach().clamp(0, 1)
    return Fit(shown, terms.likeness.mean().item(), styles.detach().clone(), copied)


def fit_codes(
    generator: StyleGenerator,
    whitening: Whitening,
    likeness: Likeness,
    start: torch.Tensor,
    noise: list[torch.Tensor],
    steps: int,
    space: str = "w+",
) -> Iterator[Fit]:
    """min over u of 10 |G(w) - x|^2 + features + 0.05 (layers apart)^2 + 0.01 u^2, w = mean + Vsu.

    Yields the start, and a `Fit` after every step; may be closed at any yield.

    Args:
        generator: frozen; a gradient is taken with respect to codes and maps only.
        likeness: to the photographs x.
        start: u (N, layers, latent), such as the encoder's guess.
        noise: maps with N = 1 or one for each picture; changed in "noise" alone.
        space: "w" (the mean over the layers of `start`, the same for all), "w+" or "noise".
    """
    common = start.mean(1).detach().clone().requires_grad_()
    offsets = (start - start.mean(1, keepdim=True)).detach().clone()
    changed = [common]
    if space == "w":
        offsets.zero_()
    else:
        changed.append(offsets.requires_grad_())
    if space == "noise":
        count = len(start)
        noise = [m.detach().expand(count, -1, -1, -1).clone().requires_grad_() for m in noise]
        changed += noise
    adam = torch.optim.Adam(changed, lr=RATE, betas=BETAS)

    def codes() -> torch.Tensor:
        return whitening.to_w(common[:, None] + offsets)

    for step in range(steps):
        with torch.enable_grad():
            styles = codes()
            picture = generator(styles, noise) * 0.5 + 0.5
            terms = likeness(picture)
            loss = terms.likeness + regularization(common, offsets)
            if space == "noise":
                loss = loss + NOISE_WEIGHT * torch.stack([m.square().mean() for m in noise]).sum()
            gradients = torch.autograd.grad(loss.sum(), changed)
        yield reached(picture, terms, styles, noise)
        for value, gradient in zip(changed, gradients, strict=True):
            value.grad = gradient
        adam.param_groups[0]["lr"] = rate(step, steps)
        adam.step()
    yield drawn(generator, likeness, codes().detach(), [m.detach() for m in noise])
