"""Style by nearest neighbours (Kolkin et al. 2022, "Neural Neighbor Style Transfer").

Each place of the picture is matched with the place of the style whose activations point in the most
similar direction, all layers together; the picture then descends towards the activations found
there. So textures follow what is in the picture.

Departure: half of the loss "moments" is added. Cosines leave the contrast free, and where targets
that stand side by side disagree, the picture would meet them halfway: pale and soft.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from models.style_transfer.losses import Moments, MomentsLoss, moments
from models.style_transfer.regions import Regions, RegionsLoss, places, regional

# Places that are matched: those of the finest layer with no more. A match costs their square.
PLACES = 10_000
# Directions of all layers together are compared in a random projection to so many dimensions.
DIMENSIONS = 256
# Similarities held at a time.
CHUNK = 2**23
TINY = 1e-8
# Of the targets' mean length: below it a place has no direction to speak of, and the slope of its
# cosine, which goes with 1 / length, would throw an optimizer off.
SHORT = 0.1
# What 1 stands for: with it, pictures end as far from their photo as by moments; and how much of
# their loss is added, found by eye over three pairs.
BALANCE, MOMENTS = 2.0, 0.5

Shape = tuple[int, int]


class NeighboursLoss:
    """Mean cosine distance of one layer's activations (1, C, h, w) from fixed ones (h * w, C), and
    their distance from the style's moments."""

    def __init__(self, target: torch.Tensor, style: Moments):
        self.target = F.normalize(target.float(), dim=1, eps=TINY)
        self.shortest = max(TINY, SHORT * target.float().norm(dim=1).mean().item())
        self.moments = MomentsLoss(style)

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        # A view, no copy, when maps are channels-last.
        points = maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]).float()
        along = (points * self.target).sum(1)
        distances = 1 - along / points.norm(dim=1).clamp(min=self.shortest)
        near = distances.mean().clamp(min=0)  # below 0 there are only rounding errors
        return BALANCE * near + MOMENTS * self.moments(maps)


def matching_losses(
    start: Sequence[torch.Tensor],
    styles: Sequence[Sequence[torch.Tensor]],
    shares: Sequence[float],
    regions: Regions | None = None,
) -> Sequence[NeighboursLoss | RegionsLoss]:
    """One loss a layer; all layers share the matches.

    Departures from Kolkin et al. 2022: matches are made once a scale and kept; each layer has a
    distance of its own instead of one for all, so that layers can be weighted; of layers finer than
    the matched places a match takes the whole patch.

    Args:
        start: the layers' activations of the picture that is matched.
        styles: the same of one style, or two.
        shares: of the places that go to each style. The second gets those that suit it best.
        regions: in which neighbours are looked for, those of the first style.
    """
    shape = _matched(start)
    own = columns(start, shape)
    theirs = [columns(style, _matched(style)) for style in styles]
    found = [_best(own, style) for style in theirs]
    if regions is not None:
        found[0] = _best_inside(own, theirs[0], shape, _matched(styles[0]), regions)
    (_, matches), second = found[0], torch.zeros(len(own), dtype=torch.bool, device=own.device)
    if len(styles) > 1:
        gain = found[1][0] - found[0][0]
        second[gain.argsort(descending=True, stable=True)[: round(shares[1] * len(own))]] = True
        matches = torch.where(second, found[1][1], matches)
    losses: list[NeighboursLoss | RegionsLoss] = []
    for layer, maps in enumerate(start):
        cells, within = (
            part.to(own.device) for part in _cells((maps.shape[-2], maps.shape[-1]), shape)
        )
        targets = [
            _taken(style[layer], _matched(style), matches[cells], within) for style in styles
        ]
        target = targets[0]
        if len(targets) > 1:
            target = torch.where(second[cells, None], targets[1], target)
        if regions is None:
            found_moments = moments([style[layer] for style in styles], shares)
            losses.append(NeighboursLoss(target, found_moments))
        else:
            parts = regional(layer, start, styles, shares, regions)
            losses.append(RegionsLoss([(n, NeighboursLoss(target[n], m)) for n, m in parts]))
    return losses


