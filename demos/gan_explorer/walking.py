"""The walk from cat A to cat B, played live: its picture follows a slider that a button moves."""

from __future__ import annotations

import gradio as gr
from markupsafe import escape

from demos.gan_explorer.views import CAT_KNOBS, picture_by_address
from demos.ui.page import Page


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
