"""Pictures at the door: uploads become RGB once, and tensors in [0, 1] from there on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
MAX_MEGAPIXELS = 50
MIN_SIDE = 16
MAX_RATIO = 8


def open_image(source: str | Path | bytes | Image.Image | None) -> Image.Image:
    """Any picture a person may upload, as an 8-bit RGB PIL image.

    EXIF orientation is applied; of an animation the first frame is taken; 16-bit values are scaled
    (65535 -> 255); transparency is laid over white. Size is checked before the pixels are decoded.

    Args:
        source: a path, the file's bytes, a PIL image, or None (refused).

    Raises:
        ValidationError: no picture, unreadable, damaged, too large, too small, or too long.
    """
    if source is None:
        raise ValidationError("no_picture")
    if isinstance(source, Image.Image):
        image = source
    else:
        try:
            stream = io.BytesIO(source) if isinstance(source, bytes) else source
            image = Image.open(stream, formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_large(*_size_before_decoding(source)) from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise ValidationError("not_a_picture") from error
    _check_size(*image.size)
    try:
        image.seek(0)
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ValidationError("picture_broken") from error
    return _rgb(ImageOps.exif_transpose(image))


def _size_before_decoding(source) -> tuple[int, int]:
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(stream, formats=FORMATS) as image:
            return image.size
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _too_large(width: int, height: int) -> ValidationError:
    return ValidationError("picture_too_large", width=width, height=height, limit=MAX_MEGAPIXELS)


def _check_size(width: int, height: int) -> None:
    size = {"width": width, "height": height}
    if width * height > MAX_MEGAPIXELS * 1e6:
        raise _too_large(width, height)
    if min(width, height) < MIN_SIDE:
        raise ValidationError("picture_too_small", **size, limit=MIN_SIDE)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ValidationError("picture_too_long", **size, limit=MAX_RATIO)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        # Integer and float files carry 8-bit, 16-bit or unit values alike; the largest tells.
        top = 65535 if image.mode.startswith("I;16") or values.max() > 255 else 255
        top = 1 if image.mode == "F" and values.max() <= 1 else top
        grey = np.clip(np.rint(values * (255 / top)), 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def fit(image: Image.Image, longer: int) -> Image.Image:
    """`image` resized so that its longer side is `longer` pixels (aspect kept, sides >= 1)."""
    scale = longer / max(image.size)
    size = tuple(max(1, round(side * scale)) for side in image.size)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def square(image: Image.Image, side: int) -> Image.Image:
    """The centre square of `image` at `side` x `side` pixels: what a classifier is shown.

    A picture of exactly that size is returned as it is: no crop, no resampling.
    """
    if image.size == (side, side):
        return image
    return ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC)


def classifier_input(image: str | Path | bytes | Image.Image | None, side: int) -> torch.Tensor:
    """What a classifier is shown of a picture: its centre square, (1, 3, side, side) in [0, 1].

    Raises:
        ValidationError: as `open_image`.
    """
    return to_tensor(square(open_image(image), side))


def to_tensor(image: Image.Image, device: torch.device | str = "cpu") -> torch.Tensor:
    """RGB image (H x W) -> float32 tensor (1, 3, H, W) in [0, 1]; exact multiples of 1/255."""
    import torch

    pixels = torch.from_numpy(np.array(image, dtype=np.uint8)).to(device)
    return pixels.permute(2, 0, 1)[None].float() / 255


def to_image(tensor: torch.Tensor) -> Image.Image:
    """Tensor (3, H, W) or (1, 3, H, W) in [0, 1] -> RGB image, rounded to 8-bit levels."""
    import torch

    pixels = tensor.detach().reshape(tensor.shape[-3:]).float().clamp(0, 1).mul(255).round()
    return Image.fromarray(pixels.to("cpu", torch.uint8).permute(1, 2, 0).contiguous().numpy())
