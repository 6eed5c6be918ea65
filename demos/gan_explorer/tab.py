"""GAN explorer: draw cats that don't exist, and move through the latent space with sliders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup, escape

from demos.gan_explorer import (
    client_engine,
    endpoints,
    layers,
    own_cat,
    recipes,
    runs,
    subtabs,
    units,
    view_recipes,
)
from demos.gan_explorer.views import (
    BLANK,
    CAT_KNOBS,
    CAT_SETTINGS,
    picture_by_address,
)
from demos.runtime.i18n import EVERY, say
from demos.ui import card, deep_links, send_to
from demos.ui.code import panel
from demos.ui.components import Choice
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry, weights
from models.gan.settings import SLIDERS, SampleSettings
from models.validation import ValidationError

NAME = "gan"
RECIPES = recipes.RECIPES + view_recipes.RECIPES
VISIBLE = 4  # of the directions; the others unfold
SETTINGS = ("truncation", "seed", "seed_b", "noise", "crossover", *SLIDERS, "layers")
DEFAULTS = {"model": registry.DEFAULT_GAN, "sheet": 0} | {
    name: SampleSettings.page_defaults()[name] for name in SETTINGS
}
# The buttons for the next sheet and a random one, and whether a click on it chooses cat A or B.
Chooser = tuple[gr.Button, gr.Button, gr.Radio]
EXPERIMENTS = (
    {"truncation": 0.0},
    {"truncation": 1.5},
    {"d1": 3.0, "d2": -3.0, "d3": 3.0, "d4": -3.0},
    {"model": "dcgan_cats64", "truncation": 1.0},
)


def per_model(texts: Mapping[str, str], css: str) -> str:
    """One text (HTML) for each generator, of which the script shows the chosen one's."""
    return "".join(
        f'<span class="{css}" data-for="{name}">{text}</span>' for name, text in texts.items()
    )


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    columns = card.build("gan-card", (5, 10, 10))
    with columns.given:
        sheet, chooser, reset, knobs = _sheet(page)
    with columns.result:
        send_buttons = _cat(page)
    with columns.knobs:
        knobs |= _sliders(page) | {"model": _models(page)}
    _background(page)
    with gr.Tabs(overflow_behavior="wrap") as page.parts[NAME]:
        knobs |= subtabs.build(page, knobs)
        own_cat.build(page, knobs, _directions)
        layers.build(page)
        units.build(page)
        subtabs.autoencoder(page)
    order = [knobs[name] for name in DEFAULTS]
    page.send_targets |= {f"{NAME}.{name}": knob for name, knob in knobs.items()}
    with send_buttons:
        cat = [knobs[name] for name in ("model", *CAT_SETTINGS)]
        send_to.buttons(page, partial(_enlarged, page), cat)
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order, check=_check)
    deep_links.listen(page, NAME, dict(zip(DEFAULTS, order, strict=True)))
    reset.click(lambda: list(DEFAULTS.values()), None, order, **PRIVATE, **LIGHT)
    _wire_pictures(page, tab, order)
    _wire_sheet(sheet, chooser, knobs)
    endpoints.expose_all(page)


def _background(page: Page) -> None:
    """What "How it works" says besides the idea."""
    page.background = [
        page.put(gr.HTML, "gan.quality", written=_quality, render=False),
        page.put(gr.Markdown, "gan.sliders", elem_classes="note", render=False),
        page.formula(r"w=w_0+\textstyle\sum_i d_i\,\sigma_i v_i", render=False),
    ]


def _enlarged(page: Page, _language: str, model: str, *values) -> str:
    return runs.enlarged(page.engine, model, **dict(zip(CAT_SETTINGS, values, strict=True)))


def _check(values: dict) -> None:
    registry.gan(values["model"])
    SampleSettings(**{name: values[name] for name in SETTINGS})


def _wire_pictures(page: Page, tab: gr.Tab, order: list[Any]) -> None:
    """Tells the script of every change of a knob."""
    event: dict[str, Any] = {
        "js": "(...values) => window.netglassGan(...values)",
        "api_visibility": "private",
    }
    for knob in order:
        knob.change(None, order, None, **event)
    tab.select(None, order, None, **event)
    page.browser_load_events.append((order, event))


