"""One click takes a picture from one tab to another: every `Photo` is a door it may go through.

Tabs are built one after the other, so a button only says where it sends; `connect` wires all of
them when the page stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from demos.page import LIGHT, PRIVATE, Page, speaks
from models.refusals import Refusal


@dataclass(frozen=True)
class Parcel:
    """A button that sends.

    Attributes:
        button: what is pressed.
        make: (language, *values of inputs) -> path of the picture, or None if there is none.
        inputs: the components that `make` is told of.
        tab: name of the tab it goes to.
        door: key of the `Photo` that takes it.
        also: components whose values go along, by the door they go through.
    """

    button: gr.Button
    make: Callable
    inputs: list[gr.blocks.Block]
    tab: str
    door: str
    also: dict[str, gr.blocks.Block]


def buttons(page: Page, make: Callable, inputs: list, also: dict | None = None) -> None:
    """Two buttons: to the attack, and to style transfer as its content.

    Args:
        make, inputs: as in `Parcel`.
        also: what the attack is told besides, as in `Parcel`.
    """
    with gr.Row():
        for key, tab, door, more in (
            ("send.attack", "attack", "attack.photo", also or {}),
            ("send.style", "style", "style.content", {}),
        ):
            button = page.put(gr.Button, key, size="sm", min_width=130)
            page.parcels.append(Parcel(button, make, inputs, tab, door, more))


def connect(page: Page, tabs: gr.Tabs) -> None:
    """Wires every button that was promised."""
    for parcel in page.parcels:
        inputs = [page.language, *parcel.also.values(), *parcel.inputs]
        outputs = [tabs, *(page.doors[name] for name in (parcel.door, *parcel.also))]
        parcel.button.click(_sender(parcel), inputs, outputs, **PRIVATE, **LIGHT)


def _sender(parcel: Parcel) -> Callable:
    count = len(parcel.also)

    @speaks
    def send(code, *values):
        path = parcel.make(code, *values[count:])
        if path is None:
            raise Refusal("no_picture")
        return [gr.Tabs(selected=parcel.tab), path, *values[:count]]

    return send
