"""Buttons that send a picture from one tab to another; every `Photo` may be a target.

Tabs are built one after the other, so a button only says where it sends; `connect` connects all of
them when every tab is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from models.validation import ValidationError

# The tabs that take a picture from anywhere, and the component that takes it.
TARGETS = {"attack": "attack.photo", "style": "style.content", "pets": "pets.photo"}


@dataclass(frozen=True)
class SendButton:
    """A button that sends.

    Attributes:
        button: what is pressed.
        make: (language, *values of inputs) -> the values of the targets, in their order; the
            first is mostly the path of a picture, and None if there is none.
        inputs: the components that `make` is told of.
        tab: name of the tab it goes to.
        targets: keys of the components that take it, see `Page.send_targets`.
    """

    button: gr.Button
    make: Callable
    inputs: list[gr.blocks.Block]
    tab: str
    targets: tuple[str, ...]


def buttons(
    page: Page,
    make: Callable,
    inputs: list,
    to: tuple[str, ...] = tuple(TARGETS),
    also: dict[str, gr.blocks.Block] | None = None,
) -> None:
    """One button for each of the tabs `to`.

    Args:
        make: (language, *values of inputs) -> path of the picture, or None if there is none.
        inputs: the components that `make` is told of.
        also: components whose values go along to the attack, by the key of their target.
    """
    with gr.Row():
        for tab in to:
            more = (also or {}) if tab == "attack" else {}
            button = page.put(gr.Button, f"send.{tab}", size="sm", min_width=130)
            targets, given = (TARGETS[tab], *more), [*inputs, *more.values()]
            page.send_buttons.append(
                SendButton(button, _packed(make, len(inputs)), given, tab, targets)
            )


def _packed(make: Callable, count: int) -> Callable:
    """`make` of the first `count` values, with the other values behind it."""
    return lambda language, *values: (make(language, *values[:count]), *values[count:])


def connect(page: Page, tabs: gr.Tabs) -> None:
    """Connects all buttons."""
    for button in page.send_buttons:
        outputs = [tabs, *(page.send_targets[name] for name in button.targets)]
        button.button.click(
            handler(button), [page.language, *button.inputs], outputs, **PRIVATE, **LIGHT
        )


def handler(button: SendButton) -> Callable:
    """The event of a button: the tab it opens, and the values of its targets."""

    @localize_errors
    def send(language, *values):
        sent = button.make(language, *values)
        if sent[0] is None:
            raise ValidationError("no_picture")
        return [gr.Tabs(selected=button.tab), *sent]

    return send
