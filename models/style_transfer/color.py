"""Colours in style transfer: keeping the photo's, or starting from the style's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from models import images


def match_color(
    image: Image.Image, *palettes: Image.Image, shares: Sequence[float] = (1.0,)
) -> Image.Image:
    """`image` with the mean and covariance of the colours of `palettes`, which count by `shares`.

    y = A (x - mean) + mean*, with A = R (R S R)^(-1/2) R and R = S*^(1/2), the linear map that
    moves colours least (optimal transport of Gaussians; Pitie & Kokaram 2007); values are cut to
    [0, 1].
    """
    own = images.to_tensor(image)[0].flatten(1).double()
    wanted = [images.to_tensor(palette)[0].flatten(1).double() for palette in palettes]
    pairs = list(zip(shares, wanted, strict=True))
    zero = torch.zeros((), dtype=torch.double)
    middle = sum((share * points.mean(1) for share, points in pairs), zero)
    second = sum((share * points @ points.T / points.shape[1] for share, points in pairs), zero)
    floor = 1e-4 * torch.eye(3, dtype=torch.double)
    spread, goal = torch.cov(own) + floor, second - torch.outer(middle, middle) + floor
    root = _power(goal, 0.5)
    inverse = _power(root @ spread @ root, -0.5)
    moved = root @ inverse @ root @ (own - own.mean(1, keepdim=True)) + middle[:, None]
    return images.to_image(moved.view(3, image.height, image.width))


def _power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=1e-12).pow(exponent) @ vectors.T


def luminance(image: Image.Image) -> Image.Image:
    """`image` in grey (luma of BT.601), still RGB."""
    return image.convert("L").convert("RGB")


def match_levels(image: Image.Image, reference: Image.Image) -> Image.Image:
    """`image` with the mean and deviation of `reference` (Gatys et al. 2016b, section 3)."""
    own, wanted = images.to_tensor(image), images.to_tensor(reference)
    gain = wanted.std() / own.std().clamp(min=1e-3)
    return images.to_image((own - own.mean()) * gain + wanted.mean())


def match_histogram(image: Image.Image, palette: Image.Image) -> Image.Image:
    """`image` with the colours of `palette`: first its covariance, then its levels by channel.

    Departure from Gatys et al. 2016b, who match the covariance only: exact histograms keep greys
    grey and cut nothing off.
    """
    near = np.asarray(match_color(image, palette))
    wanted = np.asarray(palette)
    out = [_levels(near[..., channel], wanted[..., channel]) for channel in range(3)]
    return Image.fromarray(np.stack(out, 2))


def _levels(own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Each of the 256 levels moved to where `wanted` has as many values below it."""
    below, goal = (np.cumsum(np.bincount(v.ravel(), minlength=256)) / v.size for v in (own, wanted))
    return np.searchsorted(goal, below - 1e-9).clip(0, 255).astype(np.uint8)[own]


def with_colors_of(picture: torch.Tensor, colors: Image.Image | None) -> torch.Tensor:
    """The luminance of `picture` (1, 3, H, W) with the chroma of `colors`, if there are any."""
    if colors is None:
        return picture.detach()
    size = (picture.shape[-1], picture.shape[-2])
    _, blue, red = colors.resize(size, Image.Resampling.BICUBIC).convert("YCbCr").split()
    painted = images.to_image(picture).convert("L")
    merged = Image.merge("YCbCr", (painted, blue, red)).convert("RGB")
    return images.to_tensor(merged, picture.device)
