"""One click takes a picture from one tab to another: every `Photo` is a door it may go through.

Tabs are built one after the other, so a button only says where it sends; `connect` wires all of
them when the page stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from demos.ui.page import LIGHT, PRIVATE, Page, speaks
from models.validation import ValidationError

# The tabs that take a picture from anywhere, and the door of each.
TO = {"attack": "attack.photo", "style": "style.content", "pets": "pets.photo"}


@dataclass(frozen=True)
class Parcel:
    """A button that sends.

    Attributes:
        button: what is pressed.
        make: (language, *values of inputs) -> what goes through the doors, in their order; the
            first is mostly the path of a picture, and None if there is none.
        inputs: the components that `make` is told of.
        tab: name of the tab it goes to.
        doors: keys of the components that take it, see `Page.doors`.
    """

    button: gr.Button
    make: Callable
    inputs: list[gr.blocks.Block]
    tab: str
    doors: tuple[str, ...]


def buttons(
    page: Page,
    make: Callable,
    inputs: list,
    to: tuple[str, ...] = tuple(TO),
    also: dict[str, gr.blocks.Block] | None = None,
) -> None:
    """One button for each of the tabs `to`.

    Args:
        make: (language, *values of inputs) -> path of the picture, or None if there is none.
        inputs: the components that `make` is told of.
        also: components whose values go along to the attack, by the door they go through.
    """
    with gr.Row():
        for tab in to:
            more = (also or {}) if tab == "attack" else {}
            button = page.put(gr.Button, f"send.{tab}", size="sm", min_width=130)
            doors, given = (TO[tab], *more), [*inputs, *more.values()]
            page.parcels.append(Parcel(button, _packed(make, len(inputs)), given, tab, doors))


def _packed(make: Callable, count: int) -> Callable:
    """`make` of the first `count` values, with the other values behind it."""
    return lambda code, *values: (make(code, *values[:count]), *values[count:])


def connect(page: Page, tabs: gr.Tabs) -> None:
    """Wires every button that was promised."""
    for parcel in page.parcels:
        outputs = [tabs, *(page.doors[name] for name in parcel.doors)]
        parcel.button.click(
            _sender(parcel), [page.language, *parcel.inputs], outputs, **PRIVATE, **LIGHT
        )


def _sender(parcel: Parcel) -> Callable:
    @speaks
    def send(code, *values):
        sent = parcel.make(code, *values)
        if sent[0] is None:
            raise ValidationError("no_picture")
        return [gr.Tabs(selected=parcel.tab), *sent]

    return send
