"""Regions: each part of the photo is painted like a part of the style; the rest stays as it is.

A mask is a grey picture with one level a region.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps
from torch.nn import functional as F

from models import images
from models.style_transfer import color
from models.style_transfer.losses import Moments, moments
from models.validation import ValidationError

NAMES = ("content_mask", "style_mask")
SMOOTH = 512  # pixels of the longer side of labels that are made of cells
MOST = 8  # levels of a mask
LEAST = 0.005  # share of its picture that a region covers at least
ASPECT = 0.03  # how much wider or taller than its picture a mask may be
FEATHER = 1 / 100  # of the longer side: deviation of the blur of the border to what stays

Labels = np.ndarray  # (H, W), uint8
Masks = tuple[Image.Image | None, Image.Image | None]
Loss = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Regions:
    """The regions of the photo and of the style.

    Attributes:
        content: the number of each pixel's region, from 1; 0 stays as it is.
        style: the same of the style picture; 0 is not learnt from.
    """

    content: Labels
    style: Labels

    @property
    def numbers(self) -> list[int]:
        """The regions that are painted."""
        return [int(number) for number in np.unique(self.content) if number]


def chosen(
    area: str,
    content: Image.Image,
    style: Image.Image,
    masks: Masks = (None, None),
    opaque: Masks = (None, None),
    animal: Callable[[], Image.Image] | None = None,
    cells: tuple[np.ndarray, np.ndarray] | None = None,
) -> Regions | None:
    """The regions of a run; None where all is painted like all.

    Args:
        area: as in `StyleSettings`.
        masks: of the photo and of the style, as in `read`.
        opaque: what of both is opaque (see `images.opaque`): nothing else is painted, or learnt
            from.
        animal: gives the mask of the animal.
        cells: in place of masks, as in `painted`.

    Raises:
        ValidationError: as `read`, `painted` and `animal`; or an area and masks.
    """
    if cells is not None:
        return _opaque(painted(*cells, content, style), content, style, opaque)
    if area != "all":
        if any(masks):
            raise ValidationError("area_and_masks")
        assert animal is not None
        mask = animal()
        masks = (ImageOps.invert(mask) if area == "background" else mask, None)
    return _opaque(read(*masks, content, style), content, style, opaque)


def _opaque(
    found: Regions | None, content: Image.Image, style: Image.Image, opaque: Masks
) -> Regions | None:
    """Regions without what is transparent."""
    clear = [_clear(mask, picture) for mask, picture in zip(opaque, (content, style), strict=True)]
    if all(mask is None for mask in clear):
        return found
    if found is None:
        found = Regions(*(_numbered(None, picture, True) for picture in (content, style)))
    for labels, mask in zip((found.content, found.style), clear, strict=True):
        if mask is not None:
            wide, high = labels.shape[1], labels.shape[0]
            labels[np.asarray(Image.fromarray(mask).resize((wide, high))) > 0] = 0
    return found if found.numbers and found.style.any() else None


def _clear(opaque: Image.Image | None, picture: Image.Image) -> np.ndarray | None:
    """Where a picture is transparent; None if there is no more than that, or nothing of it."""
    if opaque is None:
        return None
    found = np.asarray(opaque.resize(picture.size, Image.Resampling.NEAREST)) == 0
    return found if found.any() and (~found).mean() >= LEAST else None


def read(
    content_mask: Image.Image | None,
    style_mask: Image.Image | None,
    content: Image.Image,
    style: Image.Image,
) -> Regions | None:
    """Regions from masks; None without any.

    Two masks have as many levels, which belong together in their order from dark to bright. Of a
    single mask black is left out, and the rest is one region.

    Raises:
        ValidationError: a mask of another shape than its picture, black everywhere, with too many
            levels, or with a region too small to see; or not as many levels in both.
    """
    own = _levels(NAMES[0], content_mask, content)
    other = _levels(NAMES[1], style_mask, style)
    if own is None and other is None:
        return None
    counts = _count("content", own, other), _count("style", other, own)
    if counts[0] != counts[1]:
        raise ValidationError("regions_differ", content=counts[0], style=counts[1])
    alone = own is None or other is None
    return Regions(_numbered(own, content, alone), _numbered(other, style, alone))


def painted(
    content_cells: np.ndarray, style_cells: np.ndarray, content: Image.Image, style: Image.Image
) -> Regions:
    """Regions from grids of cells, (h, w) each, with the number of each cell's region.

    Where the photo's is 0 it stays as it is, and where the style's is 0 it is not learnt from;
    regions belong together in the order of their numbers. Of a picture whose cells are all 0
    everything counts.

    Raises:
        ValidationError: nothing is painted; a region too small to see; or not as many in both.
    """
    found = [
        _ranks(name, cells) for name, cells in zip(NAMES, (content_cells, style_cells), strict=True)
    ]
    counts = [int(cells.max()) for cells in found]
    if not any(counts):
        raise ValidationError("nothing_painted")
    if counts[0] != counts[1] and max(counts[0], 1) != max(counts[1], 1):
        raise ValidationError("regions_differ", content=max(counts[0], 1), style=max(counts[1], 1))
    return Regions(
        *(
            _smooth(cells if cells.any() else np.ones_like(cells), picture)
            for cells, picture in zip(found, (content, style), strict=True)
        )
    )


def _ranks(name: str, cells: np.ndarray) -> np.ndarray:
    """Cells with the regions numbered from 1 on."""
    values, counts = np.unique(cells[cells > 0], return_counts=True)
    if len(values) and counts.min() < LEAST * cells.size:
        raise ValidationError("mask_small", name=name, percent=100 * LEAST)
    ranks = np.searchsorted(values, cells) + 1
    return np.where(cells > 0, ranks, 0).astype(np.uint8)


def _smooth(cells: np.ndarray, picture: Image.Image) -> Labels:
    """Cells as labels, their borders rounded."""
    size = images.fit(picture, SMOOTH).size
    layers = [
        np.asarray(
            Image.fromarray(255 * (cells == n).astype(np.uint8)).resize(
                size, Image.Resampling.BICUBIC
            )
        )
        for n in range(int(cells.max()) + 1)
    ]
    return np.stack(layers).argmax(0).astype(np.uint8)


def _levels(name: str, mask: Image.Image | None, picture: Image.Image) -> np.ndarray | None:
    if mask is None:
        return None
    (width, height), (wide, high) = mask.size, picture.size
    if abs(width * high / (height * wide) - 1) > ASPECT:
        shape = {"width": width, "height": height, "wide": wide, "high": high}
        raise ValidationError("mask_shape", name=name, **shape)
    levels = np.asarray(mask.convert("L").resize(picture.size, Image.Resampling.NEAREST))
    values, counts = np.unique(levels, return_counts=True)
    if not values.any():
        raise ValidationError("mask_empty", name=name)
    if len(values) > MOST:
        raise ValidationError("mask_levels", name=name, count=len(values), limit=MOST)
    if counts.min() < LEAST * levels.size:
        raise ValidationError("mask_small", name=name, percent=100 * LEAST)
    return levels


def _count(name: str, levels: np.ndarray | None, other: np.ndarray | None) -> int:
    """How many regions there are; without the other mask black is none."""
    if levels is None:
        return 1
    return len(np.unique(levels if other is not None else levels[levels > 0]))


def _numbered(levels: np.ndarray | None, picture: Image.Image, alone: bool) -> Labels:
    if levels is None:
        return np.ones((picture.height, picture.width), np.uint8)
    if alone:
        return (levels > 0).astype(np.uint8)
    return (np.searchsorted(np.unique(levels), levels) + 1).astype(np.uint8)


def places(labels: Labels, shape: tuple[int, int], number: int) -> torch.Tensor:
    """The indices of a region among the h * w places of a layer."""
    sized = torch.from_numpy(labels.astype(np.float32))[None, None]
    return (F.interpolate(sized, shape, mode="nearest-exact").flatten() == number).nonzero()[:, 0]


def part(maps: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Activations (1, C, h, w) at n of their places, (1, C, 1, n)."""
    points = maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])[index]
    return points.T[None, :, None]


