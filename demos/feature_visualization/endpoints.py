"""The public endpoint /ideal_class."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from demos.feature_visualization import runs
from demos.feature_visualization.runs import NAME, Visualization
from demos.runtime.events import Progress, Result
from demos.ui.endpoints import Picture, expose
from demos.ui.page import Page
from models.feature_visualization.settings import VisualizationSettings


def expose_all(page: Page) -> None:
    """Makes the endpoint."""
    engine = page.engine

    def ideal_class(
        language: str, image: Picture | None = None, strip: bool = False, **settings: Any
    ):
        """Draws what a network takes for the ideal picture of a class, out of noise or a photo.

        Streams the picture while it is optimized ("maco": first the candidates for it); the last
        one is the result.

        Args:
            image: the photo to start from, for start="photo" and method="accentuate".
            strip: give a row of snapshots over time instead of the picture.

        Returns:
            The picture (PNG), and a report: the class, its probability by the chosen network and by
            each network that took part (for a layer none, but its activation), steps, seconds.
        """
        begin = time.perf_counter()
        chosen = VisualizationSettings(**settings)
        with engine.run(None, NAME) as run:
            for event in runs.visualize(engine, [chosen], image, run):
                if isinstance(event, Progress | Result):
                    (one,) = event.value
                    picture = runs.strip_picture(one) if strip else runs.picture(event.value)
                    yield picture, _report(one, time.perf_counter() - begin)

    outputs = {"picture": gr.Image, "report": gr.JSON}
    order = {"image": "octaves", "strip": "photo_weight"}
    expose(ideal_class, outputs, "ideal_class", settings=VisualizationSettings, before=order)


def _report(one: Visualization, seconds: float) -> dict[str, Any]:
    """The mean over the pictures where there are several."""
    settings, step = one.settings, one.step
    by_model = {name: sum(each) / len(each) for name, each in one.probabilities.items()}
    report = {
        "class": settings.class_name,
        "probability": by_model.get(settings.model, step.score),
        "by_model": by_model,
        "steps": step.step,
        "seconds": round(seconds, 2),
    }
    if settings.layer:
        report |= {"class": None, "probability": None, "layer": settings.layer}
        report |= {"channel": settings.channel, "activation": step.score}
    return report
