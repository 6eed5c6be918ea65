"""The visitor's own classes: photographs stay in the browser, and pass through memory only.

Gradio's uploads are files on the server's disk; these are sent to an address of their own instead,
shrunk in the browser to what the network sees, and nothing is kept between two calls.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime import errors, i18n
from demos.runtime.engine import Engine
from demos.runtime.i18n import say
from demos.ui import panel
from demos.ui.page import Page
from models import images, registry
from models.validation import ValidationError

MAX_BYTES = 12 << 20
WORDS = (
    "name", "add", "camera", "snap", "class", "train", "try", "result", "missed", "photos",
    "remove", "full", "working", "no_camera",
)  # fmt: skip


def build(page: Page) -> None:
    """The panel; the script fills it, so that a change of language leaves the photographs alone."""
    page.put(gr.Markdown, "own.note")
    panel.build(page, "own", "own", WORDS)


def routes(engine: Engine) -> list[Route]:
    """The address, for `app_kwargs` of `launch`."""

    def work(wish: dict) -> dict:
        from models.linear_probe import few_shot

        classes = [
            (entry["name"], [_bytes(p) for p in entry["photos"]]) for entry in wish["classes"]
        ]
        names = few_shot.check_classes(classes)
        wanted = [photo for _, photos in classes for photo in photos]
        labels = [n for n, (_, photos) in enumerate(classes) for _ in photos]
        if wish.get("photo"):
            wanted.append(_bytes(wish["photo"]))
        side = registry.backbone(registry.DEFAULT_BACKBONE).input_size
        shown = [images.to_tensor(images.square(images.open_image(p), side)) for p in wanted]
        import torch

        engine.backbone(registry.DEFAULT_BACKBONE)
        # In portions, so that other visitors get their turns in between.
        features = torch.cat(
            [engine.worker.submit(_features, engine, shown[at : at + 8]).result()
             for at in range(0, len(shown), 8)]
        )  # fmt: skip
        truth = torch.tensor(labels)
        new = features[len(labels) :] if wish.get("photo") else None
        found = engine.worker.submit(
            few_shot.fit, features[: len(labels)], truth, len(names), new
        ).result()
        return {
            "names": names,
            "accuracy": found.accuracy,
            "missed": [[names[a], names[b]] for a, b in found.errors],
            "probabilities": found.probabilities,
        }

    async def answer(request: Request) -> Response:
        code = request.query_params.get("lang", "")
        body, total = bytearray(), 0
        async for part in request.stream():
            total += len(part)
            # Too much is read to its end and dropped: a browser hears no answer before that.
            if total <= MAX_BYTES:
                body += part
        if total > MAX_BYTES:
            return PlainTextResponse(say(code, "own.too_large"), status_code=413)
        try:
            wish = json.loads(body)
            return JSONResponse(await asyncio.to_thread(work, wish))
        except ValidationError as error:
            return PlainTextResponse(i18n.error_message(code, error), status_code=400)
        except (ValueError, KeyError, TypeError):
            return PlainTextResponse(say(code, "own.unreadable"), status_code=400)
        except Exception as error:
            return PlainTextResponse(
                i18n.error_message(code, errors.as_validation_error(error)), 503
            )

    return [Route("/own/train", answer, methods=["POST"])]


def _features(engine: Engine, shown: list):
    import torch

    network = engine.backbone(registry.DEFAULT_BACKBONE)
    with torch.no_grad():
        (maps,) = network.features(torch.cat(shown), ["bn2"])
    return maps.float().mean((2, 3)).cpu()


def _bytes(address: str) -> bytes:
    """The picture in a data: address."""
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except (binascii.Error, AttributeError) as error:
        raise ValidationError("not_a_picture") from error
