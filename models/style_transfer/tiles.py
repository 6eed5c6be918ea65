"""One optimizer step of a picture too large for one pass: tile by tile, with the exact gradient.

A style loss depends on a layer's covariance S and mean m over the whole picture alone. A first pass
over the tiles adds up both without keeping activations; of the loss that gives dL/dS and dL/dm, and
a second pass sends them back through each tile: with X the n of N places in a tile,
dL/dX = (X (dS + dS^T) + 1 (dm - (dS + dS^T) m)^T) / N. So there is one set of statistics, and no
seam: a tile's overlap receives gradients from both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from models.backbones.backbone import Backbone

# All layers' strides divide it, so that tiles begin where places do.
ALIGNED = 32
TILE, OVERLAP = 896, 64


@dataclass(frozen=True)
class Tile:
    """A rectangle of a picture, in pixels.

    Attributes:
        top, left, bottom, right: what is computed.
        core: (top, left, bottom, right) of what counts; the cores cover the picture once.
    """

    top: int
    left: int
    bottom: int
    right: int
    core: tuple[int, int, int, int]

    def of(self, picture: torch.Tensor) -> torch.Tensor:
        """This part of a picture (1, C, H, W)."""
        return picture[..., self.top : self.bottom, self.left : self.right]

    def inside(self, maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        """The places of the core among a layer's activations of the tile, (1, C, h, w).

        Args:
            size: (height, width) of the whole picture.
        """
        sides = []
        for axis, (start, end) in enumerate(((self.top, self.bottom), (self.left, self.right))):
            stride = -(-(end - start) // maps.shape[2 + axis])
            first, last = self.core[axis], self.core[axis + 2]
            stop = None if last == size[axis] else (last - start) // stride
            sides.append(slice((first - start) // stride, stop))
        return maps[:, :, sides[0], sides[1]]


def tiles(height: int, width: int, side: int = TILE, overlap: int = OVERLAP) -> list[Tile]:
    """Tiles with cores of `side` pixels, row by row, and `overlap` more on each side of it.

    Args:
        side, overlap: multiples of 32.
    """
    found = []
    for top in _starts(height, side):
        for left in _starts(width, side):
            bottom = height if top == _starts(height, side)[-1] else top + side
            right = width if left == _starts(width, side)[-1] else left + side
            found.append(
                Tile(
                    max(0, top - overlap), max(0, left - overlap),
                    min(height, bottom + overlap), min(width, right + overlap),
                    (top, left, bottom, right),
                )
            )  # fmt: skip
    return found


def _starts(length: int, side: int) -> list[int]:
    """Where cores begin; a rest of less than half a tile goes to the last."""
    count = max(1, round(length / side))
    return [n * side for n in range(count)]


Content = tuple[str, Callable[[Tile, torch.Tensor], torch.Tensor]]


@dataclass
class Sums:
    """What one layer's moments are made of, added up over tiles."""

    count: int
    first: torch.Tensor
    second: torch.Tensor

    @property
    def moments(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(covariance, mean)."""
        mean = self.first / self.count
        return self.second / self.count - torch.outer(mean, mean), mean


def add_up(
    backbone: Backbone,
    picture: torch.Tensor,
    layers: Sequence[str],
    parts: Sequence[Tile],
    sums: list[Sums],
) -> Iterator[None]:
    """Makes `sums`, an empty list, those of all layers; yields after each tile."""
    size = picture.shape[-2], picture.shape[-1]
    for tile in parts:
        with torch.no_grad():
            found = backbone.features(tile.of(picture), layers, True)
            for n, maps in enumerate(found):
                add(sums, n, tile.inside(maps, size))
        yield


def add(sums: list[Sums], layer: int, maps: torch.Tensor) -> None:
    """Adds activations (1, C, h, w) to the sums of a layer, which begin with the first."""
    points = _points(maps)
    one = Sums(len(points), points.sum(0), points.T @ points)
    if layer == len(sums):
        sums.append(one)
    else:
        sums[layer].count += one.count
        sums[layer].first += one.first
        sums[layer].second += one.second


def send_back(
    backbone: Backbone,
    picture: torch.Tensor,
    layers: Sequence[str],
    parts: Sequence[Tile],
    sums: Sequence[Sums],
    slopes: Sequence[tuple[torch.Tensor, torch.Tensor]],
    gradient: torch.Tensor,
    content: Content | None = None,
) -> Iterator[None]:
    """Adds to `gradient`, of the picture's shape, what each tile's activations contribute; yields
    after each tile.

    Args:
        slopes: of each layer, dL/dS and dL/dm.
        content: a layer, and the loss of a tile's activations there, which is added.
    """
    size = picture.shape[-2], picture.shape[-1]
    for tile in parts:
        leaf = tile.of(picture).clone().requires_grad_(True)
        with torch.enable_grad():
            wanted = [*layers, content[0]] if content else layers
            found = list(backbone.features(leaf, wanted, True))
            total = leaf.sum() * 0
            if content:
                total = total + content[1](tile, tile.inside(found.pop(), size))
            for maps, known, (d_second, d_first) in zip(found, sums, slopes, strict=True):
                points = _points(tile.inside(maps, size))
                both = (d_second + d_second.T) / known.count
                row = d_first / known.count - both @ known.moments[1]
                # Its gradient at the points is points @ both + row.
                total = total + ((points @ both) * points).sum() / 2 + (points @ row).sum()
            (found_gradient,) = torch.autograd.grad(total, leaf)
        tile.of(gradient).add_(found_gradient)
        yield


def _points(maps: torch.Tensor) -> torch.Tensor:
    """Activations (1, C, h, w) as h * w rows, float32."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]).float()
