"""Values of a setting that are chosen by one click, beside the slider that has them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demos.ui.components import Knob
from demos.ui.page import Page
from models.validation import Settings

JS: dict[str, Any] = {"api_visibility": "private"}


def build(
    page: Page,
    kind: type[Settings],
    name: str,
    values: Sequence[float],
    text: Callable[[str, float], str],
) -> gr.Radio:
    """The values of setting `name` in a row, under its label and its sentence.

    Args:
        text: `text(language, value)` is what the page calls a value.
    """
    described = kind.described()[name]

    def choices(language: str) -> list[tuple[str, float]]:
        return [(text(language, value), value) for value in values]

    return page.put(
        gr.Radio, described.key, choices=choices, value=described.page_default,
        elem_classes="chips", elem_id=f"{name.replace('_', '-')}-chips",
    )  # fmt: skip


def follow(chips: gr.Radio, knob: Knob, values: Sequence[float]) -> gr.events.Dependency:
    """Sets the slider by the chips, and marks the chip of the slider's value if there is one.

    Returns:
        The event of the chips, for what is to follow it.
    """
    known = json.dumps(list(values))
    knob.change(None, knob, chips, js=f"(value) => {known}.includes(value) ? value : null", **JS)
    return chips.input(None, chips, knob, js="(value) => value", **JS)
