"""The public endpoints /classify_image and /explain."""

from __future__ import annotations

import gradio as gr

from demos.explanations import runs
from demos.explanations.runs import NAME, Explained, ExplanationRequest
from demos.runtime.events import Result
from demos.ui.endpoints import Picture, expose
from demos.ui.page import LIGHT, Page
from models import registry
from models.explanations.settings import ExplanationSettings


def expose_all(page: Page) -> None:
    """Makes the endpoints."""
    engine = page.engine

    def classify_image(
        language: str, image: Picture, model: str = registry.DEFAULT_BACKBONE, top: int = 5
    ):
        """Names what a photograph shows: the likeliest classes of a network.

        Args:
            image: any picture; its centre square is shown to the network.
            model: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2, vgg16, vgg19,
                resnet50, mobilenet_v3_large (1,000 classes), pets_lite0, pets_lite2 or
                pets_lite0_robust (37 breeds).
            top: how many classes, 1 to as many as the network knows.

        Returns:
            The confidences of these classes, and a report: "classes", the likeliest first, each
            with its "name" and "probability".
        """
        *_, last = runs.classify(engine, image, model, top)
        assert isinstance(last, Result)
        found = last.value
        classes = [{"name": name, "probability": round(p, 6)} for name, p in found]
        return {name: round(p, 6) for name, p in found}, {"classes": classes}

    def explain(language: str, image: Picture, **settings):
        """Shows which places of a photograph speak for a class, and whether they decide.

        Args:
            image: any picture; its centre square is shown to the network.

        Returns:
            The photograph in grey, green where it speaks for the class, magenta where against it,
            teal where a change matters (smoothgrad) (PNG); and a report: "class", its "probability"
            by the network, and the areas under the curves of "deletion" (smaller is better) and
            "insertion" (larger is better).
        """
        method = settings["method"]
        with engine.run(None, NAME) as run:
            request = ExplanationRequest(image, settings)
            *_, last = runs.explain(engine, request, run, [method])
        assert isinstance(last, Result)
        found: Explained = last.value
        explanation = found.step.found[method]
        assert explanation.areas
        deletion, insertion = explanation.areas
        report = {
            "class": found.class_name,
            "probability": round(found.step.probability, 6),
            "deletion": round(deletion, 6),
            "insertion": round(insertion, 6),
        }
        return runs.drawn(found.subject.shown, method, explanation.map), report

    label = {"label": gr.Label, "report": gr.JSON}
    expose(classify_image, label, "classify_image", LIGHT)
    picture = {"picture": gr.Image, "report": gr.JSON}
    expose(explain, picture, "explain", settings=ExplanationSettings)
