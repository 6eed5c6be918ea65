"""The section with the camera: a printed patch is held before it, and the verdict follows live.

The page sends a frame when it has the answer to the one before. Frames pass through memory only.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.attacks import runs
from demos.attacks.section import Controls
from demos.runtime.engine import Engine
from demos.runtime.i18n import class_name, say
from demos.ui import panel
from demos.ui.page import Page
from demos.ui.photos import body_of, error_response
from models import images, registry
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

MAX_BYTES = 1 << 20  # a frame is a JPEG of some 30 KB
SHOWN = 3  # of the likeliest classes
WORDS = ("on", "off", "photo", "sees", "refused", "slow")


def build(page: Page, controls: Controls) -> None:
    """The section; the script fills it."""
    with page.section(gr.Accordion, "robustness.camera", open=False):
        panel.build(page, "camera-attack", "robustness.camera", WORDS)
    subject: list[Any] = [controls["model"], controls["target"]]
    watch: dict[str, Any] = {
        "js": "(...chosen) => netglassCameraAttack.choose(...chosen)",
        "api_visibility": "private",
    }
    gr.on([one.change for one in subject], None, subject, None, **watch)
    page.browser_load_events.append((subject, watch))


def routes(engine: Engine) -> list[Route]:
    """The route that the script sends frames to, for `app_kwargs` of `launch`."""

    async def verdict(request: Request) -> Response:
        language, model, target = (
            request.query_params.get(name, "") for name in ("lang", "model", "target")
        )
        body = await body_of(request, MAX_BYTES)
        try:
            if body is None:
                raise ValidationError("file_too_large", limit=MAX_BYTES >> 20)
            if not runs.available(registry.classifier(model).name):
                return PlainTextResponse(say(language, "robustness.camera.away"), 400)
            return JSONResponse(
                await asyncio.to_thread(judged, engine, language, body, model, target)
            )
        except Exception as error:
            return error_response(language, error)

    return [Route("/camera/verdict", verdict, methods=["POST"])]


def judged(engine: Engine, language: str, frame: bytes, model: str, target: str) -> list[dict]:
    """What a network takes a frame for: "name", "p" and "wanted" of the likeliest classes, and of
    the target (a class's name, or "") where it is none of them.

    Raises:
        ValidationError: no picture, or no class of the network.
    """
    spec = registry.classifier(model)
    wanted = spec.class_index(target) if target else None
    picture = images.classifier_input(frame, spec.input_size)
    network = engine.classifier(model)
    p = engine.worker.submit(_probabilities, network, picture).result()
    found = p.topk(SHOWN).indices.tolist()
    if wanted is not None and wanted not in found:
        found.append(wanted)
    names = (class_name(language, spec.classes[number]) for number in found)
    return [
        {"name": name, "p": p[number].item(), "wanted": number == wanted}
        for name, number in zip(names, found, strict=True)
    ]


def _probabilities(network: Any, picture: torch.Tensor) -> torch.Tensor:
    import torch

    with torch.no_grad():
        return network(picture)[0].softmax(0).cpu()
