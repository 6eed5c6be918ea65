"""The walk from cat A to cat B, played live: its picture follows a slider that a button moves. And
a film of a walk through several cats, to keep."""

from __future__ import annotations

import json
import re

import gradio as gr
from markupsafe import escape

from demos.gan_explorer import recipes, runs
from demos.gan_explorer.views import BLANK, CAT_KNOBS, picture_by_address, show_class
from demos.ui import films, streams
from demos.ui.code import panel
from demos.ui.page import LIGHT, PRIVATE, Page
from models.gan.settings import MAX_STOPS, SLIDERS, SampleSettings, WalkSettings
from models.validation import ValidationError

SLERP = (
    r"\mathrm{slerp}(z_a,z_b;t)=\frac{\sin((1-t)\Omega)}{\sin\Omega}z_a"
    r"+\frac{\sin(t\Omega)}{\sin\Omega}z_b"
)
SEPARATORS = re.compile(r"[\s,;]+")
# A further cat is no more than the last: one that finds no room is not taken.
ADD = f"""(text, seed) => {{
  const stops = text.split(/[\\s,;]+/).filter(Boolean);
  return stops.length < {MAX_STOPS} ? [...stops, seed].join(", ") : text;
}}"""


def build(page: Page, knobs: dict[str, gr.components.Component]) -> None:
    """The sub-tab; `knobs` choose cat A and cat B."""
    with page.section(gr.Tab, "gan.walk", SLERP):
        with gr.Row():
            with gr.Column(min_width=240):
                live(page)
            with gr.Column(min_width=240):
                stops = _stops(page, knobs["seed"])
                frames = page.setting(SampleSettings, "frames")
                go = page.put(gr.Button, "gan.walk.go")
                downloads = films.buttons(page, "gan-walk")
            film = page.picture("gan.film", format="gif", height=300, elem_id="gan-film")
        show_class("gan.walk", "img[data-view='walk.png'], #gan-film img")
        code = gr.HTML(elem_id="gan-walk-code")
    names = ("seed", "seed_b", "truncation", *SLIDERS, "layers")

    def make(run, language, model, text, count, *values):
        given = dict(zip(names, values, strict=True))
        settings = WalkSettings(stops=numbers(text), frames=count, closed=True, **given)
        paths = runs.walk_films(page.engine, model, settings, films.kinds())
        address = recipes.WALK.address(vars(settings) | {"model": model, "format": "gif"})
        return paths[0], *films.downloads(paths), panel.shown(address)

    inputs = [page.language, knobs["model"], stops, frames, *(knobs[name] for name in names)]
    go.click(
        streams.stream(page, make, "gan.walk", heavy=False), inputs, [film, *downloads, code],
        trigger_mode="multiple", **PRIVATE, **LIGHT,
    )  # fmt: skip


def live(page: Page) -> None:
    """The picture, its slider from A to B and the button that plays it; see walk.js."""
    picture_by_address(page, "gan.view.walk", "walk", f"{CAT_KNOBS} seed_b t", now=True)
    page.put(gr.HTML, "gan.walk.play", written=lambda language: _controls(page, language))


def _controls(page: Page, language: str) -> str:
    play, where = (escape(page.text(f"gan.walk.{key}", language)) for key in ("play", "t"))
    return (
        f'<div class="gan-walk"><button type="button" aria-pressed="false">{play}</button>'
        f'<input type="range" min="0" max="1" step="0.01" value="0" aria-label="{where}"></div>'
    )


def _stops(page: Page, seed: gr.components.Component) -> gr.Textbox:
    """The cats on the way: their numbers as a text, their pictures, and a button for one more."""
    stops = page.put(gr.Textbox, "gan.stops", value="", max_lines=1, elem_id="gan-stops")
    shown = gr.HTML(elem_id="gan-stops-shown")
    with gr.Row(elem_classes="quiet"):
        add = page.put(gr.Button, "gan.stops.add", size="sm", min_width=80)
        clear = page.put(gr.Button, "gan.stops.clear", size="sm", min_width=80)
    add.click(None, [stops, seed], stops, js=ADD, api_visibility="private")
    clear.click(None, None, stops, js="() => ''", api_visibility="private")
    stops.change(pictures, stops, shown, trigger_mode="always_last", **PRIVATE, queue=False)
    return stops


def numbers(text: str | None) -> list | None:
    """The numbers of a text; None for an empty one. What is no number stays as it is, to be
    refused."""
    found = [part for part in SEPARATORS.split(text or "") if part]
    return [int(part) if part.isdecimal() and len(part) < 20 else part for part in found] or None


def pictures(text: str) -> str:
    """The cats on the way as pictures that follow the knobs; none while the text is not right."""
    try:
        stops = [SampleSettings(seed=each).seed for each in (numbers(text) or [])[:MAX_STOPS]]
    except ValidationError:
        return ""
    shown = "".join(
        f'<figure><img data-view="cat.png" data-knobs="{CAT_KNOBS}" data-when="settled" '
        f"data-fixed='{json.dumps({'seed': stop})}' {BLANK} alt=\"{stop}\">"
        f"<figcaption>{stop}</figcaption></figure>"
        for stop in stops
    )
    return f'<div class="gan-stops">{shown}</div>'
