"""The losses of style transfer: distances between two sets of activations.

Activations have shape (1, C, h, w). A style is described by its `Moments` alone, so that two styles
can be blended by blending those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

# A channel that hardly varies in the style picture must not outweigh the others.
DEVIATION_FLOOR = 0.05
# |S*|^2 per channel: 1.4 to 23 over the example styles and Lite0's layers; next to 0 in flat ones.
NORM_FLOOR = 0.1
# Where a loss turns logarithmic. With it at 5, float32 has no loss above 5 * (1 + ln(2^128 / 5)),
# which is 441; and runs over examples end with lower losses than without, above all Adam's.
LINEAR_LIMIT = 5.0


class _Moments(torch.autograd.Function):
    """Mean m and centred covariance S of points X (n, C), with the gradient in one pass over X:
    dX = (X - 1 m^T)(G + G^T) / n + 1 g^T / n for G = dS, g = dm.

    Autograd's own chain of mean, product and difference would write five arrays of X's size.
    """

    @staticmethod
    def forward(context: Any, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        exact = points.float() if points.dtype == torch.bfloat16 else points
        mean = exact.mean(0)
        covariance = (exact.T @ exact).div_(len(points)).addr_(mean, mean, alpha=-1)
        context.save_for_backward(points, mean)
        return covariance, mean

    @staticmethod
    def backward(context: Any, d_covariance: torch.Tensor, d_mean: torch.Tensor) -> torch.Tensor:
        points, mean = context.saved_tensors
        both = (d_covariance + d_covariance.T) / len(points)
        row = d_mean / len(points) - mean @ both
        # Where the network computes in bfloat16 its gradient does so too.
        return torch.addmm(row.to(points.dtype), points, both.to(points.dtype))


def covariance_and_mean(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations (1, C, h, w) -> centred covariance (C, C) and mean (C) over the h * w places."""
    # A view, no copy, when maps are channels-last.
    return _Moments.apply(maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]))


def gram(maps: torch.Tensor) -> torch.Tensor:
    """Activations (1, C, h, w) -> Gram matrix (C, C): G_ij = mean over places of F_i * F_j."""
    covariance, mean = covariance_and_mean(maps)
    return covariance + torch.outer(mean, mean)


@dataclass(frozen=True)
class Moments:
    """The style statistics of one layer: centred covariance (C, C) and mean (C)."""

    covariance: torch.Tensor
    mean: torch.Tensor

    @property
    def gram(self) -> torch.Tensor:
        """The Gram matrix (C, C), which is the second moment about zero."""
        return self.covariance + torch.outer(self.mean, self.mean)

    @property
    def inverse_deviations(self) -> torch.Tensor:
        """1 / (deviation + 0.05) of each channel (C)."""
        return 1 / (self.covariance.diagonal().clamp(min=0).sqrt() + DEVIATION_FLOOR)


def moments(maps: Sequence[torch.Tensor], shares: Sequence[float] = (1.0,)) -> Moments:
    """The moments of one layer over several pictures, weighted by `shares` (sum 1).

    Means and Gram matrices are averaged: the moments of a canvas of which each style covers its
    share.
    """
    return blended([Moments(*covariance_and_mean(layer)) for layer in maps], shares)


def blended(found: Sequence[Moments], shares: Sequence[float]) -> Moments:
    """The moments of a canvas of which each of `found` covers its share."""
    pairs = list(zip(shares, found, strict=True))
    mean = sum((share * m.mean for share, m in pairs), torch.zeros(()))
    second = sum((share * m.gram for share, m in pairs), torch.zeros(()))
    return Moments(second - torch.outer(mean, mean), mean)


