"""The operations of generator and discriminator as diagrams, one above the other.

A tap on an operation shows its strongest channels before and after it, for cat A.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import mode

import gradio as gr
from markupsafe import escape

from demos.gan_explorer import view_recipes
from demos.gan_explorer.views import CAT_KNOBS, picture_by_address, show_class
from demos.ui.page import Page
from models import registry
from models.gan.networks import structure
from models.gan.networks.structure import Operation


def build(page: Page) -> None:
    """The sub-tab."""
    with page.section(gr.Tab, "gan.inside"):
        page.put(gr.HTML, "gan.inside", written=lambda language: diagrams(page, language))
        page.put(gr.HTML, "gan.inside.tap", html_template='<div class="gan-step">${value}</div>')
        picture_by_address(page, "gan.view.step", "step", f"{CAT_KNOBS} step")
        view_recipes.panel_of(view_recipes.STEP, f"{CAT_KNOBS} step")
        show_class("gan.inside")


def diagrams(page: Page, language: str) -> str:
    """Both networks of every generator as HTML; the script shows those of the chosen one."""
    parts = []
    for spec in registry.GAN_SPECS:
        rows = _network(page, language, "g", structure.generator_operations(spec.kind))
        if spec.kind != "vae":
            rows += _network(page, language, "d", structure.discriminator_operations(spec.kind))
        parts.append(f'<div data-for="{spec.name}">{rows}</div>')
    return f'<div class="gan-inside">{"".join(parts)}</div>'


def _network(page: Page, language: str, network: str, operations: Sequence[Operation]) -> str:
    levels = []
    for side, group in groupby(operations, lambda operation: operation.output_shape[1]):
        level = list(group)
        buttons = "".join(_button(page, language, network, operation) for operation in level)
        channels = mode(operation.output_shape[0] for operation in level)
        levels.append(f'<div class="level"><b>{side} × {side} × {channels}</b>{buttons}</div>')
    title = escape(page.text(f"gan.inside.{network}", language))
    ends = {
        key: escape(page.text(f"gan.inside.{key}", language)) for key in ("z", "picture", "score")
    }
    first, last = ("z", "picture") if network == "g" else ("picture", "score")
    row = f"<span>{ends[first]}</span>{''.join(levels)}<span>{ends[last]}</span>"
    return f'<div>{title}</div><div class="net {network}">{row}</div>'


def _button(page: Page, language: str, network: str, operation: Operation) -> str:
    name = page.text(f"gan.step.{operation.type}", language)
    (before, large), (after, side) = operation.input_shape, operation.output_shape
    shapes = f"{large} × {large} × {before} → {side} × {side} × {after}"
    title = escape(f"{name}: {shapes}")
    return (
        f'<button class="{operation.type}" data-step="{network}.{operation.name}" title="{title}">'
        f"{escape(name)}</button>"
    )
