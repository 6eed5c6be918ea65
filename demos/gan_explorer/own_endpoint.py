"""The public endpoint /gan_invert."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from demos.gan_explorer import own_runs
from demos.runtime.events import Progress, Result
from demos.ui.endpoints import Picture, expose
from demos.ui.page import Page
from models.gan.inversion.settings import InversionSettings


def expose_all(page: Page) -> None:
    """Makes the endpoint."""
    engine = page.engine

    def gan_invert(language: str, image: Picture, box: list | None = None, **settings: Any):
        """Finds the code from which a generator draws the face in a photograph (GAN inversion).

        Streams the picture while it is sought; the last one is the result.

        Args:
            image: a photograph of a cat's face, or any other picture.
            box: [x, y, side] around the face, in pixels of the upload with its orientation
                applied; left out, the face is found.

        Returns:
            The generator's version (PNG, 256 px), and a report: "box", "found" (whether the finder
            found it), "psnr", "distance" (features of EfficientNet-Lite2), "code" (w+ as base64 of
            float16, layers x latent), "seconds". Nothing is kept.
        """
        from models.gan.inversion.inverter import STAGES

        begin = time.perf_counter()
        chosen = InversionSettings(**settings)
        stages = STAGES[chosen.space]
        with engine.run(None, own_runs.NAME) as run:
            for event in own_runs.invert(engine, image, box, stages, chosen, run):
                if isinstance(event, Progress | Result):
                    report = _report(event.value, time.perf_counter() - begin)
                    yield own_runs.enlarged(event.value.step.picture), report

    outputs = {"picture": gr.Image, "report": gr.JSON}
    before = {"box": "steps"}
    expose(gan_invert, outputs, "gan_invert", settings=InversionSettings, before=before)


def _report(inverted: own_runs.Inverted, seconds: float) -> dict[str, Any]:
    """Quality is measured at the end."""
    psnr, distance = inverted.quality.get(inverted.step.stage, (None, None))
    return {
        "box": inverted.box.values,
        "found": inverted.found,
        "psnr": None if psnr is None else round(psnr, 2),
        "distance": None if distance is None else round(distance, 4),
        "code": own_runs.code(inverted) if inverted.step.found else None,
        "seconds": round(seconds, 2),
    }
