"""An explanation as a picture: colours over the photo in grey."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image

from models import images

SIDE = 384  # of the picture, in pixels
FULL = 0.99  # the share of the pixels whose colour is not cut: a few extreme ones would dim all


def draw(shown: Image.Image, found: torch.Tensor, signed: bool = True) -> Image.Image:
    """The photo in grey under a map (h, w): green speaks for the class, magenta against it.

    Args:
        shown: what the network was shown, square.
        signed: whether the map has a sign; else it is drawn in teal.
    """
    size = (SIDE, SIDE)
    photo = images.to_tensor(shown.resize(size, Image.Resampling.BICUBIC))
    full = F.interpolate(found[None, None], size, mode="bicubic")[0, 0]
    full = full if signed else full.clamp_min(0)  # bicubic interpolation goes beyond the values
    most = full.abs().flatten().quantile(FULL).clamp_min(1e-8)
    share = (full / most).clamp(-1, 1)
    return images.to_image(images.overlay(photo, share, positive="for" if signed else "variation"))
