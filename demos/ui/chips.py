"""Values of a setting that are chosen by one click, beside the knob that has them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

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


def follow(chips: gr.Radio, knob: Any, values: Sequence[float]) -> gr.events.Dependency:
    """Sets the knob by the chips, and marks the chip of the knob's value if there is one.

    Returns:
        The event of the chips, for what is to follow it.
    """
    known = json.dumps(list(values))
    knob.change(None, knob, chips, js=f"(value) => {known}.includes(value) ? value : null", **JS)
    return chips.input(None, chips, knob, js="(value) => value", **JS)


def press(page: Page, buttons: Mapping[str, gr.Button], knob: Any) -> None:
    """Marks the one of `buttons` as pressed whose value the knob has; each has an `elem_id`."""
    values = json.dumps({button.elem_id: value for value, button in buttons.items()})
    event = JS | {"js": f"(value) => netglassChips.press({values}, value)"}
    knob.change(None, knob, None, **event)
    page.browser_load_events.append(([knob], event))