def style_part(maps: torch.Tensor, labels: Labels | None, number: int) -> torch.Tensor:
    """A style's activations in a region; all of them where it has none, as the second style."""
    if labels is None:
        return maps
    height, width = maps.shape[-2:]
    found = places(labels, (height, width), number).to(maps.device)
    return part(maps, found) if len(found) else maps


class RegionsLoss:
    """The losses of a layer's regions, each weighted by its share of what is painted.

    Args:
        parts: (places of the layer, loss of the activations there).
    """

    def __init__(self, parts: Sequence[tuple[torch.Tensor, Loss]]):
        total = sum(len(index) for index, _ in parts)
        self.parts = [(index, len(index) / total, loss) for index, loss in parts]

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        found = (share * loss(part(maps, index)) for index, share, loss in self.parts)
        return sum(found, maps.sum() * 0)


def moments_losses(
    kind: Callable[[Moments], Loss],
    own: Sequence[torch.Tensor],
    styles: Sequence[Sequence[torch.Tensor]],
    shares: Sequence[float],
    regions: Regions,
) -> list[RegionsLoss]:
    """One loss a layer, of the moments inside each region.

    Args:
        own: the layers' activations of the photo, for their sizes.
        styles: the same of one style, or two; the regions are the first's.
    """
    found = []
    for layer in range(len(own)):
        parts = regional(layer, own, styles, shares, regions)
        found.append(RegionsLoss([(index, kind(known)) for index, known in parts]))
    return found


