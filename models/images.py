"""Pictures: an upload is decoded, checked and converted to RGB once, and is a tensor in [0, 1] from
there on; several tensors are laid out as one picture.

Importing this does not import PyTorch.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from models.roles import ROLES
from models.validation import ValidationError, shown

if TYPE_CHECKING:
    import torch

try:
    import pi_heif
except ImportError:  # a machine that only computes, such as a lent GPU, does without HEIC
    HEIC: tuple[str, ...] = ()
else:
    pi_heif.register_heif_opener()
    HEIC = ("HEIF",)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", *HEIC)
MAX_MEGAPIXELS = 50
MIN_SIDE = 16
MAX_RATIO = 8
WHITE = 1.0
# Bits of a number in a picture: cameras and scanners write 10, 12 or 14 of them into 16.
DEPTHS = (8, 10, 12, 14, 16, 24, 32)
P = TypeVar("P", bound=str | Path)


def open_image(source: str | Path | bytes | Image.Image | None) -> Image.Image:
    """Any picture a person may upload, as an 8-bit RGB PIL image.

    EXIF orientation is applied; of an animation the first frame is taken; colours of another space
    (ICC profile) are converted to sRGB; transparency is laid over white. Of grey levels of more
    than 8 bits, the most that the smallest of `DEPTHS` holds is white: 65535, or 4095 where no
    value is above. Size is checked before the pixels are decoded.

    Args:
        source: a path, the file's bytes, a PIL image, or None.

    Raises:
        ValidationError: `None`, unreadable, damaged, too large, too small, or too long.
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
        except FileNotFoundError as error:
            raise ValidationError("file_gone" if source else "not_a_picture") from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise ValidationError("not_a_picture") from error
    _check_size(*image.size)
    try:
        if image is source:  # a file just opened is at its first frame, HEIC at its main picture
            image.seek(0)
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise ValidationError("picture_broken") from error
    return _rgb(ImageOps.exif_transpose(image))


def opaque(source: str | Path | Image.Image) -> Image.Image | None:
    """Where a picture that `open_image` opens is opaque: 255 there, 0 elsewhere; None if it is so
    everywhere."""
    with nullcontext(source) if isinstance(source, Image.Image) else Image.open(source) as image:
        if not image.has_transparency_data:
            return None
        alpha = ImageOps.exif_transpose(image).convert("RGBA").getchannel("A")
    mask = alpha.point(lambda level: 255 * (level > 127))
    return None if mask.getextrema()[0] else mask


def _size_before_decoding(source: str | Path | bytes) -> tuple[int, int]:
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
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        return _srgb(_eight_bits(image), profile)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        colors = _srgb(image if image.mode == "LA" else layer, profile)
        return Image.composite(colors, Image.new("RGB", layer.size, "white"), layer.getchannel("A"))
    return _srgb(image, profile)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey levels of 16 or 32 bits, or floats up to 1 or more, as 8 bits."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    most = values.max()
    top = next(2**bits - 1 for bits in DEPTHS if most < 2**bits or bits == DEPTHS[-1])
    if image.mode == "F" and most <= 1:
        top = 1
    return Image.fromarray(np.clip(np.rint(values * (255 / top)), 0, 255).astype(np.uint8))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """`image` without its transparency, from the colour space of its ICC profile to sRGB.

    A profile that is damaged or of another kind of picture is ignored, and so is one that moves no
    colour by more than a level: sRGB itself, which would only be rounded.
    """
    if image.mode == "LAB":
        return _converted(image, ImageCms.createProfile("LAB"))
    plain = image.convert("RGB")
    if not profile:
        return plain
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        kind = space.profile.xcolor_space.strip()
        if kind == "RGB" and image.mode != "CMYK":
            probe = np.asarray(_converted(PROBE, space), np.int16) - np.asarray(PROBE, np.int16)
            return _converted(plain, space) if np.abs(probe).max() > 1 else plain
        if kind == "GRAY" and image.mode in ("1", "L", "LA"):
            return _converted(image.convert("L"), space)
        if kind == image.mode == "CMYK":
            return _converted(image, space)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        pass
    return plain


def _probe() -> Image.Image:
    """Colours all over the cube, nine levels a channel."""
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), -1).reshape(27, 27, 3))


PROBE = _probe()


