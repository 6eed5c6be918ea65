"""Moving pictures of the style transfer tab: a clip painted in one pass a picture, and the way that
a painting took."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, map_values
from demos.ui import films
from models import images
from models.films import reader

if TYPE_CHECKING:
    from models.style_transfer.film import FilmStep
    from models.style_transfer.optimize import StyleStep

PLACE = "style.film"
SIDE = 384
# A painting's film: pictures at most, milliseconds each, and how often its last one comes.
PICTURES, MILLISECONDS, HELD = 40, 100, 10


@dataclass(frozen=True)
class Film:
    """A clip as far as it is painted.

    Attributes:
        clip: as it was uploaded.
        frames: its painted pictures.
        step: of the run.
    """

    clip: reader.Clip
    frames: list[Image.Image]
    step: FilmStep


def paint(
    engine: Engine, clip: str | None, style: str | None, strength: float, run: StoppableRun
) -> Generator[Event[Film]]:
    """Paints an uploaded clip in the style, picture by picture.

    Raises:
        ValidationError: a clip, a picture or a strength that can't be worked with.
    """
    opened, painting = reader.read(clip, SIDE), images.open_image(style)
    from models.style_transfer.film import paint_film

    frames: list[Image.Image] = []

    def recorded() -> Generator[FilmStep, None, None]:
        for step in engine.steps(paint_film, opened.frames, painting, strength):
            frames.append(step.image)
            yield step

    steps = engine.schedule(recorded(), run)
    yield from map_values(steps, lambda step: Film(opened, frames, step))


@dataclass
class Way:
    """Pictures of a painting's way, evenly spread over its steps."""

    frames: list[Image.Image] = field(default_factory=list)
    _last: int = -1

    def add(self, step: StyleStep) -> None:
        """Keeps the step's picture if it is due."""
        due = step.step * (PICTURES - 1) // step.steps
        if due > self._last:
            self._last = due
            image = images.to_image(step.image)
            self.frames.append(images.fit(image, min(SIDE, max(image.size))))

    def film(self) -> list[Image.Image]:
        """The pictures at the size of the last, which stays for a second; both sides even."""
        width, height = self.frames[-1].size
        size = width & ~1, height & ~1
        sized = [frame.resize(size, Image.Resampling.BICUBIC) for frame in self.frames]
        return sized + sized[-1:] * HELD


def save_way(way: Way) -> str:
    """Path of a painting's film, in the smaller format where it can be written here."""
    (path,) = films.save(way.film(), MILLISECONDS, "netglass-painting", films.kinds()[-1:])
    return path
