"""The pattern of every tab: what goes in on the left, the result in the middle, knobs on the right.

On a phone the result comes first and stays in sight, and the button that runs is a bar at the foot
of the screen (static/card.css).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import gradio as gr
from markupsafe import Markup, escape

from demos.runtime.i18n import EVERY, say
from demos.ui.code import panel
from demos.ui.page import Page


@dataclass(frozen=True)
class Card:
    """The columns of a card, to be filled by `with`.

    Attributes:
        given: what the result is made from: photo, examples.
        result: the result, the line that says what it is of, one sentence of why.
        knobs: the buttons, at most three knobs, and "More".
    """

    given: gr.Column
    result: gr.Column
    knobs: gr.Column


def build(elem_id: str, scales: tuple[int, int, int] = (3, 6, 3)) -> Card:
    """The three empty columns; `scales` are their shares of the width."""
    with gr.Row(equal_height=False, elem_id=elem_id, elem_classes="card"):
        columns = [
            gr.Column(scale=scale, min_width=240, elem_classes=f"card-{name}")
            for name, scale in zip(("given", "result", "knobs"), scales, strict=True)
        ]
    return Card(*columns)


class Section:
    """Base of a tab or a section that is laid out as a card; subclasses fill the columns."""

    def __init__(self, page: Page, elem_id: str, scales: tuple[int, int, int] = (3, 6, 3)) -> None:
        """`elem_id` and `scales` as in `build`."""
        self.page = page
        self.columns = build(elem_id, scales)
        with self.columns.given:
            self._build_given()
        with self.columns.result:
            self._build_result()
        with self.columns.knobs:
            self._build_knobs()

    def _build_given(self) -> None:
        """What the result is made from."""

    def _build_result(self) -> None:
        """The result, which may show what `_build_given` has chosen."""

    def _build_knobs(self) -> None:
        """The run bar and the knobs."""


class Origin:
    """The line under a result that says what it is of, and that dims the result as soon as the page
    shows another photo, class or network.

    The browser compares what the line says with the controls (static/card.js).

    Attributes:
        line: the component; what `origin` gives goes there.
    """

    def __init__(self, card: str, value: str = ""):
        """`card` is the `elem_id` of the card whose `.result` is dimmed."""
        self.card = card
        self.line = gr.HTML(value, elem_id=f"{card}-origin", elem_classes="origin")

    def follow(self, page: Page, subject: Sequence[Any]) -> None:
        """Compares results with the values of `subject`, whose order `origin` is told them in."""
        watch: dict = {
            "js": f"(...values) => netglassCard.chosen({json.dumps(self.card)}, values)",
            "api_visibility": "private",
        }
        gr.on([one.change for one in subject], None, list(subject), None, **watch)
        page.browser_load_events.append((list(subject), watch))


def origin(
    what: str,
    subject: Sequence[object],
    example: bool = False,
    code: str = "",
    link: str = "",
    found: Mapping[str, float] | None = None,
) -> str:
    """What `Origin.line` shows of a result, with the button that shows it to the class
    (demos/board/pins.js), which is there while the page is on a board.

    Args:
        what: the words behind "made with", as `say(EVERY, ...)` gives them.
        subject: the values of the components that `Origin.follow` was told.
        example: the result was made before.
        code: the address of its code, as `Recipe.address` gives it.
        link: the settings that it was made with, as `deep_links.address` gives them.
        found: what it has reached, see `demos.board.settings.FoundSettings`.
    """
    values = escape(json.dumps([_plain(value) for value in subject]))
    made = say(EVERY, "result.made_with", what=what)
    label = Markup('<b class="example">{}</b> ').format(say(EVERY, "result.example"))
    stale = Markup('<p class="stale-note" role="status">{}</p>').format(say(EVERY, "result.stale"))
    reached = escape(json.dumps({} if example else dict(found or {})))
    line = Markup(
        '<div data-subject="{}" data-link="{}" data-found="{}"><p>{}<span>{}</span></p>{}{}</div>'
    ).format(values, link, reached, label if example else "", made, show_button(), stale)
    return line + panel.shown(code) if code else line


def show_button() -> Markup:
    """The button that shows a result to the class."""
    words = say(EVERY, "board.show")
    return Markup('<button type="button" class="show-class">{}</button>').format(words)


def show(what: str, shown: str, link: str, found: Mapping[str, float] | None = None) -> Markup:
    """The button that shows the class a result without an `Origin` line.

    Args:
        what: what it is, as `say(EVERY, ...)` gives it; "{seed}" is the explorer's cat A.
        shown: a CSS selector of the elements that are the result, in the tab around the button.
        link: as in `origin`; one without a tab is added to that of the explorer's knobs, which its
            script knows.
        found: as in `origin`.
    """
    reached = escape(json.dumps(dict(found or {})))
    return Markup(
        '<div data-shown="{}" data-link="{}" data-found="{}"><p hidden><span>{}</span></p>{}</div>'
    ).format(shown, link, reached, what, show_button())


def is_of(line: str | None, subject: Sequence[object]) -> bool:
    """Whether `line`, the value of an `Origin.line`, speaks of a result of this subject."""
    found = re.search('data-subject="(.*?)"', line or "")
    if found is None:
        return False
    return json.loads(unescape(found[1])) == [_plain(value) for value in subject]


def _plain(value: object) -> str:
    """A value as the browser's `String` writes it."""
    if value is None:
        return ""
    if isinstance(value, dict):  # a picture as a component holds it
        return value["path"]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
