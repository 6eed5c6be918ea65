"""Panels that a script of their own fills, so that a change of language leaves their content alone.

The page brings an empty element and its words; `netglassPanel.watch` in panel.js hands both over.
"""

from __future__ import annotations

import json

import gradio as gr
from markupsafe import escape

from demos.ui.page import Page


def build(
    page: Page,
    name: str,
    family: str,
    words: tuple[str, ...],
    css: str = "",
    shared: tuple[str, ...] = (),
) -> None:
    """The empty element `name`, and beside it the texts `family.*` of `words`.

    Args:
        css: a class of the component around the element.
        shared: whole keys of further texts.
    """

    def written(language: str) -> str:
        keys = {word: f"{family}.{word}" for word in words} | {key: key for key in shared}
        said = json.dumps({word: page.text(key, language) for word, key in keys.items()})
        return f'<div id="{name}-words" hidden data-words="{escape(said)}"></div>'

    gr.HTML(
        f'<div id="{name}" class="script-panel"></div>', elem_id=f"{name}-block", elem_classes=css
    )
    page.put(gr.HTML, f"{family}.{words[0]}", written=written, elem_id=f"{name}-words-block")
