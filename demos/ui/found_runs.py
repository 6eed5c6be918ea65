"""A page that was loaded anew finds its runs: what it chose, how far they are, and their results.

The script (`static/runs.js`) asks which places something is kept for, and presses the button
of each as soon as the place is on the page. The button brings back what the visitor had chosen;
then an event follows the run, which overtakes what the page sent by itself while it was loaded.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demos.runtime.engine import Engine
from demos.runtime.places import event_number, run_key, visitor, well_formed
from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from demos.ui.streams import Started
from models.validation import ValidationError

KEY_LETTERS = 32


def connect(page: Page) -> None:
    """Makes the buttons and their events, one for each place in which something can be started."""
    for number, (place, started) in enumerate(page.started.items()):
        button = gr.Button(visible="hidden", elem_id=f"found-run-{number}")
        line = started[0].line
        if line.elem_id is None:  # the page's script finds it by its name
            line.elem_id = f"found-run-line-{number}"
        page.engine.found[place] = {
            "button": f"found-run-{number}",
            "line": line.elem_id,
        }
        _connect(page, button, place, started)


def _connect(page: Page, button: gr.Button, place: str, started: list[Started]) -> None:
    first, kept = started[0], page.engine.kept
    outputs = list(dict.fromkeys(c for each in started for c in each.outputs))
    controls = list(dict.fromkeys(c for each in started for c in each.controls))

    def find(request: gr.Request) -> Any:
        run = kept.of(visitor(request), place)
        return {c: gr.update(value=value) for c, value in run.given.items()} if run else gr.skip()

    def follow(request: gr.Request, _language: str):
        whose, session = visitor(request), request.session_hash
        if run := kept.of(whose, place):
            page.engine.places.come_back(whose, place, event_number(request))
            try:
                yield from run.follow(session)
            except ValidationError:
                kept.forget(whose, place)
                raise
        yield gr.skip()

    found = button.click(find, None, controls, **PRIVATE, **LIGHT)
    found.then(
        localize_errors(follow, first.labels), page.language, outputs,
        trigger_mode="multiple", **PRIVATE, **first.group,
    )  # fmt: skip


def routes(engine: Engine) -> list[Route]:
    """Where a page asks what is kept for it, and says that it is closed; for `app_kwargs`."""

    async def kept(request: Request) -> Response:
        key = run_key(request)
        if key is None:
            return JSONResponse([])
        engine.left.come_back(key)
        places = engine.kept.places(key)
        engine.places.loaded_anew(key, places)
        return JSONResponse([engine.found[place] for place in places if place in engine.found])

    async def left(request: Request) -> Response:
        is_long = request.headers.get("content-length") != str(KEY_LETTERS)
        key = "" if is_long else (await request.body()).decode("latin-1")
        if well_formed(key):
            engine.left.leave(key)
        return Response(status_code=204)

    return [Route("/runs", kept), Route("/runs/left", left, methods=["POST"])]
