"""The accordion that says what of the photo is painted: all, the animal, the background, or what
the visitor paints on both pictures, cell by cell (regions.js)."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
import numpy as np

from demos.ui import panel
from demos.ui.page import Page
from models.style_transfer.settings import AREAS
from models.validation import ValidationError

PAINTED = "painted"
COLORS = 3
MOST_CELLS = 64 * 64  # of a picture
# The browser puts the cells in place of the last input, see regions.js.
WITH_CELLS = "(...values) => [...values.slice(0, -1), netglassRegions.cells()]"
WORDS = (
    "content", "style", "pen", "wipe", "clear", "cell", "none", "help",
)  # fmt: skip


def build(page: Page) -> tuple[gr.Radio, gr.Textbox]:
    """The choice, and what holds the cells of a run."""

    def choices(language: str) -> list[tuple[str, str]]:
        names = (*AREAS, PAINTED)
        return [(page.text(f"style.area.{name}", language), name) for name in names]

    with page.put(gr.Accordion, "style.regions", open=False):
        area = page.put(
            gr.Radio, "name.area", choices=choices, value=AREAS[0], elem_id="style-area"
        )
        panel.build(page, "style-regions", "style.regions", WORDS, shared=("press_again",))
    return area, gr.Textbox(visible=False)


def settings(chosen: dict[str, Any]) -> dict[str, Any]:
    """The settings of a run without the page's own choice."""
    return chosen | {"area": AREAS[0]} if chosen["area"] == PAINTED else chosen


def read(text: str | None) -> tuple[np.ndarray, np.ndarray]:
    """The cells of photo and style that the browser sends: JSON {"content": ["0012...", ...],
    "style": [...]}, a text a row.

    Raises:
        ValidationError: nothing was painted, or the text is none of the browser's.
    """
    try:
        given = json.loads(text or "{}")
        grids = [_grid(given[name]) for name in ("content", "style")]
    except (KeyError, TypeError, ValueError):
        raise ValidationError("nothing_painted") from None
    return grids[0], grids[1]


def _grid(rows: list[str]) -> np.ndarray:
    grid = np.array([[int(cell) for cell in row] for row in rows], np.uint8)
    if grid.ndim != 2 or not 0 < grid.size <= MOST_CELLS or grid.max() > COLORS:
        raise ValueError
    return grid
