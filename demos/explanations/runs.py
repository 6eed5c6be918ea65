"""What the explanations tab and its endpoints compute: top classes, explanations, the check."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Loading, Result, map_values
from models import images, registry
from models.explanations.settings import METHODS, UNSIGNED, ExplanationSettings
from models.validation import whole_number

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from models.backbones.backbone import Backbone
    from models.classifiers.pet_classifier import PetClassifier
    from models.explanations.compare import ExplanationStep
    from models.explanations.sanity import SanityStep
    from models.labels.prediction import Prediction

NAME = "see"
SANITY = f"{NAME}.sanity"  # the place of the check with random weights


@dataclass(frozen=True)
class ExplanationRequest:
    """What a visitor or a client asks for.

    Attributes:
        image: path of an upload.
        settings: fields of `ExplanationSettings`, not checked yet; a class "" is none.
    """

    image: str | None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """A checked request.

    Attributes:
        shown: the photo's centre square, as the network is shown it.
        picture: the same, (1, 3, side, side) in [0, 1].
        target: the class that is asked for, by its number; None for the network's verdict.
    """

    spec: registry.ClassifierSpec
    network: Backbone | PetClassifier
    shown: Image.Image
    picture: torch.Tensor
    target: int | None
    settings: ExplanationSettings


def checked(settings: dict[str, Any]) -> ExplanationSettings:
    """Fields of `ExplanationSettings`, checked; a class "" is none."""
    wanted = settings.get("class_name")
    return ExplanationSettings(**settings | {"class_name": None if wanted == "" else wanted})


def prepare(engine: Engine, request: ExplanationRequest) -> Generator[Loading, None, Subject]:
    """Checks a request, then loads its network.

    Raises:
        ValidationError: a picture that can't be read, a setting out of range, a class that the
            network does not know, or weights that can't be had.
    """
    photo = images.open_image(request.image)
    settings = checked(request.settings)
    spec, wanted = registry.classifier(settings.model), settings.class_name
    target = None if wanted is None else spec.class_index(wanted)
    network = yield from engine.load_classifier(settings.model)
    shown = images.square(photo, spec.input_size)
    picture = images.to_tensor(shown, network.placement.device)
    return Subject(spec, network, shown, picture, target, settings)


def classify(
    engine: Engine, path: str | None, model: str = registry.DEFAULT_BACKBONE, top: int = 5
) -> Generator[Loading | Result[list[tuple[str, float]]]]:
    """The `top` likeliest classes of a photo's centre square, as (name, probability).

    Raises:
        ValidationError: a picture that can't be read, an unknown network, more classes than it
            knows, or weights that can't be had.
    """
    photo = images.open_image(path)
    spec = registry.classifier(model)
    count = whole_number("top", top, 1, len(spec.classes))
    network = yield from engine.load_classifier(model)
    start = time.perf_counter()
    prediction: Prediction = engine.worker.submit(network.predict, photo).result()
    yield Result(prediction.top(count), time.perf_counter() - start)


@dataclass(frozen=True)
class Explained:
    """A step of a request's explanations.

    Attributes:
        top: the likeliest classes of the photo, as (name, probability).
    """

    subject: Subject
    step: ExplanationStep
    top: list[tuple[str, float]]

    @property
    def class_name(self) -> str:
        """The class that is explained."""
        return self.subject.spec.classes[self.step.target]


def explain(
    engine: Engine,
    request: ExplanationRequest,
    run: StoppableRun,
    methods: Sequence[str] = METHODS,
) -> Generator[Event[Explained]]:
    """Explains by each of `methods`; raises as `prepare`."""
    subject = yield from prepare(engine, request)
    from models.explanations.compare import compare

    prediction: Prediction = engine.worker.submit(subject.network.predict, subject.shown).result()
    top = prediction.top()
    job = (subject.network, subject.picture, subject.target, subject.settings, tuple(methods))
    events = engine.schedule(engine.steps(compare, *job), run)
    yield from map_values(events, lambda step: Explained(subject, step, top))


@dataclass(frozen=True)
class Checked:
    """A step of the check with random weights."""

    subject: Subject
    step: SanityStep


def check(
    engine: Engine, request: ExplanationRequest, run: StoppableRun
) -> Generator[Event[Checked]]:
    """Explains by all methods, by the network and by a copy with random weights; raises as
    `prepare`."""
    subject = yield from prepare(engine, request)
    from models.explanations import sanity

    job = (subject.network, subject.picture, subject.target, subject.settings)
    events = engine.schedule(engine.steps(sanity.check, *job), run)
    yield from map_values(events, lambda step: Checked(subject, step))


def drawn(shown: Image.Image, method: str, found: torch.Tensor) -> Image.Image:
    """A method's map over the photo in grey."""
    from models.explanations.draw import draw

    return draw(shown, found, method not in UNSIGNED)
