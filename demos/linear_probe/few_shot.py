"""Few-shot classes of a visitor's own: photos stay in the browser, and pass through memory only.

Gradio's uploads are files on the server's disk; these photos are sent to routes of their own
instead, scaled down in the browser to what the network is shown, and nothing is stored. The trained
head goes to the browser, too, as a file that comes back with each photo that it is to name.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime.engine import Engine
from demos.runtime.i18n import EVERY, say
from demos.ui import card, panel
from demos.ui.page import Page
from demos.ui.photos import body_of, error_response
from models import registry
from models.validation import ValidationError

if TYPE_CHECKING:
    from models.linear_probe.saved_head import SavedHead

MAX_BYTES = 12 << 20
SHARED = ("code.show", "train.csv", "download", "press_again", "at_most")
ZIP = "application/zip"
# What the class may be shown: figures and bars, and none of the photos.
SHOWN = ".own-result > p, .own-result > .bars, .own-result table"
WORDS = (
    "name", "default", "add", "camera", "snap", "class", "train", "try", "result", "matrix",
    "right", "wrong", "empty", "photos", "remove", "remove_sure", "full", "working", "no_camera",
    "keep", "shared", "not_kept", "back", "back_head", "unmeasured", "save", "open", "export",
    "delete", "deleted", "nothing", "opened",
)  # fmt: skip


def build(page: Page) -> None:
    """The panel; the script fills it, so that a change of language leaves the photos alone."""
    page.put(gr.Markdown, "own.note")
    panel.build(page, "own", "own", WORDS, shared=SHARED)
    gr.HTML(card.show(say(EVERY, "own"), SHOWN, "tab=train&part=own"))


def routes(engine: Engine) -> list[Route]:
    """The routes that the script sends photos and heads to, for `app_kwargs` of `launch`."""

    def route(name: str, compute: Callable[[Engine, dict[str, Any]], Response]) -> Route:
        async def answer(request: Request) -> Response:
            language = request.query_params.get("lang", "")
            body = await body_of(request, MAX_BYTES)
            if body is None:
                return PlainTextResponse(say(language, "own.too_large"), status_code=413)
            try:
                return await asyncio.to_thread(lambda: compute(engine, json.loads(body)))
            except ValidationError as error:
                return error_response(language, error)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                return PlainTextResponse(say(language, "own.unreadable"), status_code=400)
            except Exception as error:
                return error_response(language, error)

        return Route(f"/own/{name}", answer, methods=["POST"])

    return [
        route("train", lambda engine, asked: JSONResponse(fit(engine, asked))),
        route("classify", lambda engine, asked: JSONResponse(classify(engine, asked))),
        route("open", lambda engine, asked: JSONResponse(opened(asked))),
        route("export", lambda engine, asked: Response(export(engine, asked), media_type=ZIP)),
    ]


def fit(engine: Engine, asked: dict[str, Any]) -> dict[str, Any]:
    """Trains a probe on a visitor's classes.

    Args:
        asked: "classes", a list of {"name": ..., "photos": [data: addresses]}, and perhaps "photo",
            a new one to classify.

    Returns:
        "classes", the positions of those that were trained (a class without photos is left out),
        and "names", theirs, trimmed; "accuracy" by cross-validation, 0..1; "predicted", for each of
        them the classes given to its photos, by index of "names"; "head", the trained one as a file
        in base64; "probabilities" of the new photo, or None.

    Raises:
        ValidationError: as `own_classes.train`, or a photo that can't be read.
        ValueError, KeyError, TypeError: it has another form.
    """
    from models.linear_probe import own_classes, saved_head

    classes = [
        (one["name"], [_decode(photo) for photo in one["photos"]]) for one in asked["classes"]
    ]
    photo = _decode(asked["photo"]) if asked.get("photo") else None
    network = engine.backbone(registry.DEFAULT_BACKBONE)
    trained = own_classes.train(classes, network, _computing(engine))
    head = trained.head
    return {
        "classes": trained.positions,
        "names": head.names,
        "accuracy": trained.accuracy,
        "predicted": trained.predicted,
        "head": base64.b64encode(saved_head.write(head)).decode(),
        "probabilities": _probabilities(engine, head, photo) if photo else None,
    }


def classify(engine: Engine, asked: dict[str, Any]) -> dict[str, Any]:
    """Names a photo by a head that was trained before.

    Args:
        asked: "head", its file in base64, and "photo", a data: address.

    Returns:
        "names" of the classes, and "probabilities".

    Raises:
        ValidationError: as `saved_head.read`, or a photo that can't be read.
        ValueError, KeyError, TypeError: it has another form.
    """
    head = _head(asked)
    photo = _decode(asked["photo"])
    return {"names": head.names, "probabilities": _probabilities(engine, head, photo)}


def opened(asked: dict[str, Any]) -> dict[str, Any]:
    """The names of a head's classes; argument and errors as of `classify`."""
    return {"names": _head(asked).names}


def export(engine: Engine, asked: dict[str, Any]) -> bytes:
    """The zip of a head, see `onnx_head.archive`; argument and errors as of `classify`."""
    head = _head(asked)
    from models.linear_probe import onnx_head

    return onnx_head.archive(head, engine.backbone(head.network))


def _head(asked: dict[str, Any]) -> SavedHead:
    """The head that was sent.

    Raises:
        ValidationError: none was, or as `saved_head.read`.
    """
    from models.linear_probe import saved_head

    if asked.get("head") is None:
        raise ValidationError("head_missing")
    try:
        content = base64.b64decode(asked["head"], validate=True)
    except binascii.Error:
        raise ValidationError("head_foreign") from None
    return saved_head.read(content)


def _probabilities(engine: Engine, head: SavedHead, photo: bytes) -> list[float]:
    """Of the head's classes, for one photo."""
    from models.linear_probe import own_classes

    network = engine.backbone(head.network)
    return head.probabilities(own_classes.features([photo], network, _computing(engine)))[
        0
    ].tolist()


def _computing(engine: Engine) -> Callable[..., Any]:
    """Calls a function in the worker, and waits for it."""
    return lambda function, *given: engine.worker.submit(function, *given).result()


def _decode(address: str) -> bytes:
    """The picture in a data: address."""
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except (binascii.Error, AttributeError) as error:
        raise ValidationError("not_a_picture") from error
