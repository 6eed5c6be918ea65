"""A visitor's own training data: a distribution drawn by hand, or pictures.

Both stay in the browser until Run is pressed: `window.netglassGanLab.payload()` gives what is on
show as one JSON string, and `load` turns that into something to learn from. Nothing of it touches
the disk.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demos.ui import panel
from demos.ui.page import Page
from models import images
from models.gan.training import presets
from models.gan.training.settings import SIDES
from models.validation import ValidationError, choice

if TYPE_CHECKING:
    from PIL import Image

    from models.gan.training.data import Data

MAX_MEGABYTES = 12
MAX_PICTURE_BYTES = 200_000  # the browser's pictures take about 4,000
DATA_URL = re.compile(r"data:image/(?:jpeg|png|webp);base64,([A-Za-z0-9+/]+={0,2})")
WORDS = (
    "draw", "canvas", "undo", "clear", "points", "note", "add", "camera", "snap", "often",
    "pictures", "remove", "full", "no_camera", "reloaded",
)  # fmt: skip
# Make what was drawn or added the payload of an event, its input behind the language (and phase).
WITH_PAYLOAD = "(language, _, ...rest) => [language, window.netglassGanLab.payload(), ...rest]"
STEP_WITH_PAYLOAD = (
    "(language, phase, _, ...rest) => [language, phase, window.netglassGanLab.payload(), ...rest]"
)


@dataclass(frozen=True)
class Loaded:
    """What a run is to learn from.

    Attributes:
        data: as `models.gan.training.data` makes it.
        skipped: indices of own pictures that could not be read.
    """

    data: Data
    skipped: tuple[int, ...] = ()


def build(page: Page) -> None:
    """The panel; the script fills it, so that a change of language leaves its content alone.

    `window.netglassGanLab.show(data)` decides what of it is seen: the canvas for "drawn", the
    pictures for "own", nothing for the rest.
    """
    panel.build(page, "gan-lab-inputs", "gan_lab.inputs", WORDS, shared=("press_again",))


def load(data: str, payload: str | None = None, side: int = 32) -> Loaded:
    """The data called `data`, one of `presets.DATA`.

    Args:
        payload: of the browser, read for "drawn" and "own" only: JSON {"points": [[x, y], ...],
            "pictures": ["data:image/jpeg;base64,...", ...]}; None or "" has neither. What else
            there is, such as "untouched", is not read here.
        side: of own pictures, in pixels.

    Raises:
        ValidationError: unknown data, a payload that can't be read, or too little or too much in
            it.
    """
    from models.gan.training import data as training_data

    choice("data", data, presets.DATA)
    if data in training_data.BUILT_IN:
        return Loaded(training_data.load(data))
    points, urls = _unpacked(payload)
    if data == "drawn":
        return Loaded(training_data.drawn(points))
    if len(urls) > training_data.MAX_PICTURES:  # before any is decoded
        limits = {"low": training_data.MIN_PICTURES, "high": training_data.MAX_PICTURES}
        raise ValidationError("own_pictures", count=len(urls), **limits)
    pictures, skipped = [], []
    for index, url in enumerate(urls):
        try:
            # Made small at once: pictures that are not the panel's may be large.
            pictures.append(images.square(_picture(url), max(SIDES)))
        except ValidationError:
            skipped.append(index)
    return Loaded(training_data.own(pictures, side), tuple(skipped))


def is_untouched(payload: str | None) -> bool:
    """Whether nothing was drawn or added since the page was loaded: a run that the page has found
    again goes on with what it has learnt from."""
    try:
        content = json.loads(payload or "")
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("untouched") is True


def _unpacked(payload: str | None) -> tuple[list[list[float]], list[str]]:
    """(points, data URLs of pictures) of a payload, each of the right type."""
    if not payload:
        return [], []
    if not isinstance(payload, str):
        raise ValidationError("lab_unreadable")
    if len(payload) > MAX_MEGABYTES << 20:
        raise ValidationError("lab_too_large", limit=MAX_MEGABYTES)
    try:
        # Whole numbers as floats: one of 400 digits becomes infinite, which is out of range.
        content = json.loads(payload, parse_int=float)
    except (ValueError, RecursionError):
        raise ValidationError("lab_unreadable") from None
    if not isinstance(content, dict):
        raise ValidationError("lab_unreadable")
    points, urls = content.get("points", []), content.get("pictures", [])
    if not isinstance(points, list) or not isinstance(urls, list):
        raise ValidationError("lab_unreadable")
    if not all(_is_pair(point) for point in points):
        raise ValidationError("drawn_outside")
    return points, urls


def _is_pair(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(type(v) is float for v in point)


def _picture(url: object) -> Image.Image:
    """The picture in a data URL."""
    found = DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if not found or len(found[1]) > -(-MAX_PICTURE_BYTES // 3) * 4:
        raise ValidationError("not_a_picture")
    try:
        content = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        raise ValidationError("not_a_picture") from None
    return images.open_image(content)
