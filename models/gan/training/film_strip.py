"""A run as a film strip: samples of the same latents over time, as one sheet or an animated GIF."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont

from models import images
from models.images import to_image

MAX_FRAMES = 48
CELL, GAP, MARGIN = 56, 2, 64
COLUMNS = 4  # pictures in a row of a frame
FRAME_CELL = 96  # least side of a picture in a frame
HEAD, CLASS_GAP = 40, 4  # of a strip of classes, which may be shown at a third of its size
PLANES = 6  # planes in a row of the sheet
INK = (90, 90, 90)

Samples = torch.Tensor | Image.Image
Frame = tuple[int, Samples]


class FilmStrip:
    """Samples of a run, at most `limit` times, evenly spaced from its start to its end.

    Every `stride`-th that is offered is kept, besides the newest; when there is no room, every
    second is dropped and the stride doubles.
    """

    def __init__(self, limit: int = MAX_FRAMES):
        self.limit, self.stride, self.offered = limit, 1, 0
        self._kept: list[Frame] = []
        self._newest: Frame | None = None

    def add(self, step: int, samples: Samples) -> None:
        """Offers samples: pictures (N, C, s, s) in [-1, 1], kept at 8 bits, or a drawn plane."""
        if isinstance(samples, torch.Tensor):
            samples = ((samples.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        self._newest = (step, samples)
        if self.offered % self.stride == 0 and len(self._kept) == self.limit - 1:
            self._kept = self._kept[::2]
            self.stride *= 2
        if self.offered % self.stride == 0 or not self._kept:
            self._kept.append(self._newest)
        self.offered += 1

    def forget_after(self, step: int) -> None:
        """Drops what was added after that step."""
        self._kept = [frame for frame in self._kept if frame[0] <= step]
        self._newest = self._kept[-1] if self._kept else None

    @property
    def frames(self) -> list[Frame]:
        """(step, samples), in order of time; pictures are uint8 (N, C, s, s)."""
        if self._newest is None or self._kept[-1] is self._newest:
            return list(self._kept)
        return [*self._kept, self._newest]

    @property
    def bytes(self) -> int:
        """Memory that the frames take."""
        return sum(
            samples.numel()
            if isinstance(samples, torch.Tensor)
            else samples.width * samples.height * 3
            for _, samples in self.frames
        )


def sheet(frames: Sequence[Frame], classes: Sequence[int] = ()) -> Image.Image:
    """Frames as one picture, earliest first, each with its step.

    Pictures: a frame is a row, a latent a column, every pixel a visible square. With classes a
    column is a class, all of the first latent. Planes lie `PLANES` in a row.

    Raises:
        ValueError: there is no frame.
    """
    if not frames:
        raise ValueError("a film strip needs a frame")
    most = len(classes) or None
    pictures = [
        (step, _unit(shown[:most])) for step, shown in frames if isinstance(shown, torch.Tensor)
    ]
    if pictures:
        return _rows(pictures)
    return _planes([(step, shown) for step, shown in frames if isinstance(shown, Image.Image)])


def draw(samples: Samples, classes: Sequence[int] = ()) -> Image.Image:
    """A frame of an animation: pictures as a grid of `COLUMNS`, a drawn plane as it is.

    With classes the pictures are those of `Trainer.shown`: a column has its digit on top.
    """
    if isinstance(samples, Image.Image):
        return samples
    cell = _side(samples, FRAME_CELL)
    pictures = images.enlarge(_unit(samples), cell)
    if not classes:
        return to_image(_rgb(images.grid(pictures, COLUMNS, GAP)))
    grid = to_image(_rgb(images.grid(pictures, len(classes), CLASS_GAP)))
    picture = Image.new("RGB", (grid.width, grid.height + HEAD), "white")
    picture.paste(grid, (0, HEAD))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(32)
    for column, digit in enumerate(classes):
        at = (column * (cell + CLASS_GAP) + cell / 2, HEAD / 2)
        pen.text(at, str(digit), INK, font, anchor="mm")
    return picture


def _unit(pictures: torch.Tensor) -> torch.Tensor:
    """uint8, or floats in [-1, 1] -> [0, 1]."""
    if pictures.dtype == torch.uint8:
        return pictures.float() / 255
    return (pictures.clamp(-1, 1) + 1) / 2


def _rgb(picture: torch.Tensor) -> torch.Tensor:
    """(1 or 3, H, W) -> (3, H, W)."""
    return picture.expand(3, -1, -1)


def _side(pictures: torch.Tensor, least: int) -> int:
    """The least multiple of the pictures' side from `least` on."""
    side = pictures.shape[-1]
    return side * -(-least // side)


def _rows(frames: Sequence[tuple[int, torch.Tensor]]) -> Image.Image:
    pictures = torch.cat([shown for _, shown in frames])
    columns, cell = len(frames[0][1]), _side(pictures, CELL)
    grid = to_image(_rgb(images.grid(images.enlarge(pictures, cell), columns, GAP)))
    picture = Image.new("RGB", (MARGIN + grid.width, grid.height), "white")
    picture.paste(grid, (MARGIN, 0))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for row, (step, _) in enumerate(frames):
        at = (MARGIN - 8, row * (cell + GAP) + cell / 2)
        pen.text(at, str(step), INK, font, anchor="rm")
    return picture


def _planes(frames: Sequence[tuple[int, Image.Image]]) -> Image.Image:
    side, head = frames[0][1].width, 20
    columns = min(PLANES, len(frames))
    width, height = side + GAP, side + GAP + head
    rows = -(-len(frames) // columns)
    picture = Image.new("RGB", (columns * width - GAP, rows * height - GAP), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for index, (step, plane) in enumerate(frames):
        left, top = index % columns * width, index // columns * height
        picture.paste(plane, (left, top + head))
        pen.text((left + side / 2, top + head / 2), str(step), INK, font, anchor="mm")
    return picture
