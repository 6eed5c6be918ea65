"""GAN explorer: draw cats that don't exist, and move through the latent space with sliders."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from markupsafe import escape

from demos.gan_explorer import client_engine, endpoints, layers, runs, subtabs
from demos.gan_explorer.views import BLANK, CAT_KNOBS, CAT_SETTINGS, picture_by_address
from demos.runtime.i18n import say
from demos.ui import deep_links, send_to
from demos.ui.components import Choice
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry, weights
from models.gan.settings import SLIDERS, SampleSettings
from models.validation import ValidationError

NAME = "gan"
SETTINGS = ("truncation", "seed", "seed_b", "noise", "crossover", *SLIDERS)
DEFAULTS = {"model": registry.DEFAULT_GAN, "sheet": 0} | {
    name: SampleSettings.page_defaults()[name] for name in SETTINGS
}
EXPERIMENTS = (
    {"truncation": 0.0},
    {"truncation": 1.5},
    {"d1": 3.0, "d2": -3.0, "d3": 3.0, "d4": -3.0},
    {"model": "dcgan_cats64", "truncation": 1.0},
)


def per_model(language: str, texts: dict[str, str], css: str) -> str:
    """One text for each generator, of which the script shows the chosen one's."""
    return "".join(
        f'<span class="{css}" data-for="{name}">{escape(text)}</span>'
        for name, text in texts.items()
    )


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.put(gr.HTML, "gan.quality", written=_quality)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=280):
            model = _models(page)
            sheet, chooser = _sheet(page), _chooser(page)
        with gr.Column(scale=4, min_width=270, elem_classes="gan-hold"):
            send_buttons, knobs = _cat(page)
        with gr.Column(scale=6, min_width=300):
            reset, sliders = _sliders(page)
    knobs |= {"model": model} | sliders
    with gr.Tabs(overflow_behavior="wrap"):
        knobs |= subtabs.build(page, knobs)
        layers.build(page)
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
    chooser: tuple[gr.Button, gr.Button, gr.Radio],
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
    return per_model(language, texts, "note")


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


def _sheet(page: Page) -> gr.HTML:
    cells = "".join(
        f'<button data-index="{i}" aria-label="{i + 1}"></button>'
        for i in range(SampleSettings.count)
    )
    return page.put(
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


def _chooser(page: Page) -> tuple[gr.Button, gr.Button, gr.Radio]:
    """The next sheet, a random one, and whether a click on it chooses cat A or B."""
    with gr.Row():
        following = page.put(gr.Button, "gan.next", size="sm", min_width=80)
        random = page.put(gr.Button, "gan.random", size="sm", min_width=80)
    which_cat = page.put(
        gr.Radio,
        "gan.hand",
        choices=lambda language: [(page.text(f"gan.hand.{h}", language), h) for h in "ab"],
        value="a",
        elem_id="gan-hand",
    )
    return following, random, which_cat


def _cat(page: Page) -> tuple[gr.Column, dict[str, gr.components.Component]]:
    """Cat A with its score; the place for the buttons that send it, and the knobs below."""
    picture_by_address(page, "gan.view.cat", "cat", CAT_KNOBS, now=True, css="gan-cat")
    page.put(gr.HTML, "gan.score", written=lambda language: _score(page, language))
    client_engine.line(page)
    gr.HTML('<div class="gan-trouble" role="alert"></div>')
    send_buttons = gr.Column()
    knobs = {"truncation": page.setting(SampleSettings, "truncation")}
    small: dict[str, Any] = {"min_width": 70}
    with gr.Row():
        knobs["sheet"] = page.put(
            gr.Number, "gan.sheet", DEFAULTS["sheet"], precision=0, elem_id="gan-sheet", **small
        )
        for name in ("seed", "seed_b"):
            knobs[name] = page.setting(SampleSettings, name, elem_id=f"gan-{name}", **small)
    return send_buttons, knobs


def _score(page: Page, language: str) -> str:
    text = escape(page.text("gan.score", language))
    facts = f'data-view="score" data-knobs="{CAT_KNOBS}" data-text="{text}"'
    return f'<div class="gan-score" {facts}></div>'


def _sliders(page: Page) -> tuple[gr.Button, dict[str, gr.components.Component]]:
    """The reset button, and the eight sliders in pairs, each with its strip."""
    page.put(gr.Markdown, "gan.sliders", elem_classes="note")
    with gr.Row():
        page.formula(r"w=w_0+\textstyle\sum_i d_i\,\sigma_i v_i")
        reset = page.put(gr.Button, "gan.reset", size="sm", min_width=80, scale=0)
    sliders = {}
    for pair in range(0, len(SLIDERS), 2):
        with gr.Row():
            for position in (pair, pair + 1):
                with gr.Column(min_width=220, elem_classes="gan-slider"):
                    name, fixed = SLIDERS[position], {"direction": position + 1}
                    page.put(gr.HTML, "gan.sliders", written=_directions(page, position))
                    sliders[name] = page.setting(SampleSettings, name, container=False)
                    picture_by_address(page, "gan.view.strip", "strip", CAT_KNOBS, fixed=fixed)
    return reset, sliders


def _directions(page: Page, position: int):
    """What a slider does in each generator, by language."""

    def written(language: str) -> str:
        texts = {
            spec.name: page.text(f"gan.direction.{spec.directions[position]}", language)
            for spec in registry.GAN_SPECS
        }
        return per_model(language, texts, "gan-direction")

    return written
