"""A clip painted picture by picture in one pass each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from models.style_transfer import fast


@dataclass(frozen=True)
class FilmStep:
    """One more picture of a film.

    Attributes:
        step, steps: pictures painted, pictures in all.
        image: the last one, both sides even, as films want them.
    """

    step: int
    steps: int
    image: Image.Image


def paint_film(
    frames: Sequence[Image.Image], style: Image.Image, strength: float = 1.0
) -> Iterator[FilmStep]:
    """Paints `frames` in the manner of `style`; may be closed at any yield.

    The style vector is computed once, with `strength` below 1 from the first frame's own: equal
    frames stay equal.

    Raises:
        ValidationError: as `fast.style_vector`.
    """
    vector = fast.style_vector(frames[0], style, strength)
    for number, frame in enumerate(frames, 1):
        painted = fast.paint(frame, vector)
        width, height = painted.size
        yield FilmStep(number, len(frames), painted.crop((0, 0, width & ~1, height & ~1)))
