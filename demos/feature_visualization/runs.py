"""Dreams, shared by the page and the endpoint: one, or two side by side."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import gradio as gr

from demos.runtime.engine import Run
from demos.ui import model_picker as networks
from demos.ui import progress as status
from demos.ui.endpoints import Picture, expose
from demos.ui.page import Page
from models import images, registry

NAME = "ideal"


def dreamed(page: Page, code: str, settings: dict, photo: str | None, run: Run) -> Generator:
    """Status lines while networks load, then (step, last, seconds, curve, found, strip).

    `curve` holds (step, height) so far; `found` the final probability by network, {} for a layer
    and None before the last step; `strip` is a `dream_strip.Strip`.

    Args:
        settings: of `models.feature_visualization.settings.VisualizationSettings`.
        photo: path of the picture to start from, if that is asked for.
    """
    registry.classifier(settings["model"])
    from models.feature_visualization.optimize import class_probabilities, visualize
    from models.feature_visualization.settings import VisualizationSettings
    from models.feature_visualization.strip import Strip

    chosen = VisualizationSettings(**settings)
    start = images.open_image(photo) if chosen.start == "photo" else None
    together = yield from _networks(page, code, chosen)
    curve, strip = [], Strip()

    def recorded():
        for step in page.engine.steps(visualize, together, chosen, start):
            curve.append((step.step, step.score))
            strip.add(step)
            yield step

    for moment in status.in_turn(code, recorded(), run, page.engine.run_queue):
        if isinstance(moment, str):
            yield moment
            continue
        step, last, seconds = moment
        found = None
        if last:
            strip.add(step, last)
            found = {}
            if not chosen.layer:
                each = class_probabilities(together, step.image, chosen.class_index)
                found = {name: sum(values) / len(values) for name, values in each.items()}
        yield step, last, seconds, curve, found, strip


def _networks(page: Page, code: str, chosen) -> Generator:
    """The lead and, for a class in "fourier", its partner; status lines meanwhile."""
    together = []
    for name in chosen.networks:
        together.append((yield from networks.loaded(page, code, name)))
    return together


@dataclass(frozen=True)
class Beside:
    """One step of several dreams: `step` of `steps`, and each dream's own `models` step."""

    step: int
    steps: int
    parts: tuple


def beside(page: Page, code: str, every: Sequence[dict], photo: str | None, run: Run) -> Generator:
    """Dreams side by side: status lines, then (`Beside`, last, seconds, final certainties).

    The certainties are those of each dream's lead, a list for each dream, empty for a layer.

    They take turns, a step each, so that all can be watched growing.

    Args:
        every: settings of each; the same number of steps.
        photo: path of the picture to start from, for those who ask for it.
    """
    from models.feature_visualization.optimize import class_probabilities
    from models.feature_visualization.settings import VisualizationSettings

    chosen = [VisualizationSettings(**settings) for settings in every]
    start = images.open_image(photo) if any(one.start == "photo" for one in chosen) else None
    together = []
    for settings in chosen:
        together.append((yield from _networks(page, code, settings)))

    steps = page.engine.steps(abreast, together, chosen, start)
    for moment in status.in_turn(code, steps, run, page.engine.run_queue):
        if isinstance(moment, str):
            yield moment
            continue
        now, last, seconds = moment
        found = None
        if last:
            found = [
                []
                if settings.layer
                else class_probabilities(nets[:1], part.image, settings.class_index)[settings.model]
                for nets, part, settings in zip(together, now.parts, chosen, strict=True)
            ]
        yield now, last, seconds, found


def abreast(together: Sequence, chosen: Sequence, start) -> Generator[Beside]:
    """Dreams in step, each with its networks and its settings."""
    from models.feature_visualization.optimize import visualize

    with ExitStack() as open_dreams:
        dreams = [
            open_dreams.enter_context(closing(visualize(networks, settings, start)))
            for networks, settings in zip(together, chosen, strict=True)
        ]
        for parts in zip(*dreams, strict=True):
            yield Beside(parts[0].step, parts[0].steps, parts)


def shown(step):
    """The picture of a step, or the sheet of its pictures, as a PIL image."""
    from models.feature_visualization import strip as dream_strip

    return images.to_image(dream_strip.sheet(step.image))


def expose_all(page: Page) -> None:
    """Makes /ideal_class."""

    def ideal_class(
        language: str,
        class_name: str = "Siamese cat",
        model: str = "efficientnet_lite0",
        method: str = "fourier",
        size: int = 224,
        steps: int = 256,
        tv_weight: float = 1.0,
        seed: int = 0,
        layer: str = "",
        channel: int | None = None,
        start: str = "noise",
        image: Picture | None = None,
        octaves: int = 1,
        decorrelated: bool = True,
        count: int = 1,
        strip: bool = False,
    ):
        """Draws what a network takes for the ideal picture of a class, out of noise or a photo.

        Streams the picture while it is optimised; the last one is the result.

        Args:
            class_name: a class of the network: one of the 1,000 ImageNet names, such as "zebra", or
                for a pet classifier one of the 37 breeds, such as "Siamese".
            model: the network to look into: efficientnet_lite0, efficientnet_lite1,
                efficientnet_lite2, vgg16, vgg19, resnet50, mobilenet_v3_large, or a pet classifier
                such as pets_lite0.
            method: "fourier" (a picture people recognise, made with a second network), "variation"
                (gradient ascent with a smoothness term: fur and stripes) or "plain" (noise to us,
                certainty to the network).
            size: side of the picture in pixels, 64 to 512.
            steps: optimiser steps, 1 to 2000.
            tv_weight: how much smoothness matters, 0 to 10; 1 is the method's own default.
            seed: whole number that fixes the noise at the start.
            layer: climb a layer of an ImageNet network instead of the class, such as "blocks.3";
                empty for the class.
            channel: which channel of that layer, from 0 on; none for the whole layer, as DeepDream
                does.
            start: "noise", or "photo" to start from the image.
            image: the photo to start from.
            octaves: at how many sizes, small to large, "plain" and "variation" look at the picture,
                1 to 4.
            decorrelated: in "fourier", colour axes of natural pictures; false for red, green, blue.
            count: how many pictures at once, 1 to 6, with the seeds that follow each other.
            strip: give a row of snapshots over time instead of the picture.

        Returns:
            The picture (PNG), and a report: the class, its probability by the chosen network and by
            each network that took part (for a layer none, but its answer), steps, seconds.
        """
        given = dict(locals())
        settings = {name: given[name] for name in SETTINGS}
        begin = time.perf_counter()
        with page.engine.run(None, NAME) as stopped:
            for moment in dreamed(page, language, settings, image, stopped):
                if isinstance(moment, str):
                    continue
                step, last, _, _, found, kept = moment
                seen = images.to_image(kept.row()) if strip else shown(step)
                report = {
                    "class": None if layer else class_name,
                    "probability": None if layer else step.score,
                    "by_model": found or {},
                    "steps": step.step,
                    "seconds": round(time.perf_counter() - begin, 2),
                }
                if layer:
                    report |= {"layer": layer, "channel": channel, "activation": step.score}
                elif last:
                    report["probability"] = found[model]
                yield seen, report

    expose(ideal_class, {"picture": gr.Image, "report": gr.JSON}, "ideal_class")


SETTINGS = (
    "class_name", "model", "method", "size", "steps", "tv_weight", "seed", "layer", "channel",
    "start", "octaves", "decorrelated", "count",
)  # fmt: skip