def columns(maps: Sequence[torch.Tensor], shape: Shape) -> torch.Tensor:
    """Activations of all layers at each of h * w places, (h * w, D), each of length 1.

    Every layer is centred, and scaled to the same mean square; finer layers are averaged over a
    place, coarser ones interpolated. With more than 256 channels D is 256.
    """
    parts = []
    for layer in maps:
        finer = layer.shape[-1] > shape[1]
        sized = (
            F.adaptive_avg_pool2d(layer.float(), shape)
            if finer
            else F.interpolate(layer.float(), shape, mode="bilinear", align_corners=False)
        )
        centred = sized - sized.mean((2, 3), keepdim=True)
        scale = centred.square().sum(1).mean().sqrt().clamp(min=TINY)
        parts.append((centred / scale)[0].flatten(1))
    joined = torch.cat(parts).T
    if joined.shape[1] > DIMENSIONS:
        generator = torch.Generator().manual_seed(0)
        projection = torch.randn(joined.shape[1], DIMENSIONS, generator=generator)
        joined = joined @ projection.to(joined.device)
    return F.normalize(joined, dim=1, eps=TINY)


def nearest(own: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """For unit vectors (n, D) the index (n) of the one of (m, D) with the greatest cosine."""
    return _best(own, style)[1]


def _best(own: torch.Tensor, style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The greatest cosine (n) and its index (n)."""
    rows = max(1, CHUNK // len(style))
    found = [(part @ style.T).max(1) for part in own.split(rows)]
    values, indices = zip(*found, strict=True)
    return torch.cat(values), torch.cat(indices)


def _best_inside(
    own: torch.Tensor, style: torch.Tensor, shape: Shape, other: Shape, regions: Regions
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `_best`, inside the regions; where a region has no place in the style, of all of it."""
    values = own.new_full((len(own),), -1.0)
    indices = torch.zeros(len(own), dtype=torch.long, device=own.device)
    for number in regions.numbers:
        rows = places(regions.content, shape, number).to(own.device)
        inside = places(regions.style, other, number).to(own.device)
        if not len(inside):
            inside = torch.arange(len(style), device=own.device)
        if len(rows):
            values[rows], best = _best(own[rows], style[inside])
            indices[rows] = inside[best]
    return values, indices


def _matched(maps: Sequence[torch.Tensor]) -> Shape:
    """The (height, width) of the places that are matched."""
    shapes = [(layer.shape[-2], layer.shape[-1]) for layer in maps]
    few = [shape for shape in shapes if shape[0] * shape[1] <= PLACES]
    return max(few, key=lambda shape: shape[0] * shape[1], default=min(shapes))


def _cells(shape: Shape, matched: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    """For each place of a layer (h * w): the matched place it lies in, and where in it, (h * w, 2)
    from 0 to 1."""
    at = [(torch.arange(n) + 0.5) * m / n for n, m in zip(shape, matched, strict=True)]
    rows, across = torch.meshgrid(*at, indexing="ij")
    both = torch.stack([rows, across], -1).view(-1, 2)
    cells = both.long()
    return cells[:, 0] * matched[1] + cells[:, 1], both - cells


def _taken(
    maps: torch.Tensor, matched: Shape, matches: torch.Tensor, within: torch.Tensor
) -> torch.Tensor:
    """A style layer's activations (n, C) at matched places, as far within them as `within`."""
    height, width = maps.shape[-2:]
    rows = ((matches // matched[1] + within[:, 0]) * height / matched[0]).long()
    across = ((matches % matched[1] + within[:, 1]) * width / matched[1]).long()
    return maps[0].flatten(1).T[rows.clamp(max=height - 1) * width + across.clamp(max=width - 1)]