def _wire_sheet(
    sheet: gr.HTML,
    chooser: Chooser,
    knobs: dict[str, gr.components.Component],
) -> None:
    following, random, which_cat = chooser

    def choose(event: gr.EventData, first, which, a, b):
        seed = int(first or 0) + event.index
        return (seed, b) if which == "a" else (a, seed)

    seeds = [knobs["seed"], knobs["seed_b"]]
    sheet.select(choose, [knobs["sheet"], which_cat, *seeds], seeds, **PRIVATE, queue=False)
    following.click(
        None,
        knobs["sheet"],
        knobs["sheet"],
        js=f"(n) => n + {SampleSettings.count}",
        api_visibility="private",
    )
    random.click(
        None,
        None,
        [knobs["sheet"], knobs["seed"]],
        js="() => {const n = Math.floor(Math.random() * 1e6); return [n, n]}",
        api_visibility="private",
    )


def _quality(language: str) -> str:
    """What was measured of each generator, from the manifest."""
    texts = {}
    for name in registry.GANS:
        try:
            entry = weights.entry(name)
            found = entry["measured"]
        except (ValidationError, KeyError):
            texts[name] = say(language, "gan.unmeasured")
            continue
        key = "gan.quality.vae" if name == registry.VAE else "gan.quality"
        texts[name] = say(
            language,
            key,
            floor=found["yardstick"]["floor"],
            distance=found["yardstick"]["frechet_distance"],
            recall=found["yardstick"]["recall"],
            millions=f"{entry['parameters']['generator'] / 1e6:.1f}",
            images=f"{entry['images']:,}",
        )
    return per_model({name: escape(text) for name, text in texts.items()}, "note")


def _models(page: Page) -> Choice:
    return page.put(
        Choice,
        "gan.model",
        choices=lambda language: [
            (page.text(f"gan.model.{n}", language), n) for n in registry.GANS
        ],
        value=registry.DEFAULT_GAN,
        elem_id="gan-model",
    )


def _sheet(page: Page) -> tuple[gr.HTML, Chooser, gr.Button, dict[str, Any]]:
    """The sheet, what chooses on it, the button that resets all, and the numbers of the cats."""
    cells = "".join(
        f'<button data-index="{i}" aria-label="{i + 1}"></button>'
        for i in range(SampleSettings.count)
    )
    sheet = page.put(
        gr.HTML,
        "gan.view.sheet",
        html_template='<div class="gan-sheet"><img data-view="sheet.png" data-when="settled" '
        f"{BLANK} "
        'data-knobs="model seed:sheet truncation" alt="${value}">'
        f'<div class="over">{cells}</div></div>',
        js_on_load="element.addEventListener('click', (e) => {"
        "const b = e.target.closest('button');"
        "if (b) trigger('select', {index: Number(b.dataset.index)})})",
        apply_default_css=False,
    )
    with gr.Row(elem_classes="run-bar"):
        random = page.put(
            gr.Button, "gan.random", variant="primary", min_width=80, elem_classes="run"
        )
        reset = page.put(gr.Button, "reset", size="sm", min_width=70, scale=0, elem_classes="reset")
    following = page.put(gr.Button, "gan.next", size="sm", min_width=80)
    which_cat = page.put(
        gr.Radio,
        "gan.hand",
        choices=lambda language: [(page.text(f"gan.hand.{h}", language), h) for h in "ab"],
        value="a",
        elem_id="gan-hand",
    )
    numbers = {}
    with _unfolding(page, "more"):
        numbers["sheet"] = page.put(
            gr.Number, "gan.sheet", DEFAULTS["sheet"], precision=0, elem_id="gan-sheet"
        )
        for name in ("seed", "seed_b"):
            numbers[name] = page.setting(SampleSettings, name, elem_id=f"gan-{name}")
    return sheet, (following, random, which_cat), reset, numbers


