"""What the style transfer tab and its endpoints compute: stylize, preview, compare, estimate."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, Loading, Waiting, map_values
from demos.style_transfer.clips import Way
from models import images, registry

if TYPE_CHECKING:
    from models.style_transfer.optimize import StyleStep
    from models.style_transfer.regions import Regions

NAME = "style"
TERMS = ("content", "style", "variation")
# The settings of the comparison's two runs that differ from the visitor's.
COMPARED: dict[str, dict[str, Any]] = {
    "style.way.gatys": {"coarse_to_fine": False, "style_loss": "gram"},
    "style.way.multi": {"coarse_to_fine": True},
}
WAYS = ("style.way.preview", *COMPARED)


@dataclass(frozen=True)
class StyleRequest:
    """What a visitor or a client asks for.

    Attributes:
        content, style, second: paths of uploads; the second style is None without a blend.
        backbone: name of the network whose features are compared.
        settings: fields of `StyleSettings`, not checked yet.
        masks: paths of the content's and the style's regions, each may be None.
        cells: regions in place of masks, as `models.style_transfer.regions.painted` takes them.
    """

    content: str | None
    style: str | None
    second: str | None = None
    backbone: str = registry.DEFAULT_BACKBONE
    settings: dict[str, Any] = field(default_factory=dict)
    masks: tuple[str | None, str | None] = (None, None)
    cells: tuple[np.ndarray, np.ndarray] | None = None

    def pictures(self) -> tuple[Image.Image, Image.Image, Image.Image | None]:
        """Content, style and second style, opened and checked."""
        second = images.open_image(self.second) if self.second else None
        return images.open_image(self.content), images.open_image(self.style), second


@dataclass(frozen=True)
class Painting:
    """A step of a run, as the page shows it.

    Attributes:
        step: what `transfer_style` yielded.
        image: the picture so far.
        losses: every term's values so far, and their total's, by term.
        content: the photo.
        forecast: the seconds that the whole run was expected to take.
        way: pictures on the way.
    """

    step: StyleStep
    image: Image.Image
    losses: dict[str, list[float]]
    content: Image.Image
    forecast: float
    way: Way


@dataclass(frozen=True)
class Estimate:
    """What a run will take on an idle machine, and the loss breakdown of the one-pass preview.

    Attributes:
        seconds, bytes: of the run.
        losses: each term's weighted value.
        gradient_shares: each term's share of the gradient's norm.
    """

    seconds: float
    bytes: float
    losses: dict[str, float]
    gradient_shares: dict[str, float]


def stylize(engine: Engine, request: StyleRequest, run: StoppableRun) -> Generator[Event[Painting]]:
    """Paints the content in the style; weights changed in `run` count from the next step on.

    Raises:
        ValidationError: a picture, a setting or a size that can't be worked with.
    """
    content, style, second = request.pictures()
    registry.backbone(request.backbone)  # an unknown name is told first
    from models.style_transfer import large
    from models.style_transfer.estimate import RunEstimator
    from models.style_transfer.optimize import transfer_style
    from models.style_transfer.settings import StyleSettings
    from models.style_transfer.sizes import smallest_size

    settings = StyleSettings(**request.settings)
    areas = regions_of(engine, request, settings.area, content, style)
    large.check(settings, areas)
    run.check = lambda changed: settings.replace(**changed)
    run.check(run.changed)
    network = yield from engine.load_backbone(request.backbone)
    smallest_size(network, settings, content, style, second)  # told before anybody waits
    estimator, run_of = engine.shared(RunEstimator), (network, settings, aspect_ratio(content))
    estimator.check(*run_of)
    forecast = estimator.seconds(*run_of)
    losses: dict[str, list[float]] = {name: [] for name in (*TERMS, "total")}
    way = Way()

    def recorded() -> Generator[StyleStep, None, None]:
        job = (network, content, style, settings, second, lambda: run.changed, areas)
        computed, since = 0.0, time.perf_counter()
        for step in engine.steps(transfer_style, *job):
            computed += time.perf_counter() - since  # without other visitors' turns
            for name, value in step.losses.items():
                losses[name].append(value)
            way.add(step)
            if step.step >= step.steps:
                estimator.learn(*run_of, computed)
            yield step
            since = time.perf_counter()

    yield from map_values(
        engine.schedule(recorded(), run),
        lambda step: Painting(step, images.to_image(step.image), losses, content, forecast, way),
    )


def regions_of(
    engine: Engine, request: StyleRequest, area: str, content: Image.Image, style: Image.Image
) -> Regions | None:
    """What is painted, and like which part of the style; raises as `regions.chosen`."""
    from models.classifiers.animal_mask import animal_mask
    from models.style_transfer import regions

    def animal() -> Image.Image:
        classifier = engine.pet_classifier(registry.PAGE_PET_CLASSIFIER)
        return engine.worker.submit(animal_mask, classifier, content).result()

    first, second = (images.open_image(mask) if mask else None for mask in request.masks)
    opaque = images.opaque(str(request.content)), images.opaque(str(request.style))
    return regions.chosen(area, content, style, (first, second), opaque, animal, request.cells)


def preview(
    engine: Engine, content_path: str | None, style_path: str | None, strength: float = 1.0
) -> Image.Image:
    """The one-pass preview of two uploads."""
    content, style = images.open_image(content_path), images.open_image(style_path)
    from models.style_transfer import fast

    return engine.worker.submit(fast.preview, content, style, strength).result()


def aspect_ratio(picture: Image.Image) -> float:
    """Shorter side over the longer one."""
    return min(picture.size) / max(picture.size)


def estimate(engine: Engine, request: StyleRequest) -> Estimate | None:
    """Time and memory of the run; None while the network's weights are not on this machine.

    Raises:
        ValidationError: as `stylize`.
    """
    content, style, second = request.pictures()
    if not registry.has_weights(registry.backbone(request.backbone)):
        return None
    from models.style_transfer import fast
    from models.style_transfer.estimate import RunEstimator
    from models.style_transfer.optimize import breakdown_of_preview
    from models.style_transfer.settings import StyleSettings

    settings = StyleSettings(**request.settings)
    network, estimator = engine.backbone(request.backbone), engine.shared(RunEstimator)

    def compute() -> Estimate:
        ratio = aspect_ratio(content)
        seconds = estimator.seconds(network, settings, ratio)
        memory = estimator.bytes(network, settings, ratio)
        sketch = fast.preview(content, style)
        found = breakdown_of_preview(network, content, style, settings, second, sketch)
        return Estimate(seconds, memory, *found)

    return engine.worker.submit(compute).result()


@dataclass(frozen=True)
class Comparison:
    """One of three ways to paint the same pair, as far as it is.

    Attributes:
        key: of the text that describes it.
        image: the picture so far.
        seconds: it took so far.
        steps: done so far; None in one pass.
    """

    key: str
    image: Image.Image
    seconds: float
    steps: int | None = None


def compare(
    engine: Engine, request: StyleRequest, run: StoppableRun
) -> Generator[Waiting | Loading | Comparison]:
    """The same pair in one pass, by the paper's way, and coarse to fine."""
    start = time.perf_counter()
    sketch = preview(engine, request.content, request.style)
    yield Comparison("style.way.preview", sketch, time.perf_counter() - start)
    for key, changes in COMPARED.items():
        asked = replace(request, settings=request.settings | changes)
        for event in stylize(engine, asked, run):
            if isinstance(event, Waiting | Loading):
                yield event
            else:
                painting = event.value
                yield Comparison(key, painting.image, event.seconds, painting.step.step)
        if run.is_set():
            return
