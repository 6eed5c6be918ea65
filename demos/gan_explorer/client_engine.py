"""Generators for the visitor's own browser: their files by address, and the line on who draws.

The page's script (client_engine.js) asks which parts a generator's file has, fetches each with its
hash, and hands them to a worker (worker/), which draws what the sliders ask for. Until then, and
wherever that does not work, the pictures come from the server (views.py).
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache

import gradio as gr
from markupsafe import escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.gan_explorer.views import ViewSettings, with_messages
from demos.ui import assets
from demos.ui.page import Page
from models import registry
from models.gan.networks.structure import LAYER_GROUPS

# A browser checks a whole answer against its hash before it shows any of it: of a file in parts
# it can say how far it is.
PART_BYTES = 1 << 20
DISCRIMINATOR = ".discriminator"
STATES = ("server", "loading", "device", "failed")


@cache
def parts(model: str) -> dict[str, bytes]:
    """The parts of a generator's or a discriminator's file by name, in order; computed once. A name
    holds a hash of the content: another version has another address.

    Raises:
        ValidationError: unknown model, weights that can't be used, or no such discriminator.
    """
    from models.gan import pretrained

    name = model.removesuffix(DISCRIMINATOR)
    content = pretrained.client_file(registry.gan(name), discriminator=model != name)
    found = [content[at : at + PART_BYTES] for at in range(0, len(content), PART_BYTES)]
    return {f"{model}.{hashlib.sha256(part).hexdigest()[:16]}": part for part in found}


@cache
def described(model: str) -> list[dict[str, str]]:
    """Name and hash of each part, as the page's script takes them; raises as `parts`."""
    found = []
    for name, part in parts(model).items():
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        found.append({"name": name, "integrity": f"sha256-{digest}"})
    return found


def line(page: Page) -> gr.HTML:
    """The line that says who draws, with what the script needs to know."""
    numbers = [s for s in ViewSettings.described().values() if s.kind in (int, float)]
    settings = {s.name: [s.default, s.low, s.high, s.kind is int] for s in numbers}
    facts = f"data-worker='{assets.worker_address('gan_explorer')}'"
    facts += f" data-settings='{json.dumps(settings)}'"
    layers = {name: [*group] for name, group in LAYER_GROUPS.items()}
    facts += f" data-layers='{json.dumps(layers)}'"

    def written(language: str) -> str:
        texts = {state: page.text(f"gan.engine.{state}", language) for state in STATES}
        said = escape(json.dumps(texts, ensure_ascii=False))
        return f'<div class="gan-engine note" {facts} data-texts="{said}"></div>'

    return page.put(gr.HTML, "gan.engine.server", written=written, apply_default_css=False)


def routes() -> list[Route]:
    """The addresses, for `app_kwargs` of `launch`."""

    async def answer_parts(request: Request) -> Response:
        found = await run_in_threadpool(described, request.path_params["model"])
        return JSONResponse(found, headers={"Cache-Control": "no-cache"})

    async def answer_part(request: Request) -> Response:
        name = request.path_params["name"]
        part = (await run_in_threadpool(parts, name.rpartition(".")[0])).get(name)
        if part is None:
            return PlainTextResponse("there is no such file", 404)
        return Response(part, media_type="application/octet-stream", headers=assets.CACHE_FOREVER)

    return [
        Route("/gan/networks/{model}.json", with_messages(answer_parts)),
        Route("/gan/networks/{name}.bin", with_messages(answer_part)),
    ]
