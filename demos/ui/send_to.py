"""Buttons that send a picture from one tab to another; every `Photo` may be a target.

Tabs are built one after the other, so a button only says where it sends; `connect` connects all of
them when every tab is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demos.runtime.places import StoppableRun, event_number, visitor
from demos.ui import streams
from demos.ui.components import Photo
from demos.ui.page import LIGHT, PRIVATE, Page
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
    with gr.Row(elem_classes="quiet"):
        for tab in to:
            more = (also or {}) if tab == "attack" else {}
            button = page.put(gr.Button, f"send.{tab}", size="sm", min_width=110)
            targets, given = (TARGETS[tab], *more), [*inputs, *more.values()]
            page.send_buttons.append(
                SendButton(button, _packed(make, len(inputs)), given, tab, targets)
            )


def _packed(make: Callable, count: int) -> Callable:
    """`make` of the first `count` values, with the other values behind it."""
    return lambda language, *values: (make(language, *values[:count]), *values[count:])


def connect(page: Page, blocks: gr.Blocks, tabs: gr.Tabs) -> None:
    """Connects all buttons.

    The picture that a tab takes is a place: what is sent and arrives late replaces none that was
    sent, or chosen there, after it.
    """
    for key in dict.fromkeys(button.targets[0] for button in page.send_buttons):
        target = page.send_targets[key]
        if isinstance(target, Photo):
            _note_choices(page, blocks, target, _place(key))
    for button in page.send_buttons:
        outputs = [tabs, *(page.send_targets[name] for name in button.targets)]
        event = streams.stream(page, handler(button), _place(button.targets[0]), heavy=False)
        button.button.click(
            streams.once(event),
            [page.language, *button.inputs], outputs, trigger_mode="multiple", **PRIVATE, **LIGHT,
        )  # fmt: skip


def _place(key: str) -> str:
    return f"sent.{key}"


def _note_choices(page: Page, blocks: gr.Blocks, photo: Photo, place: str) -> None:
    """Notes in a place that a visitor chooses the photo, by hand or by a button that fills it."""

    def note(request: gr.Request) -> None:
        number = event_number(request)
        with page.engine.places.enter(visitor(request), place, number, heavy=False):
            pass

    buttons: list[Any] = [
        blocks.blocks[source]
        for event in blocks.fns.values()
        for source, trigger in event.targets
        if photo in event.outputs and trigger == "click" and source is not None
    ]
    gr.on(
        [photo.input, *(button.click for button in buttons)], note, None,
        trigger_mode="multiple", **PRIVATE, queue=False,
    )  # fmt: skip


def handler(button: SendButton) -> Callable:
    """The event of a button: the tab it opens, and the values of its targets."""

    def send(run: StoppableRun, language: str, *values) -> list:
        sent = button.make(language, *values)
        if sent[0] is None:
            raise ValidationError("no_picture")
        return [gr.Tabs(selected=button.tab), *sent]

    return send
