"""The sub-tab about units: what single channels of a style layer draw (models/gan/units.py).

Everything on it is the script's own (units.js): which units are off or three times as strong, and
the cells inside which they are. The picture follows like those of the sliders.
"""

from __future__ import annotations

import json

import gradio as gr
from markupsafe import escape

from demos.gan_explorer import recipes
from demos.gan_explorer.views import BLANK, CAT_KNOBS, picture_by_address, show_class
from demos.runtime import i18n
from demos.ui.code import panel
from demos.ui.page import Page
from models import registry
from models.gan.networks.structure import style_shape
from models.gan.settings import CELLS, DEFAULT_UNIT_LAYER
from models.registry import GanSpec

KNOBS = f"{CAT_KNOBS} units cells"  # of the changed picture
FACTORS = {"off": 0, "strong": 3}


def build(page: Page) -> None:
    """The sub-tab."""
    with page.section(gr.Tab, "gan.units"), gr.Row(elem_classes="gan-units"):
        with gr.Column(scale=2, min_width=280):
            with gr.Row():
                with gr.Column(min_width=120):
                    page.put(gr.Markdown, "gan.units.before", elem_classes="note")
                    picture_by_address(page, "gan.view.cat", "cat", CAT_KNOBS, now=True)
                with gr.Column(min_width=120):
                    page.put(gr.Markdown, "gan.units.after", elem_classes="note")
                    _painted(page)
            page.put(gr.HTML, "gan.units.everywhere", written=lambda lang: _buttons(page, lang))
            show_class("gan.units", ".gan-units img:not(.unit img)")
            gr.HTML(panel.shown(recipes.UNITS.address({}), KNOBS), elem_id="gan-units-code")
        with gr.Column(scale=3, min_width=280):
            page.put(gr.HTML, "gan.units", written=lambda language: _boards(page, language))


def _painted(page: Page) -> None:
    """The changed cat under the grid of cells."""

    def written(language: str) -> str:
        alt, label = (escape(page.text(f"gan.{key}", language)) for key in ("view.units", "cells"))
        cell = page.text("gan.cell", language)
        names = (cell.format(row=n // CELLS + 1, column=n % CELLS + 1) for n in range(CELLS**2))
        cells = "".join(
            f'<button type="button" data-cell="{n}" aria-pressed="false" '
            f'tabindex="{-1 if n else 0}" aria-label="{escape(name)}"></button>'
            for n, name in enumerate(names)
        )
        img = (
            f'<img data-view="units.png" data-knobs="{KNOBS}" data-when="now" {BLANK} alt="{alt}">'
        )
        group = f'<div class="over" role="group" aria-label="{label}">{cells}</div>'
        return f'<div class="gan-cells">{img}{group}</div>'

    page.put(gr.HTML, "gan.cells", written=written, apply_default_css=False)


def _buttons(page: Page, language: str) -> str:
    everywhere, reset = (page.text(f"gan.units.{key}", language) for key in ("everywhere", "reset"))
    return (
        f'<div class="gan-units-reset"><button type="button" data-clear="cells">'
        f'{escape(everywhere)}</button><button type="button" data-clear="units">'
        f"{escape(reset)}</button></div>"
    )


def _boards(page: Page, language: str) -> str:
    """The boards of every generator; the script shows that of the chosen layer."""
    styled = [spec for spec in registry.GAN_SPECS if spec.units]
    others = " ".join(spec.name for spec in registry.GAN_SPECS if not spec.units)
    none = escape(page.text("gan.units.none", language))
    parts = [f'<p data-for="{others}">{none}</p>']
    for spec in styled:
        boards = "".join(_board(page, language, spec, *each) for each in spec.units)
        parts.append(f'<div data-for="{spec.name}">{_layers(page, language, spec)}{boards}</div>')
    return "".join(parts)


def _layers(page: Page, language: str, spec: GanSpec) -> str:
    """The switch between layers, by the size of their maps."""
    label = escape(page.text("gan.units.layer", language))
    buttons = "".join(
        f'<button type="button" data-layer="{layer}" '
        f'aria-pressed="{str(str(layer) == DEFAULT_UNIT_LAYER).lower()}">{side} × {side}</button>'
        for layer, side in ((layer, style_shape(layer)[1]) for layer, _ in spec.units)
    )
    return f'<div class="gan-layers" role="group" aria-label="{label}">{label} {buttons}</div>'


def _board(page: Page, language: str, spec: GanSpec, layer: int, numbers: tuple[int, ...]) -> str:
    cards = "".join(_card(page, language, spec, layer, unit) for unit in numbers)
    hidden = "" if str(layer) == DEFAULT_UNIT_LAYER else " hidden"
    return f'<div class="board" data-board="{layer}"{hidden}>{cards}</div>'


def _card(page: Page, language: str, spec: GanSpec, layer: int, unit: int) -> str:
    """A unit's heat map, its name, and its two buttons."""
    number = page.text("gan.unit", language).format(number=unit)
    key = f"gan.unit.{spec.name}.{layer}.{unit}"
    named = page.text(key, language) if key in i18n.texts(i18n.DEFAULT) else ""
    name = escape(named or number)
    shown = f"<b>{name}</b> <small>{unit}</small>" if named else f"<span>{name}</span>"
    alt = escape(page.text("gan.view.unit", language).format(name=named or number))
    fixed = json.dumps({"unit": f"{layer}-{unit}"})
    buttons = "".join(
        f'<button type="button" data-unit="{layer}-{unit}" data-factor="{factor}" '
        f'aria-pressed="false" aria-label="{name}: {escape(text)}">{escape(text)}</button>'
        for text, factor in (
            (page.text(f"gan.units.{key}", language), factor) for key, factor in FACTORS.items()
        )
    )
    return (
        f'<div class="unit"><img data-view="unit.png" data-knobs="{CAT_KNOBS}" '
        f'data-when="settled" data-fixed=\'{fixed}\' {BLANK} alt="{alt}">'
        f'<div>{shown}</div><div class="switch">{buttons}</div></div>'
    )
