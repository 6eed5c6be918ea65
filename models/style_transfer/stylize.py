"""Style transfer in one call, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from models import images, registry, store
from models.classifiers.animal_mask import animal_mask
from models.films import reader
from models.films.reader import Clip
from models.style_transfer import fast
from models.style_transfer.film import paint_film
from models.style_transfer.optimize import StyleStep, transfer_style
from models.style_transfer.regions import chosen
from models.style_transfer.settings import StyleSettings

Picture = str | Path | Image.Image


def stylize_steps(
    content: Picture,
    style: Picture,
    second_style: Picture | None = None,
    backbone: str = registry.DEFAULT_BACKBONE,
    device: str = "auto",
    content_mask: Picture | None = None,
    style_mask: Picture | None = None,
    **settings: Any,
) -> Iterator[StyleStep]:
    """Paints `content` in the style of `style`; yields the start, then every optimizer step.

    Args:
        content, style: paths or PIL images.
        second_style: another style, which `blend=0.5` blends in.
        backbone: the network whose features are compared, see `models.list_models("imagenet")`.
        device: "auto", "cpu", "cuda" or "mps".
        content_mask: a grey picture with one level a region; each is painted like the style's
            region of the same rank, from dark to bright. Without `style_mask` black stays as it is.
        style_mask: the same of the style. Without `content_mask` black is not learnt from.
        settings: fields of `StyleSettings`, such as steps=120.

    Raises:
        ValidationError: a picture that can't be read, or a setting out of range.
    """
    checked = StyleSettings(**settings)
    network = store.load(registry.backbone(backbone).name, device)
    second = None if second_style is None else images.open_image(second_style)
    opened, painting = images.open_image(content), images.open_image(style)
    regions = chosen(
        checked.area,
        opened,
        painting,
        (
            images.open_image(content_mask) if content_mask else None,
            images.open_image(style_mask) if style_mask else None,
        ),
        (images.opaque(content), images.opaque(style)),
        lambda: animal_mask(store.load(registry.PAGE_PET_CLASSIFIER, device), opened),
    )
    yield from transfer_style(network, opened, painting, checked, second, regions=regions)


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
