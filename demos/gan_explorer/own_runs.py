"""What "Your own cat" and its endpoint compute: the box around a face, and the inversion in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Loading, map_values
from demos.runtime.scheduler import HEAVY_RUNS, schedule
from models import images, registry
from models.gan.inversion.settings import MODELS, Box, InversionSettings
from models.gan.networks import structure
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.backbones.backbone import Backbone
    from models.gan.inversion.face_finder import FaceFinder
    from models.gan.inversion.inverter import Inversion, InversionStep, Inverter

NAME = "gan.own"
EYES, JUDGE = "efficientnet_lite0", "efficientnet_lite2"
MOST_BYTES = 1 << 16  # of a file with a code
SIDE = 256  # of the endpoint's picture
FILMED = ("w+", "tuned")
SHARES = (0.05, 0.125, 0.25, 0.5, 1.0)  # of a stage's steps, that are kept for the film strip


class Inverters:
    """The inverters of an engine by generator, each made when it is first asked for.

    Attributes:
        finding: held by who looks for a face, which takes a second: in the engine's worker it would
            hold up everybody's pictures, and several at once get in each other's way.
    """

    def __init__(self) -> None:
        self.finding = threading.Lock()
        self._lock = threading.Lock()
        self._made: dict[str, Inverter] = {}

    def get(self, engine: Engine, model: str) -> Inverter:
        """The inverter of the generator called `model`; raises as `inverter.load`."""
        from models.gan.inversion import inverter

        lite0 = engine.backbone(EYES)
        with self._lock:
            if model not in self._made:
                self._made[model] = inverter.load(model, lite0)
            return self._made[model]


@dataclass
class Film:
    """Pictures of a run, and its losses.

    Attributes:
        pictures: of some steps, (1, 3, 64, 64) each.
        losses: (step, loss) of every step so far, by stage.
    """

    pictures: list[torch.Tensor] = field(default_factory=list)
    losses: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, step: InversionStep, begin: int, steps: int) -> None:
        """Adds a step of a stage that began at step `begin` and has `steps`."""
        self.losses.setdefault(step.stage, []).append((float(step.step), step.loss))
        if step.stage not in FILMED:
            return
        if step.step == 0 or step.step - begin in {max(1, round(s * steps)) for s in SHARES}:
            self.pictures.append(step.picture)

    def row(self) -> Image.Image:
        """The pictures side by side, twice as large as they are."""
        import torch

        pictures = images.enlarge(torch.cat(self.pictures), 2 * structure.SIDE)
        return images.to_image(images.grid(pictures, len(pictures), gap=2))


@dataclass(frozen=True)
class Inverted:
    """How far an inversion has come.

    Attributes:
        step: what the inverter yielded.
        box: in the pixels of the upload.
        found: whether the finder found it.
        target: the face, (1, 3, 64, 64).
        film: all steps so far.
        quality: PSNR and Lite2 distance by space; empty before the end.
    """

    step: InversionStep
    box: Box
    found: bool
    target: torch.Tensor
    film: Film
    quality: dict[str, tuple[float, float]] = field(default_factory=dict)


def invert(
    engine: Engine,
    photo: str | None,
    box: Sequence[float] | None,
    stages: Sequence[str],
    settings: InversionSettings,
    run: StoppableRun,
) -> Generator[Event[Inverted]]:
    """Inverts the face of a photograph.

    Args:
        photo: its path.
        box: [x, y, side] around the face; None finds it.
        stages: in order, see `models.gan.inversion.inverter.STAGES`.

    Raises:
        ValidationError: a photo or box that can't be worked with, or no face and no box.
    """
    image = images.open_image(photo)
    given = None if box is None else Box.checked(box, *image.size)
    yield from engine.load_backbone(EYES)
    judge = yield from engine.load_backbone(JUDGE)
    yield Loading(registry.gan(settings.model).title)
    inverter = engine.shared(Inverters).get(engine, settings.model)
    film = Film()

    def computed() -> Iterator[Inverted]:
        from models.gan.inversion.face_finder import crop, found_face

        used = given or found_face(inverter.finder, image)
        target = crop(image, used)
        for step in inverter.steps(target, stages, settings.steps, settings.seed):
            begin = stages.index(step.stage) * settings.steps
            film.add(step, begin, settings.steps)
            yield Inverted(step, used, given is None, target, film)

    def shown(each: _Step) -> Inverted:
        return each.inverted

    def ended(each: _Step) -> Inverted:
        return judged(judge, each.inverted)

    # Always here, and not where `Engine.steps` computes: every step has a generator with it.
    steps = (_Step(each) for each in computed())
    yield from map_values(schedule(steps, run, HEAVY_RUNS), shown, last=ended)


@dataclass(frozen=True)
class _Step:
    """An `Inverted` as the scheduler takes it."""

    inverted: Inverted

    @property
    def step(self) -> int:
        return self.inverted.step.step

    @property
    def steps(self) -> int:
        return self.inverted.step.steps


def judged(judge: Backbone, inverted: Inverted) -> Inverted:
    """With the quality of every space that was reached."""
    from models.gan.inversion import inverter, tuning

    step, quality = inverted.step, {}
    for space, inversion in step.found.items():
        if space == "tuned":
            tuning.freeze(inversion.generator)  # it may have been stopped
        quality[space] = inverter.judged(judge, inverted.target, inversion.draw())
    parts = inverted.box, inverted.found, inverted.target, inverted.film
    return Inverted(step, *parts, quality)


def finder(engine: Engine) -> FaceFinder:
    """The one of the cats."""
    return engine.shared(Inverters).get(engine, MODELS[0]).finder


def find(engine: Engine, image: Image.Image) -> Box:
    """As `found_face`, in turn with the others who look for one."""
    from models.gan.inversion.face_finder import found_face

    with engine.shared(Inverters).finding:
        return found_face(finder(engine), image)


def straighten(engine: Engine, image: Image.Image, box: Box) -> Box:
    """The straightened box, in turn with the others."""
    with engine.shared(Inverters).finding:
        return finder(engine).straighten(image, box)


def from_file(engine: Engine, path: str | None) -> tuple[str, Inversion]:
    """The generator's name and the inversion of a file with a code, as the page gives it.

    Raises:
        ValidationError: no such file, or as `code.of_generator`.
    """
    from models.gan.inversion import code as codes

    try:
        with open(path or "", "rb") as file:
            content = json.loads(file.read(MOST_BYTES))
        model, text = content["model"], content["code"]
        if not (isinstance(model, str) and isinstance(text, str)):
            raise TypeError("both are texts")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValidationError("code_unreadable") from error
    InversionSettings(model=model)
    inverter = engine.shared(Inverters).get(engine, model)
    return model, inverter.inversion(codes.of_generator(text, inverter.network))


def enlarged(picture: torch.Tensor) -> Image.Image:
    """A picture (1, 3, 64, 64) at 256 x 256 pixels."""
    return images.to_image(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def code(inverted: Inverted) -> str:
    """The code of the inversion: w+, or w nine times if nothing else was sought."""
    from models.gan.inversion import code as codes

    found = inverted.step.found
    best = next(found[space] for space in ("w+", "w") if space in found)
    return codes.to_text(best.styles[0])
