"""Few-shot classes of a visitor's own: photos stay in the browser, and pass through memory only.

Gradio's uploads are files on the server's disk; these photos are sent to a route of their own
instead, scaled down in the browser to what the network is shown, and nothing is stored.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime.engine import Engine
from demos.runtime.i18n import say
from demos.ui import panel
from demos.ui.page import Page
from demos.ui.photos import body_of, error_response
from models import images, registry
from models.validation import ValidationError

MAX_BYTES = 12 << 20
BATCH = 8
WORDS = (
    "name", "default", "add", "camera", "snap", "class", "train", "try", "result", "missed",
    "empty", "photos", "remove", "full", "working", "no_camera",
)  # fmt: skip


def build(page: Page) -> None:
    """The panel; the script fills it, so that a change of language leaves the photos alone."""
    page.put(gr.Markdown, "own.note")
    panel.build(page, "own", "own", WORDS)


def routes(engine: Engine) -> list[Route]:
    """The route that the script sends the photos to, for `app_kwargs` of `launch`."""

    async def train(request: Request) -> Response:
        language = request.query_params.get("lang", "")
        body = await body_of(request, MAX_BYTES)
        if body is None:
            return PlainTextResponse(say(language, "own.too_large"), status_code=413)
        try:
            return JSONResponse(await asyncio.to_thread(fit, engine, json.loads(body)))
        except ValidationError as error:
            return error_response(language, error)
        except (ValueError, KeyError, TypeError):
            return PlainTextResponse(say(language, "own.unreadable"), status_code=400)
        except Exception as error:
            return error_response(language, error)

    return [Route("/own/train", train, methods=["POST"])]


def fit(engine: Engine, asked: dict[str, Any]) -> dict[str, Any]:
    """Trains a probe on a visitor's classes.

    Args:
        asked: "classes", a list of {"name": ..., "photos": [data: addresses]}, and perhaps "photo",
            a new one to classify.

    Returns:
        "classes", the positions of those that were trained (a class without photos is left out),
        and "names", theirs, trimmed; "accuracy" by cross-validation, 0..1; "missed", pairs of the
        true and the predicted one, by index of "names"; "probabilities" of the new photo, or None.

    Raises:
        ValidationError: as `few_shot.check_classes`, or a photo that can't be read.
        ValueError, KeyError, TypeError: it has another form.
    """
    from models.linear_probe import few_shot

    classes = [
        (one["name"], [_decode(photo) for photo in one["photos"]]) for one in asked["classes"]
    ]
    names = few_shot.check_classes(classes)
    photos = [photo for position in names for photo in classes[position][1]]
    labels = [number for number, position in enumerate(names) for _ in classes[position][1]]
    if asked.get("photo"):
        photos.append(_decode(asked["photo"]))
    side = registry.backbone(registry.DEFAULT_BACKBONE).input_size
    pictures = [images.classifier_input(photo, side) for photo in photos]
    import torch

    compute = engine.backbone(registry.DEFAULT_BACKBONE).pooled_features
    # In batches, so that the worker can compute for other visitors in between.
    features = torch.cat(
        [
            engine.worker.submit(compute, torch.cat(pictures[start : start + BATCH])).result()
            for start in range(0, len(pictures), BATCH)
        ]
    )
    known, new = features[: len(labels)], features[len(labels) :]
    result = engine.worker.submit(
        few_shot.fit, known, torch.tensor(labels), len(names), new if len(new) else None
    ).result()
    return {
        "classes": list(names),
        "names": list(names.values()),
        "accuracy": result.accuracy,
        "missed": result.errors,
        "probabilities": result.probabilities,
    }


def _decode(address: str) -> bytes:
    """The picture in a data: address."""
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except (binascii.Error, AttributeError) as error:
        raise ValidationError("not_a_picture") from error
