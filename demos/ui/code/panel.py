"""What unfolds under a result: "Show the code". The page's side is `static/code.js`.

The code is fetched when it unfolds, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime.i18n import EVERY, say
from demos.ui.code import write
from demos.ui.code.notebook import notebook
from demos.ui.code.recipe import FOLDER, NOTE, Given, Recipe
from demos.ui.photos import error_response

NOTES = {
    "stopped": "code.note.stopped",
    "changed": "code.note.changed",
    "own_data": "code.note.own_data",
    "regions": "code.note.regions",
    "own_classes": "code.note.own_classes",
}
WORDS = (
    "code.run", "code.copy", "code.copied", "code.notebook", "code.no_endpoint", "code.server",
)  # fmt: skip
LONGEST = 8_000  # characters of an address


def shown(address: str, knobs: str = "", of: str = "") -> Markup:
    """The button, and behind it the place for the code.

    Args:
        address: as of `Recipe.address`.
        knobs: names of the explorer's knobs whose values the browser adds.
        of: what is one of several results.
    """
    facts = Markup('data-code="{}" data-knobs="{}"').format(address, knobs)
    words = say(EVERY, "code.show")
    words = Markup("{}: {}").format(words, of) if of else words
    return Markup('<details class="code" {}><summary>{}</summary></details>').format(facts, words)


def routes(recipes: Mapping[str, Recipe]) -> list[Route]:
    """The addresses, for `app_kwargs` of `launch`: the code of a result, and its notebook."""

    async def answer(request: Request) -> Response:
        name, _, kind = request.path_params["name"].partition(".")
        if name not in recipes or kind not in ("", "ipynb") or len(request.url.query) > LONGEST:
            return PlainTextResponse("there is no such code", 404)
        language, recipe = request.query_params.get("lang", ""), recipes[name]
        try:
            given = recipe.read(request.query_params)
        except Exception as error:
            return error_response(language, error)
        notes = said_of(language, given, request.query_params.get(NOTE, ""))
        if not kind:
            return JSONResponse(content(language, recipe, given, notes))
        headers = {"Content-Disposition": f'attachment; filename="netglass-{name}.ipynb"'}
        text = notebook(language, recipe, given, notes)
        return Response(text, media_type="application/x-ipynb+json", headers=headers)

    return [Route(f"/{FOLDER}/{{name}}", answer)]


def said_of(language: str, given: Given, note: str) -> list[str]:
    """What is to be said of the code of one result."""
    notes = [say(language, NOTES[note])] if note in NOTES else []
    if given.own_pictures:
        names = ", ".join(given.own_pictures)
        notes.append(say(language, "code.note.own_picture", names=names))
    return notes


def content(language: str, recipe: Recipe, given: Given, notes: list[str]) -> dict:
    """What the page shows: the codes by what people call them, and the words around them."""
    codes = {
        "Python": write.python(recipe, given),
        "gradio_client": write.client(recipe, given),
        "curl": write.curl(recipe, given),
    }
    return {
        "codes": {name: text for name, text in codes.items() if text},
        "words": {key.removeprefix("code."): say(language, key) for key in WORDS},
        "notes": notes,
        "server": write.SERVER,
    }
