"""The smallest sizes at which a network has something to compare.

Deep layers see a picture at a sixteenth of its side: of 8 pixels nothing is left there, and of 16 a
single place, which has no covariance.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import torch
from PIL import Image

from models.backbones.backbone import Backbone
from models.style_transfer.settings import MIN_SIZE, StyleSettings
from models.validation import ValidationError

# The shortest side of a map that is worth comparing.
PLACES = 2
LARGEST_SIDE = 256
_measured: WeakKeyDictionary[Backbone, dict[tuple[str, ...], int]] = WeakKeyDictionary()


def smallest_side(backbone: Backbone, settings: StyleSettings) -> int:
    """How many pixels each side of a picture needs, so that every layer that is compared has at
    least 2 x 2 places: 17 for a network that pads and sees a sixteenth, 32 for one that doesn't.

    Raises:
        ValidationError: layer weights or a content layer that do not belong to the network.
    """
    weights = settings.weights_of(backbone.spec)
    used = [n for n, weight in zip(backbone.spec.style_layers, weights, strict=True) if weight]
    layers = tuple(dict.fromkeys((*used, settings.content_layer_of(backbone.spec))))
    known = _measured.setdefault(backbone, {})
    if layers not in known:
        sides = range(LARGEST_SIDE)
        known[layers] = bisect_left(sides, True, 1, key=lambda n: _enough(backbone, layers, n))
    return known[layers]


def _enough(backbone: Backbone, layers: Sequence[str], side: int) -> bool:
    blank = torch.zeros(1, 3, side, side, device=backbone.placement.device)
    try:
        with torch.no_grad():
            maps = backbone.features(blank, layers, True)
    except RuntimeError:  # a pooling layer was left with nothing
        return False
    return all(min(layer.shape[-2:]) >= PLACES for layer in maps)


def smallest_size(
    backbone: Backbone,
    settings: StyleSettings,
    content: Image.Image,
    style: Image.Image,
    second: Image.Image | None = None,
) -> int:
    """The smallest longer side of the result at which all pictures keep `smallest_side` pixels.

    Raises:
        ValidationError: a style picture is smaller than that itself, or `settings.size` is; the
            message names what would be large enough. Or as `smallest_side`.
    """
    least, title = smallest_side(backbone, settings), backbone.spec.title
    needed = [float(MIN_SIZE), least * _ratio(content)]
    for picture in [style, second] if settings.blend and second else [style]:
        if min(picture.size) < least:
            width, height = picture.size
            given = {"width": width, "height": height}
            raise ValidationError("style_too_small", **given, title=title, least=least)
        needed.append(math.ceil(least * _ratio(picture)) / settings.style_scale)
    smallest = math.ceil(max(needed))
    if settings.size < smallest:
        given = {"size": settings.size, "smallest": smallest}
        raise ValidationError("size_too_small", **given, title=title, least=least)
    return smallest


def _ratio(picture: Image.Image) -> float:
    """Longer side over the shorter one."""
    return max(picture.size) / min(picture.size)
