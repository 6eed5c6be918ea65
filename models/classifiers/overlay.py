"""A class activation map over the photo that it is of."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image

from models import images

SIDE = 384  # of the picture, in pixels


def draw(square: Image.Image, cam: torch.Tensor) -> Image.Image:
    """The photo in grey, green where the map (h, w) is above 0 and magenta where it is below.

    Args:
        square: what the classifier was shown.
    """
    size = (SIDE, SIDE)
    photo = images.to_tensor(square.resize(size, Image.Resampling.BICUBIC))
    smooth = F.interpolate(cam[None, None], size, mode="bicubic")[0, 0]
    return images.to_image(images.overlay(photo, smooth))