class MomentsLoss:
    """Distance between the first two moments of activations.

    With F divided by the style's deviation per channel (+ 0.05), covariance S and mean m:
    |S - S*|^2 / |S*|^2 + mean((m - m*)^2).

    Departure from Gatys et al. 2016, who compare Gram matrices: on rectified maps those are ruled
    by the means, while centred covariances carry the strokes (Li et al. 2017, "Demystifying neural
    style transfer", on matching moments).
    """

    def __init__(self, style: Moments):
        inverse = style.inverse_deviations
        # Scaling the C x C matrix is scaling the maps, at a fraction of the cost.
        self.scale, self.scales = inverse, torch.outer(inverse, inverse)
        self.covariance, self.mean = style.covariance * self.scales, style.mean * inverse
        self.norm = self.covariance.square().sum().clamp(min=NORM_FLOOR * len(self.mean))

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        return self.of(*covariance_and_mean(maps))

    def of(self, covariance: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
        """The loss of activations with these moments."""
        second = (covariance * self.scales - self.covariance).square().sum() / self.norm
        return second + (mean * self.scale - self.mean).square().mean()


class GramLoss:
    """|G - G*|^2 / |G*|^2 on activations divided by the style's deviation per channel (+ 0.05).

    Departure from Gatys et al. 2016: relative to the style's own Gram matrix instead of
    1/(4 N^2 M^2), so that every layer and every style weighs the same.
    """

    def __init__(self, style: Moments):
        inverse = style.inverse_deviations
        self.scales = torch.outer(inverse, inverse)
        self.gram = style.gram * self.scales
        self.norm = self.gram.square().sum().clamp(min=NORM_FLOOR * len(self.gram))

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        return self.of(*covariance_and_mean(maps))

    def of(self, covariance: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
        """The loss of activations with these moments."""
        gram = covariance + torch.outer(mean, mean)
        return (gram * self.scales - self.gram).square().sum() / self.norm


def _eigenvectors(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Eigenvalues, ascending, and eigenvectors of a symmetric matrix."""
    try:
        values, vectors = torch.linalg.eigh(matrix)
    except torch.linalg.LinAlgError:
        # Of a flat picture, with hundreds of equal values: single precision does not converge.
        exact = torch.linalg.eigh(matrix.cpu().double())
        values, vectors = (found.to(matrix) for found in exact)
    return values, vectors


class _TraceOfRoot(torch.autograd.Function):
    """tr((B S B)^(1/2)) for symmetric B, S; its gradient is B (B S B)^(-1/2) B / 2."""

    @staticmethod
    def forward(context: Any, covariance: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
        values, vectors = _eigenvectors(root @ covariance @ root)
        # Directions in which neither picture varies must not divide by zero.
        floor = 1e-6 * float(values[-1].clamp(min=1e-6))
        context.save_for_backward(root @ vectors, values.clamp(min=floor))
        return values.clamp(min=0).sqrt().sum()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        basis, values = context.saved_tensors
        return gradient / 2 * (basis / values.sqrt()) @ basis.T, None


class WassersteinLoss:
    """Squared Wasserstein-2 distance of the Gaussians with the same two moments, per channel.

    With F divided by the style's deviation per channel (+ 0.05):
    (|m - m*|^2 + tr(S + S* - 2 (S*^(1/2) S S*^(1/2))^(1/2))) / C, the cost of transporting one
    Gaussian onto the other (Dowson & Landau 1982). Takes an eigendecomposition a step.
    """

    def __init__(self, style: Moments):
        inverse = style.inverse_deviations
        self.scale, self.scales = inverse, torch.outer(inverse, inverse)
        covariance, self.mean = style.covariance * self.scales, style.mean * inverse
        values, vectors = _eigenvectors(covariance)
        self.root = vectors * values.clamp(min=0).sqrt() @ vectors.T
        self.trace = covariance.trace()

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        return self.of(*covariance_and_mean(maps))

    def of(self, covariance: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
        """The loss of activations with these moments."""
        covariance = covariance * self.scales
        apart = (mean * self.scale - self.mean).square().sum()
        shape = covariance.trace() + self.trace - 2 * _TraceOfRoot.apply(covariance, self.root)
        # Equal up to rounding is equal: below 0 there are only rounding errors.
        return (apart + shape).clamp(min=0) / len(mean)


class ContentLoss:
    """Mean squared distance of activations, each channel in units of the content's deviation."""

    def __init__(self, content_maps: torch.Tensor):
        maps = content_maps.float()
        self.scale = 1 / (maps.std((2, 3), keepdim=True, correction=0) + DEVIATION_FLOOR)
        self.target = maps

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        return ((maps.float() - self.target) * self.scale).square().mean()


def tempered(loss: torch.Tensor) -> torch.Tensor:
    """`loss` up to 5, and from there on 5 * (1 + ln(loss / 5)), which goes on with the same slope.

    A picture in which a channel varies that rests in the style can be 10^9 from it at one layer;
    without this, that layer alone would lead the descent.
    """
    return loss.clamp(max=LINEAR_LIMIT) + LINEAR_LIMIT * (loss / LINEAR_LIMIT).clamp(min=1).log()


def total_variation(picture: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of neighbours, down plus across (Mahendran & Vedaldi 2015)."""
    down = (picture[..., 1:, :] - picture[..., :-1, :]).square().mean()
    return down + (picture[..., 1:] - picture[..., :-1]).square().mean()


StyleLoss = MomentsLoss | GramLoss | WassersteinLoss
STYLE_LOSSES: dict[str, type[StyleLoss]] = {
    "moments": MomentsLoss,
    "gram": GramLoss,
    "wasserstein": WassersteinLoss,
}
