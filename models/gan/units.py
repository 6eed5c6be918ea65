"""Units of a style-based generator: what each channel draws (Bau et al. 2019, GAN Dissection).

A unit is one channel x_u (h, h) of what a style layer makes. It is changed by a factor s inside a
mask M in [0, 1], before anything reads it:

    x_u' = x_u (1 + (s - 1) M)

s = 0 switches it off (Bau et al.: ablation), s > 1 makes it stronger. How much a unit matters is
the mean change of the picture without it, over pixels, colours and pictures:

    change_u = E_w mean |G(w) - G(w; x_u = 0)|

Departure from Bau et al.: no segmentation network says which objects a unit draws; the change is
of all pixels, and people name units by what they see. No hooks, and no weight is touched: the
change is an argument of the synthesis.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
import torch.nn.functional as F

from models.gan.networks.layers import Edit
from models.gan.networks.structure import SIDE, style_shape
from models.gan.pretrained import BATCH, PretrainedGan
from models.gan.settings import CELLS
from models.validation import ValidationError

Factors = Mapping[int, Mapping[int, float]]  # by layer and channel


def check(gan: PretrainedGan) -> None:
    """Raises ValidationError if the generator is not style-based."""
    if not gan.styled:
        raise ValidationError("no_style_layers", title=gan.spec.title)


def changed(
    gan: PretrainedGan,
    w: torch.Tensor,
    factors: Factors,
    cells: Collection[int] = (),
    noise: int = 0,
) -> torch.Tensor:
    """Pictures with some units changed, (N, 3, 64, 64) in [0, 1].

    Args:
        w: (N, 9, latent), see `PretrainedGan.style_codes`.
        factors: s of each unit, by layer (0 to 8) and channel; none leave a picture as it is.
        cells: where, as cells of a grid of 8 x 8 over the picture, by rows from 0 to 63; empty for
            everywhere. On maps of 4 x 4 pixels M is the share of a pixel that is chosen.
        noise: seed of the noise maps.

    Raises:
        ValidationError: the generator is not style-based.
    """
    if not factors:
        return gan.synthesize(w, noise)
    check(gan)
    return gan.synthesize(w, noise, _edit(factors, cells))


def _edit(factors: Factors, cells: Collection[int]) -> Edit:
    tables = {}
    for layer, by_channel in factors.items():
        table = torch.zeros(style_shape(layer)[0])
        for channel, factor in by_channel.items():
            table[channel] = factor - 1
        tables[layer] = table[:, None, None]

    def edit(layer: int, x: torch.Tensor) -> torch.Tensor:
        if layer not in tables:
            return x
        change = tables[layer] * (mask(cells, x.shape[-1]) if cells else torch.ones(1, 1))
        return x * (1 + change).to(x.device, x.dtype)

    return edit


def mask(cells: Collection[int], side: int) -> torch.Tensor:
    """M at the size of a map, (side, side) in [0, 1]: the share of each pixel in chosen cells."""
    grid = torch.zeros(CELLS**2)
    grid[list(cells)] = 1
    pixels = F.interpolate(grid.view(1, 1, CELLS, CELLS), size=(SIDE, SIDE), mode="nearest-exact")
    return F.adaptive_avg_pool2d(pixels, side)[0, 0]


@torch.inference_mode()
def changes(
    gan: PretrainedGan, w: torch.Tensor, layer: int, noise: int = 0
) -> Iterator[torch.Tensor]:
    """change_u of every unit of a layer in one picture, sixteen units at a time.

    Args:
        w: (1, 9, latent).
        layer: 0 to 8.

    Yields:
        The changes of the next units, at most (16,), in [0, 1].

    Raises:
        ValidationError: the generator is not style-based.
    """
    check(gan)
    count = style_shape(layer)[0]
    many = w.expand(BATCH, -1, -1)
    before = gan.synthesize(many, noise)
    for first in range(0, count, BATCH):
        units = range(first, min(first + BATCH, count))

        def off(index: int, x: torch.Tensor, units: range = units) -> torch.Tensor:
            if index != layer:
                return x
            x = x.clone()
            for row, unit in enumerate(units):
                x[row, unit] = 0
            return x

        after = gan.synthesize(many, noise, off)
        yield (after - before).abs().mean((1, 2, 3))[: len(units)]


def ranked(changes_of_units: torch.Tensor) -> list[tuple[int, float]]:
    """(unit, change) of every unit, the one that changes most first; equal ones by number."""
    order = changes_of_units.argsort(descending=True, stable=True).tolist()
    return [(unit, float(changes_of_units[unit])) for unit in order]


def rank(
    gan: PretrainedGan, codes: torch.Tensor, layer: int, noise: int = 0
) -> list[tuple[int, float]]:
    """The units of a layer by how much they change pictures on average, see `ranked`.

    Args:
        codes: (N, 9, latent): one picture, or those of many seeds.

    Raises:
        ValidationError: the generator is not style-based.
    """
    found = [torch.cat(list(changes(gan, w, layer, noise))) for w in torch.split(codes, 1)]
    return ranked(torch.stack(found).mean(0))


def heat_map(
    gan: PretrainedGan, w: torch.Tensor, layer: int, unit: int, noise: int = 0
) -> torch.Tensor:
    """Where a unit is active in one picture, at its size: x_u enlarged bilinearly, (64, 64).

    Raises:
        ValidationError: the generator is not style-based.
    """
    check(gan)
    maps = gan.generator_activations(w, noise)[f"{layer}.activate"][:, unit : unit + 1].cpu()
    return F.interpolate(maps, size=(SIDE, SIDE), mode="bilinear", align_corners=False)[0, 0]
