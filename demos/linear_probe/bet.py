"""The bet on the accuracy: a point that is dragged along the right edge of the plot (bet.js)."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup, escape

from demos.ui.page import Page

FIRST = 50  # per cent


def build(page: Page) -> gr.HTML:
    """The point and what is said of it; it belongs into the element of the plot."""

    def written(language: str) -> str:
        label = escape(page.text("train.bet", language))
        invitation = escape(page.text("train.bet.invitation", language))
        filled = {name: Markup(f"<b data-fill={name}></b>") for name in ("bet", "truth", "gap")}
        outcome = escape(page.text("train.bet.outcome", language)).format(**filled)
        point = escape(page.text("train.bet.point", language)).format(bet=Markup("<b></b>"))
        return (
            f'<div class="bet-line" hidden><span>{point}</span></div>'
            '<div class="bet-gap" hidden></div>'
            f'<input class="bet-point" type="range" min="0" max="100" value="{FIRST}" '
            f'aria-label="{label}" aria-orientation="vertical" hidden>'
            f'<p class="bet-invitation">{invitation}</p>'
            f'<p class="bet-outcome" role="status" hidden>{outcome}</p>'
        )

    return page.put(gr.HTML, "train.bet", written=written, elem_id="train-bet", padding=False)
