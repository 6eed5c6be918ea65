"""What a network sees: the channels of one of its layers for one picture, as a mosaic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.validation import choice

if TYPE_CHECKING:
    import torch

    from models.backbones.backbone import Backbone

COUNT = 64
COLUMNS = 8
CELL = 64


@dataclass(frozen=True)
class FeatureMaps:
    """One layer's answer to one picture.

    Attributes:
        mosaic: (1, H, W) in [0, 1], the channels that vary most, the most varied first; each from
            its own least value (black) to its greatest (white).
        shape: (channels, height, width) of the layer.
        shown: how many channels the mosaic holds.
    """

    mosaic: torch.Tensor
    shape: tuple[int, int, int]
    shown: int


def look(network: Backbone, picture: torch.Tensor, layer: str) -> FeatureMaps:
    """The feature maps of `layer` (one of the spec's `map_layers`) for a picture (1, 3, H, W).

    Raises:
        ValidationError: the network has no such layer to look at; the message lists those it has.
    """
    import torch

    from models import mosaics

    choice("layer", layer, network.spec.map_layers)
    with torch.no_grad():
        (maps,) = network.features(picture, [layer])
    channels = mosaics.strongest(maps.float().cpu(), COUNT)
    mosaic = mosaics.grid(mosaics.enlarge(channels, CELL), COLUMNS, gap=2)
    return FeatureMaps(mosaic, tuple(maps.shape[1:]), len(channels))
