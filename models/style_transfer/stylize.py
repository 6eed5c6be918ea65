"""Style transfer in one call, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from models import images, registry, store
from models.films import reader
from models.films.reader import Clip
from models.style_transfer import fast
from models.style_transfer.film import paint_film
from models.style_transfer.optimize import StyleStep, transfer_style
from models.style_transfer.settings import StyleSettings

Picture = str | Path | Image.Image


def stylize_steps(
    content: Picture,
    style: Picture,
    second_style: Picture | None = None,
    backbone: str = registry.DEFAULT_BACKBONE,
    device: str = "auto",
    **settings: Any,
) -> Iterator[StyleStep]:
    """Paints `content` in the style of `style`; yields the start, then every optimizer step.

    Args:
        content, style: paths or PIL images.
        second_style: another style, which `blend=0.5` blends in.
        backbone: the network whose features are compared, see `models.list_models("imagenet")`.
        device: "auto", "cpu", "cuda" or "mps".
        settings: fields of `StyleSettings`, such as steps=120.

    Raises:
        ValidationError: a picture that can't be read, or a setting out of range.
    """
    checked = StyleSettings(**settings)
    network = store.load(registry.backbone(backbone).name, device)
    second = None if second_style is None else images.open_image(second_style)
    yield from transfer_style(
        network, images.open_image(content), images.open_image(style), checked, second
    )


def stylize_fast(content: Picture, style: Picture, strength: float = 1.0) -> Image.Image:
    """Paints `content` in the style of `style` in one pass, its longer side 384 pixels.

    Args:
        content, style: paths or PIL images.
        strength: 0 (the content's own manner) to 1 (the style's).

    Raises:
        ValidationError: a picture that can't be read, or a strength out of range.
    """
    return fast.preview(images.open_image(content), images.open_image(style), strength)


def stylize_film(content: str | Path, style: Picture, strength: float = 1.0) -> Clip:
    """Paints a clip in the style of `style`, in one pass a picture, its longer side 384 pixels.

    Args:
        content: path of a GIF, WebP or APNG of at most 60 pictures; or of a video, where ffmpeg is.
        style: a path or a PIL image.
        strength: 0 (the clip's own manner) to 1 (the style's).

    Raises:
        ValidationError: a clip or a picture that can't be read, or a strength out of range.
    """
    clip = reader.read(content, fast.SIDE)
    steps = paint_film(clip.frames, images.open_image(style), strength)
    return replace(clip, frames=[step.image for step in steps])


def stylize(content: Picture, style: Picture, **options: Any) -> Image.Image:
    """The last picture of `stylize_steps`, which says what `options` there are."""
    *_, last = stylize_steps(content, style, **options)
    return images.to_image(last.image)