def regional(
    layer: int,
    own: Sequence[torch.Tensor],
    styles: Sequence[Sequence[torch.Tensor]],
    shares: Sequence[float],
    regions: Regions,
) -> list[tuple[torch.Tensor, Moments]]:
    """For each region that a layer sees: its places there, and the style's moments in it; arguments
    as of `moments_losses`."""
    maps, parts = own[layer], []
    labels = [regions.style, *[None] * (len(styles) - 1)]
    for number in regions.numbers:
        index = places(regions.content, (maps.shape[-2], maps.shape[-1]), number).to(maps.device)
        if len(index):  # a small region may have no place in a deep layer
            pairs = zip(styles, labels, strict=True)
            wanted = [style_part(style[layer], label, number) for style, label in pairs]
            parts.append((index, moments(wanted, shares)))
    return parts


def match_color(
    content: Image.Image,
    styles: Sequence[Image.Image],
    shares: Sequence[float],
    regions: Regions,
) -> Image.Image:
    """`content` with the colours of the styles as by `color.match_color`, region by region."""
    pixels = np.array(content)
    own = resized(regions.content, content)
    for number in regions.numbers:
        palettes = list(styles)
        found = np.asarray(styles[0])[resized(regions.style, styles[0]) == number]
        if len(found):
            palettes[0] = _row(found)
        matched = color.match_color(_row(pixels[own == number]), *palettes, shares=shares)
        pixels[own == number] = np.asarray(matched)[0]
    return Image.fromarray(pixels)


def resized(labels: Labels, picture: Image.Image) -> Labels:
    """Labels at the size of a picture."""
    return np.asarray(Image.fromarray(labels).resize(picture.size, Image.Resampling.NEAREST))


def _row(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels[None]))


def laid_over(painted: torch.Tensor, photo: Image.Image, regions: Regions) -> torch.Tensor:
    """What is painted, over the photo where no region is, with a soft border between both.

    Args:
        painted: (1, 3, H, W) in [0, 1].
        photo: of any size.
    """
    height, width = painted.shape[-2:]
    small = photo.resize((width, height), Image.Resampling.LANCZOS)
    mask = Image.fromarray((resized(regions.content, small) > 0).astype(np.uint8) * 255)
    soft = mask.filter(ImageFilter.GaussianBlur(FEATHER * max(width, height)))
    share = torch.from_numpy(np.array(soft, np.float32) / 255).to(painted.device)
    return share * painted + (1 - share) * images.to_tensor(small, painted.device)
