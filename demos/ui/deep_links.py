"""Prepared states: an address like /?tab=attack&photo=lemur&epsilon=8 opens a tab as it says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from urllib.parse import urlencode

import gradio as gr

from demos.ui import examples as pictures
from demos.ui.components import Choice
from demos.ui.page import Page

LONGEST = 100  # characters of a name


def address(
    tab: str,
    values: Mapping[str, object],
    usual: Mapping[str, object],
    photos: Mapping[str, tuple[str | None, str]] | None = None,
) -> str:
    """The parameters with which `listen` sets a tab again: what differs from the `usual` values,
    with which a tab opens, and the photos that are examples. A visitor's own is in no address.

    Args:
        photos: path and folder of examples by the address's name for it.
    """
    named = {name: pictures.name(kind, path) for name, (path, kind) in (photos or {}).items()}
    changed = {
        name: _written(values[name])
        for name in usual
        if name in values and values[name] != usual[name] and values[name] is not None
    }
    return urlencode({"tab": tab} | {n: photo for n, photo in named.items() if photo} | changed)


def _written(value: object) -> str:
    """A value as `read` takes it."""
    if isinstance(value, bool):
        return str(int(value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def read(value: str, component: gr.components.Component) -> object:
    """The value of a knob that an address asks for.

    Raises:
        ValueError: one that this knob can't have.
    """
    if isinstance(component, gr.Checkbox):
        return {"0": False, "1": True}[value]
    if isinstance(component, Choice | gr.Radio):
        known = {str(known): known for _, known in component.choices or []}
        if getattr(component, "allow_custom_value", False) and len(value) <= LONGEST:
            return known.get(value, value)
        return known[value]
    number = float(value)
    low, high = getattr(component, "minimum", None), getattr(component, "maximum", None)
    if (
        not math.isfinite(number)
        or (low is not None and number < low)
        or (high is not None and number > high)
    ):
        raise ValueError
    return int(number) if number == int(number) else number


def listen(
    page: Page,
    tab: str,
    knobs: Mapping[str, gr.components.Component],
    photos: Mapping[str, tuple[gr.Image, str]] | None = None,
) -> None:
    """Lets an address set `knobs` of a tab by their names, and `photos` by an example's name; what
    it gets wrong is ignored.

    Args:
        photos: the component and the folder of examples ("photos" or "styles") by the address's
            name for it.
    """
    photos = photos or {}

    def wanted(address: Mapping[str, str]) -> list:
        if address.get("tab") != tab:
            return [gr.skip()] * (len(photos) + len(knobs))
        values = []
        for name, (_, kind) in photos.items():
            path = pictures.example(kind, address.get(name, ""))
            values.append(path if path in pictures.paths(kind) else gr.skip())
        for name, component in knobs.items():
            try:
                values.append(read(address[name], component))
            except (KeyError, ValueError):
                values.append(gr.skip())
        return values

    page.on_load(wanted, [*(component for component, _ in photos.values()), *knobs.values()])