@contextmanager
def _unfolding(page: Page, key: str) -> Iterator[None]:
    """Like an accordion that is closed; but what is inside is on the page, so that it tells the
    script of changes that come from elsewhere."""

    def summary(language: str) -> str:
        text = escape(page.text(key, language))
        return f'<details class="gan-unfold"><summary>{text}</summary></details>'

    page.put(gr.HTML, key, written=summary)
    with gr.Column(elem_classes="gan-folded"):
        yield


def _cat(page: Page) -> gr.Column:
    """Cat A with its score; gives the place for the buttons that send it."""
    picture_by_address(page, "gan.view.cat", "cat", CAT_KNOBS, now=True, css="result gan-cat")
    page.put(gr.HTML, "gan.score", written=lambda language: _score(page, language))
    client_engine.line(page)
    gr.HTML('<div class="gan-trouble" role="alert"></div>')
    what = Markup("{} · {{seed}}").format(say(EVERY, "board.cat"))
    gr.HTML(card.show(what, ".gan-cat img", link=""))
    gr.HTML(panel.shown(recipes.CAT.address({}), CAT_KNOBS), elem_id="gan-code")
    return gr.Column(elem_classes="gan-send")


def _score(page: Page, language: str) -> str:
    """The discriminator's bar; a sentence of the generators that have none, which are not asked."""
    text = escape(page.text("gan.score", language))
    judged = " ".join(spec.name for spec in registry.GAN_SPECS if spec.name != registry.VAE)
    facts = f'data-view="score" data-knobs="{CAT_KNOBS}" data-text="{text}" data-for="{judged}"'
    none = escape(page.text("gan.score.none", language))
    return (
        f'<div class="gan-score" {facts}></div><p class="note" data-for="{registry.VAE}">{none}</p>'
    )


def _sliders(page: Page) -> dict[str, gr.components.Component]:
    """Truncation, where directions act, four of them, and four more that unfold."""
    sliders = {"truncation": page.setting(SampleSettings, "truncation")}
    styled = " ".join(spec.name for spec in registry.GAN_SPECS if spec.kind == "style")
    gr.HTML(f'<span class="gan-styled" data-for="{styled}"></span>')  # hides what comes next
    sliders["layers"] = page.setting(
        SampleSettings, "layers", choice=gr.Radio, elem_id="gan-layers", elem_classes="chips"
    )
    for position in range(VISIBLE):
        sliders |= _slider(page, position)
    with _unfolding(page, "gan.more_directions"):
        for position in range(VISIBLE, len(SLIDERS)):
            sliders |= _slider(page, position)
    what = Markup("{} · {{seed}}").format(say(EVERY, "gan.strips"))
    gr.HTML(card.show(what, ".gan-slider img[data-view]", link=""))
    view_recipes.panel_of(view_recipes.STRIPS, of=say(EVERY, "gan.strips"))
    return sliders


def _slider(page: Page, position: int) -> dict[str, gr.components.Component]:
    """A slider upon its strip: the thumb frames the picture of its value (gan_explorer.css)."""
    name, fixed = SLIDERS[position], {"direction": position + 1}
    with gr.Column(min_width=220, elem_classes="gan-slider"):
        page.put(gr.HTML, "gan.sliders", written=_directions(page, position))
        slider = page.setting(SampleSettings, name, container=False)
        picture_by_address(page, "gan.view.strip", "strip", CAT_KNOBS, fixed=fixed)
    return {name: slider}


def _directions(page: Page, position: int) -> Callable[[str], str]:
    """What a slider's two ends show in each generator, by language."""

    def written(language: str) -> str:
        texts = {
            spec.name: page.text(f"gan.direction.{spec.directions[position]}", language)
            for spec in registry.GAN_SPECS
        }
        ends = {name: escape(text).split(" ↔ ") for name, text in texts.items()}
        both = {
            name: f"<span>{low}</span><span>{high}</span>" for name, (low, high) in ends.items()
        }
        return per_model(both, "gan-direction")

    return written