def _converted(image: Image.Image, space: Any) -> Image.Image:
    """`image` in sRGB, as relative colours; black stays black."""
    found = ImageCms.profileToProfile(
        image,
        space,
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        "RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if found is None:
        raise ValueError("nothing was converted")
    found.info.pop("icc_profile", None)
    return found


def fit(image: Image.Image, longer: int) -> Image.Image:
    """`image` resized so that its longer side is `longer` pixels (aspect kept, sides >= 1)."""
    scale = longer / max(image.size)
    width, height = image.size
    size = max(1, round(width * scale)), max(1, round(height * scale))
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


def classifier_inputs(sources: Sequence[str | Path | Image.Image], side: int) -> torch.Tensor:
    """What a classifier is shown of several pictures, (N, 3, side, side); at least one.

    Raises:
        ValidationError: one can't be read, or as `open_image`; it says which one, and why.
    """
    import torch

    found = []
    for number, source in enumerate(sources, 1):
        try:
            found.append(classifier_input(source, side))
        except ValidationError as error:
            name = "" if isinstance(source, Image.Image) else Path(source).name
            raise ValidationError(
                "one_of_several", number=number, count=len(sources), file=shown(name), reason=error
            ) from error
    return torch.cat(found)


def different(paths: Sequence[P]) -> list[P]:
    """The paths of different files: of those with the same content the first."""
    found: dict[bytes, P] = {}
    for path in paths:
        found.setdefault(Path(path).read_bytes(), path)
    return [*found.values()]


def to_tensor(image: Image.Image, device: torch.device | str = "cpu") -> torch.Tensor:
    """RGB image (H x W) -> float32 tensor (1, 3, H, W) in [0, 1]; exact multiples of 1/255."""
    import torch

    # By NumPy: PyTorch would start a team of threads for each of the threads that serve visitors.
    pixels = np.array(image, dtype=np.float32)
    pixels /= 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].to(device)


def to_image(tensor: torch.Tensor) -> Image.Image:
    """Tensor (3, H, W) or (1, 3, H, W) in [0, 1] -> RGB image, rounded to 8-bit levels."""
    import torch

    pixels = tensor.detach().reshape(tensor.shape[-3:]).float().clamp(0, 1).mul(255).round()
    return Image.fromarray(pixels.to("cpu", torch.uint8).permute(1, 2, 0).contiguous().numpy())


def grid(pictures: torch.Tensor, columns: int, gap: int = 0) -> torch.Tensor:
    """Pictures (N, C, h, w) as one (C, H, W), row by row; missing cells and gaps are white."""
    n, c, h, w = pictures.shape
    rows = -(-n // columns)
    canvas = pictures.new_full((rows * columns, c, h + gap, w + gap), WHITE)
    canvas[:n, :, :h, :w] = pictures
    canvas = canvas.view(rows, columns, c, h + gap, w + gap).permute(2, 0, 3, 1, 4)
    whole = canvas.reshape(c, rows * (h + gap), columns * (w + gap))
    return whole[:, : whole.shape[1] - gap, : whole.shape[2] - gap]


def enlarge(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures (N, C, h, w) at `side` x `side`, every pixel a visible square."""
    from torch.nn import functional as F

    return F.interpolate(pictures, size=(side, side), mode="nearest-exact")


def strongest_channels(maps: torch.Tensor, count: int) -> torch.Tensor:
    """The `count` channels of maps (1, C, h, w) that vary most over the picture, (count', 1, h, w).

    Each is scaled so that its own least value is black and its greatest white.
    """
    channels = maps[0]
    spread = channels.flatten(1).std(1, correction=0)
    chosen = channels[spread.argsort(descending=True, stable=True)[:count]]
    low = chosen.amin((1, 2), keepdim=True)
    high = chosen.amax((1, 2), keepdim=True)
    return ((chosen - low) / (high - low).clamp_min(1e-8))[:, None]


def overlay(
    picture: torch.Tensor, heat_map: torch.Tensor, strength: float = 0.6, positive: str = "for"
) -> torch.Tensor:
    """A picture (1, 3, h, w) in grey under a heat map (h, w): green above 0, magenta below.

    These are the colors of evidence. The color is full where |heat_map| is greatest.

    Args:
        strength: how much of the full color there is.
        positive: the role whose color stands for values above 0.
    """
    import torch

    grey = picture[0].mean(0)
    share = heat_map / heat_map.abs().max().clamp_min(1e-8)
    above, below = (
        torch.tensor(ROLES[role], device=grey.device)[:, None, None] / 255
        for role in (positive, "against")
    )
    color = above * share.clamp_min(0) + below * (-share).clamp_min(0)
    shown = grey * (1 - strength * share.abs()) + strength * color
    return shown[None].clamp(0, 1)
