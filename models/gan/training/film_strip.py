"""A run as a film: the same latents again and again, as one sheet or as an animated GIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import torch
from PIL import Image, ImageDraw, ImageFont

from models import images
from models.images import to_image

MOST = 48
CELL, GAP, MARGIN = 56, 2, 64
SHEET = 4  # pictures in a row of a frame
FRAME = 96  # a picture's side in a frame
PLANES = 6  # planes in a row of the sheet
HOLD = 1500  # the last frame stays, in milliseconds
INK = (90, 90, 90)

Shown = torch.Tensor | Image.Image


class Strip:
    """Moments of a run, at most `limit`, which always reach evenly from its start to its end.

    Every `stride`-th that is offered is kept, besides the newest; when there is no room, every
    second goes and the stride doubles.
    """

    def __init__(self, limit: int = MOST):
        self.limit, self.stride, self.offered = limit, 1, 0
        self._kept: list[tuple[int, Shown]] = []
        self._newest: tuple[int, Shown] | None = None

    def add(self, rounds: int, shown: Shown) -> None:
        """Offers a moment: pictures (N, C, s, s) in [-1, 1], kept at 8 bits, or a plane."""
        if isinstance(shown, torch.Tensor):
            shown = ((shown.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        self._newest = (rounds, shown)
        if self.offered % self.stride == 0 and len(self._kept) == self.limit - 1:
            self._kept = self._kept[::2]
            self.stride *= 2
        if self.offered % self.stride == 0 or not self._kept:
            self._kept.append(self._newest)
        self.offered += 1

    def forget(self, after: int) -> None:
        """Drops what was shown after so many rounds."""
        self._kept = [moment for moment in self._kept if moment[0] <= after]
        self._newest = self._kept[-1] if self._kept else None

    @property
    def moments(self) -> list[tuple[int, Shown]]:
        """(rounds, what was shown), in time; pictures are uint8 (N, C, s, s)."""
        if self._newest is None or self._kept[-1] is self._newest:
            return list(self._kept)
        return [*self._kept, self._newest]

    @property
    def bytes(self) -> int:
        """Memory that the moments take."""
        return sum(
            shown.numel() if isinstance(shown, torch.Tensor) else shown.width * shown.height * 3
            for _, shown in self.moments
        )


def film(moments: Sequence[tuple[int, Shown]]) -> Image.Image:
    """Moments as one sheet, earliest first, each with its count of rounds.

    Pictures: a moment is a row, a latent a column, every pixel a visible square. Planes lie
    `PLANES` in a row.

    Raises:
        ValueError: there is no moment.
    """
    if not moments:
        raise ValueError("a film needs a moment")
    if isinstance(moments[0][1], torch.Tensor):
        return _rows([(rounds, _unit(shown)) for rounds, shown in moments])
    return _planes(moments)


def frame(shown: Shown) -> Image.Image:
    """A moment as a picture of an animation: pictures as a sheet of `SHEET` in a row."""
    if isinstance(shown, Image.Image):
        return shown
    pictures = images.enlarge(_unit(shown), _side(shown, FRAME))
    return to_image(_rgb(images.grid(pictures, SHEET, GAP)))


def gif(
    frames: Sequence[Image.Image], path_or_stream: str | BinaryIO, milliseconds: int = 120
) -> None:
    """Writes an animated GIF that repeats for ever; its last frame stays a little longer.

    Args:
        frames: all of one size.
        milliseconds: each is shown; GIF counts in hundredths of a second.

    Raises:
        ValueError: no frame, or frames of several sizes.
    """
    if not frames or len({image.size for image in frames}) > 1:
        raise ValueError("an animation needs frames of one size")
    first, *rest = (_indexed(image) for image in frames)
    times = [milliseconds] * len(rest) + [HOLD] if rest else milliseconds
    options = {"save_all": True, "append_images": rest, "duration": times, "loop": 0}
    first.save(path_or_stream, "GIF", **options)


def _indexed(image: Image.Image) -> Image.Image:
    """256 colours of its own, undithered: dither would crawl from frame to frame."""
    return image.convert("RGB").quantize(256, dither=Image.Dither.NONE)


def _unit(shown: torch.Tensor) -> torch.Tensor:
    """uint8, or floats in [-1, 1] -> [0, 1]."""
    return shown.float() / 255 if shown.dtype == torch.uint8 else (shown.clamp(-1, 1) + 1) / 2


def _rgb(picture: torch.Tensor) -> torch.Tensor:
    """(1 or 3, H, W) -> (3, H, W)."""
    return picture.expand(3, -1, -1)


def _side(pictures: torch.Tensor, least: int) -> int:
    """The least multiple of the pictures' side from `least` on."""
    side = pictures.shape[-1]
    return side * -(-least // side)


def _rows(moments: list[tuple[int, torch.Tensor]]) -> Image.Image:
    pictures = torch.cat([shown for _, shown in moments])
    columns, cell = len(moments[0][1]), _side(pictures, CELL)
    sheet = to_image(_rgb(images.grid(images.enlarge(pictures, cell), columns, GAP)))
    picture = Image.new("RGB", (MARGIN + sheet.width, sheet.height), "white")
    picture.paste(sheet, (MARGIN, 0))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for row, (rounds, _) in enumerate(moments):
        at = (MARGIN - 8, row * (cell + GAP) + cell / 2)
        pen.text(at, str(rounds), INK, font, anchor="rm")
    return picture


def _planes(moments: Sequence[tuple[int, Image.Image]]) -> Image.Image:
    side, head = moments[0][1].width, 20
    columns = min(PLANES, len(moments))
    wide, high = side + GAP, side + GAP + head
    rows = -(-len(moments) // columns)
    picture = Image.new("RGB", (columns * wide - GAP, rows * high - GAP), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for place, (rounds, plane) in enumerate(moments):
        left, top = place % columns * wide, place // columns * high
        picture.paste(plane, (left, top + head))
        pen.text((left + side / 2, top + head / 2), str(rounds), INK, font, anchor="mm")
    return picture
