"""What a visitor brings to the GAN gym: a distribution drawn by hand, or pictures of their own.

Both stay in the browser until Run is pressed: `window.netglassGym.payload()` hands over what is on
show as one JSON string, and `data_of` turns that into something to learn from. Nothing of it
touches the disk.
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
from models.validation import ValidationError, choice

if TYPE_CHECKING:
    from PIL import Image

    from models.gan.training.data import Data

KINDS = ("ring", "grid", "moons", "line", "drawn", "digits", "mnist", "few", "own")
MEGABYTES = 12
MOST_BYTES = 200_000  # in one picture; the browser's take about 4,000
ADDRESS = re.compile(r"data:image/(?:jpeg|png|webp);base64,([A-Za-z0-9+/]+={0,2})")
WORDS = (
    "draw", "canvas", "undo", "clear", "points", "note", "add", "camera", "snap", "often",
    "pictures", "remove", "full", "unread", "no_camera",
)  # fmt: skip
# Hands over what was drawn or added, with the event that needs it, as its second input.
BRING = "(code, _, ...rest) => [code, window.netglassGym.payload(), ...rest]"


@dataclass(frozen=True)
class Brought:
    """What a run is to learn from.

    Attributes:
        data: as `models.gan.training.data` makes it.
        skipped: places, from 0, of own pictures that could not be read.
    """

    data: Data
    skipped: tuple[int, ...] = ()


def build(page: Page) -> None:
    """The panel; the script fills it, so that a change of language leaves its content alone.

    `window.netglassGym.show(kind)` decides what of it is seen: the canvas for "drawn", the tray
    for "own", nothing for the rest.
    """
    panel.build(page, "gym-inputs", "gym.in", WORDS)


def data_of(kind: str, payload: str | None = None, side: int = 32) -> Brought:
    """What the data called `kind` are, one of `KINDS`.

    Args:
        payload: of the browser, read for "drawn" and "own" only: JSON {"points": [[x, y], ...],
            "pictures": ["data:image/jpeg;base64,...", ...]}; None or "" is nothing brought.
        side: of own pictures, in pixels.

    Raises:
        ValidationError: an unknown kind, a payload that is none, or too little or too much in it.
    """
    from models.gan.training import data as gan_data

    choice("data", kind, KINDS)
    if kind in gan_data.BUILT_IN:
        return Brought(gan_data.load(kind))
    points, addresses = _unpacked(payload)
    if kind == "drawn":
        return Brought(gan_data.drawn(points))
    if len(addresses) > gan_data.MAX_PICTURES:  # before any is decoded
        limits = {"low": gan_data.MIN_PICTURES, "high": gan_data.MAX_PICTURES}
        raise ValidationError("own_pictures", count=len(addresses), **limits)
    pictures, skipped = [], []
    for place, address in enumerate(addresses):
        try:
            # Made small at once: what comes from elsewhere than the panel may be large.
            pictures.append(images.square(_picture(address), max(gan_data.SIDES)))
        except ValidationError:
            skipped.append(place)
    return Brought(gan_data.own(pictures, side), tuple(skipped))


def _unpacked(payload: str | None) -> tuple[list[list[float]], list[str]]:
    """(points, addresses of pictures) of a payload, each of the right type."""
    if not payload:
        return [], []
    if not isinstance(payload, str):
        raise ValidationError("lab_unreadable")
    if len(payload) > MEGABYTES << 20:
        raise ValidationError("lab_too_large", limit=MEGABYTES)
    try:
        # Whole numbers as floats: one of 400 digits becomes infinite and is refused as such.
        brought = json.loads(payload, parse_int=float)
    except (ValueError, RecursionError):
        raise ValidationError("lab_unreadable") from None
    if not isinstance(brought, dict):
        raise ValidationError("lab_unreadable")
    points, addresses = brought.get("points", []), brought.get("pictures", [])
    if not isinstance(points, list) or not isinstance(addresses, list):
        raise ValidationError("lab_unreadable")
    if not all(_is_pair(point) for point in points):
        raise ValidationError("drawn_outside")
    return points, addresses


def _is_pair(point) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(type(v) is float for v in point)


def _picture(address) -> Image.Image:
    """The picture in a data: address."""
    found = ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if not found or len(found[1]) > -(-MOST_BYTES // 3) * 4:
        raise ValidationError("not_a_picture")
    try:
        content = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        raise ValidationError("not_a_picture") from None
    return images.open_image(content)
