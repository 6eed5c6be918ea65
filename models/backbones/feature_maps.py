"""Feature maps: the channels of one layer for one picture, as a mosaic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models import images
from models.validation import choice

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from models.backbones.backbone import Backbone

COUNT = 64
COLUMNS = 8
CELL = 64


@dataclass(frozen=True)
class FeatureMaps:
    """One layer's activations for one picture.

    Attributes:
        mosaic: (1, H, W) in [0, 1], the channels that vary most over the picture, in that order;
            each from its own least value (black) to its greatest (white).
        shape: (channels, height, width) of the layer.
        shown: how many channels the mosaic holds.
    """

    mosaic: torch.Tensor
    shape: tuple[int, int, int]
    shown: int

    @property
    def image(self) -> Image.Image:
        """The mosaic in grey."""
        return images.to_image(self.mosaic.expand(3, -1, -1))


def extract(network: Backbone, picture: torch.Tensor, layer: str) -> FeatureMaps:
    """The feature maps of `layer` (one of the spec's `map_layers`) for a picture (1, 3, H, W).

    Raises:
        ValidationError: the network has no such layer to show; the message lists those it has.
    """
    import torch

    choice("layer", layer, network.spec.map_layers)
    with torch.no_grad():
        (maps,) = network.features(picture, [layer])
    strongest = images.strongest_channels(maps.float().cpu(), COUNT)
    mosaic = images.grid(images.enlarge(strongest, CELL), COLUMNS, gap=2)
    channels, height, width = maps.shape[1:]
    return FeatureMaps(mosaic, (channels, height, width), len(strongest))
