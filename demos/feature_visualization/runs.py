"""What the ideal class tab and its endpoint compute: one visualization, or several side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, map_values
from models import images, registry
from models.feature_visualization.settings import VisualizationSettings
from models.labels import breeds

if TYPE_CHECKING:
    import torch

    from models.feature_visualization.objectives import Network
    from models.feature_visualization.optimize import VisualizationStep
    from models.feature_visualization.strip import Strip

NAME = "ideal"
DOG, CAT = "golden retriever", "Siamese cat"
STANDARD, ROBUST = registry.DEFAULT_PET_CLASSIFIER, "pets_lite0_robust"
SEEDS, SEEDS_SIDE = 6, 128


@dataclass(frozen=True)
class Visualization:
    """One of the visualizations of a run, after a step.

    Attributes:
        settings: what is visualized.
        step: the step.
        curve: (step, score) of all steps so far.
        strip: snapshots so far.
        probabilities: of each picture, by the name of each network that took part; empty for a
            layer and before the last step.
        ended: whether it is the last step, which shows the picture rather than candidates for it.
    """

    settings: VisualizationSettings
    step: VisualizationStep
    curve: list[tuple[float, float]]
    strip: Strip
    probabilities: dict[str, list[float]]
    ended: bool = False

    @property
    def pictures(self) -> torch.Tensor:
        """What is shown of the step, (N, 3, H, W)."""
        return self.step.image if self.ended else self.step.view


@dataclass(frozen=True)
class JointStep:
    """One step of several visualizations: `step` of `steps`, and each one's own step."""

    step: int
    steps: int
    parts: tuple[VisualizationStep, ...]


def visualize(
    engine: Engine, every: Sequence[VisualizationSettings], photo: str | None, run: StoppableRun
) -> Generator[Event[list[Visualization]]]:
    """Visualizes one or several settings side by side, a step each in turn.

    Args:
        every: the settings, all with the same number of steps.
        photo: path of the picture to start from, for those who ask for it.

    Raises:
        ValidationError: a photo or a channel that can't be worked with.
    """
    start = images.open_image(photo) if any(one.from_photo for one in every) else None
    from models.feature_visualization.strip import Strip

    networks: list[list[Network]] = []
    for settings in every:
        networks.append([])
        for name in settings.networks:
            networks[-1].append((yield from engine.load_classifier(name)))
    curves: list[list[tuple[float, float]]] = [[] for _ in every]
    strips = [Strip(_due(settings)) for settings in every]

    def recorded() -> Generator[JointStep]:
        for joint in engine.steps(side_by_side, networks, every, start):
            for step, curve, strip in zip(joint.parts, curves, strips, strict=True):
                curve.append((step.step, step.score))
                strip.add(step)
            yield joint

    def shown(joint: JointStep) -> list[Visualization]:
        parts = zip(every, joint.parts, curves, strips, strict=True)
        return [Visualization(*each, probabilities={}) for each in parts]

    def ended(joint: JointStep) -> list[Visualization]:
        for step, strip in zip(joint.parts, strips, strict=True):
            strip.add(step, last=True)
        found = (_probabilities(*each) for each in zip(every, networks, joint.parts, strict=True))
        return [
            replace(one, probabilities=p, ended=True)
            for one, p in zip(shown(joint), found, strict=True)
        ]

    yield from map_values(engine.schedule(recorded(), run), shown, last=ended)


def side_by_side(
    networks: Sequence[Sequence[Network]],
    every: Sequence[VisualizationSettings],
    photo: Image.Image | None,
) -> Generator[JointStep]:
    """The steps of several visualizations, each with its networks and its settings."""
    from models.feature_visualization import optimize

    with ExitStack() as opened:
        runs = [
            opened.enter_context(closing(optimize.visualize(own, settings, photo)))
            for own, settings in zip(networks, every, strict=True)
        ]
        for parts in zip(*runs, strict=True):
            yield JointStep(parts[0].step, parts[0].steps, parts)


def _due(settings: VisualizationSettings) -> Callable[[int], Collection[int]]:
    """Which steps the strip shows, of how many there will be."""
    from models.feature_visualization.maco import milestones
    from models.feature_visualization.strip import snapshot_steps

    return milestones if settings.method == "maco" else snapshot_steps


def _probabilities(
    settings: VisualizationSettings, networks: Sequence[Network], step: VisualizationStep
) -> dict[str, list[float]]:
    from models.feature_visualization.optimize import class_probabilities

    if settings.layer:
        return {}
    return class_probabilities(networks, step.image, settings.class_index)


def picture(every: Sequence[Visualization]) -> Image.Image:
    """All pictures of a step, on one sheet if there are several."""
    import torch

    from models.feature_visualization.strip import sheet
    from models.feature_visualization.transforms import resize

    pictures = [one.pictures for one in every]
    side = max(each.shape[-1] for each in pictures)
    return images.to_image(sheet(torch.cat([resize(each, side) for each in pictures])))


def strip_picture(one: Visualization) -> Image.Image:
    """The snapshots so far, side by side."""
    return images.to_image(one.strip.row())


def dog_and_cat(settings: dict[str, Any]) -> list[VisualizationSettings]:
    """The same settings for a dog and for a cat, by an ImageNet network."""
    model = (
        settings["model"] if settings["model"] in registry.BACKBONES else registry.DEFAULT_BACKBONE
    )
    common = settings | {"model": model, "layer": "", "channel": None}
    return [VisualizationSettings(**common | {"class_name": name}) for name in (DOG, CAT)]


def standard_and_robust(
    settings: dict[str, Any], pair: tuple[str, str] = (STANDARD, ROBUST)
) -> list[VisualizationSettings]:
    """Plain gradient ascent to the same breed by two pet classifiers (Engstrom et al. 2019).

    Each picture has the size that its network sees, so that its pixels are those of the input.
    """
    breed = settings["class_name"] if settings["class_name"] in breeds.NAMES else "Siamese"
    common = settings | {
        "class_name": breed, "method": "plain", "layer": "", "channel": None, "octaves": 1,
    }  # fmt: skip
    sides = {model: registry.classifier(model).input_size for model in pair}
    return [
        VisualizationSettings(**common | {"model": model, "size": side})
        for model, side in sides.items()
    ]


def six_seeds(settings: dict[str, Any]) -> list[VisualizationSettings]:
    """The settings with six seeds at once."""
    return [VisualizationSettings(**settings | {"count": SEEDS, "size": SEEDS_SIDE})]
