"""The accordion that paints the same pair in three ways."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Waiting
from demos.runtime.i18n import EVERY, say
from demos.style_transfer import controls, recipes, regions_panel, runs
from demos.ui import card, progress, streams
from demos.ui.code import panel
from demos.ui.page import Page

WAYS = "style.ways"  # the place, too


class ComparisonSection:
    """The accordion."""

    def __init__(self, page: Page):
        self.page = page
        with page.put(gr.Accordion, WAYS, open=False, elem_classes="run-scope"):
            page.put(gr.Markdown, "style.ways.note")
            with gr.Row():
                self.run = page.put(gr.Button, "style.ways.run", scale=0, min_width=160)
                self.stop = page.put(gr.Button, "style.ways.stop", variant="stop", scale=0)
            self.line = gr.HTML(elem_id="style-ways-status")
            with gr.Row(elem_id="style-ways"):
                self.ways = {key: _build_way() for key in runs.WAYS}
            self.code = gr.HTML(elem_id="style-ways-code")

    def connect(self, inputs: Sequence[gr.components.Component]) -> None:
        """Wires the events; `inputs` are those of a painting, the two pictures first."""
        page, emptied = self.page, {self.line: ""} | self._nothing()
        about = streams.empty_on_change(page, inputs[:2], emptied, WAYS)
        streams.start(
            page, self.run, self.paint, inputs, [*emptied], WAYS, self.line,
            js=regions_panel.WITH_CELLS, **about,
        )  # fmt: skip
        page.connect_stop(self.stop, WAYS)

    def paint(self, run: StoppableRun, language: str, *given):
        """Streams each way's picture, and what it took so far."""
        asked = controls.request(*given)
        yield self._nothing()
        for way in runs.compare(self.page.engine, asked, run):
            if isinstance(way, Waiting | Loading):
                yield {self.line: progress.waiting(language, way)}
                continue
            seconds = f"{way.seconds:.2f}" if way.steps is None else f"{way.seconds:.1f}"
            image, words = self.ways[way.key]
            took = say(language, way.key, seconds=seconds, steps=way.steps)
            shown = gr.update(value=way.image, visible=True)
            yield {self.line: "", image: shown, words: took}
        if not run.is_set():
            button = card.show(say(EVERY, WAYS), "#style-ways img", controls.link(asked))
            code = panel.shown(recipes.painting(asked, {}, True, recipes.WAYS))
            yield {self.code: button + code}

    def _nothing(self) -> dict:
        nothing = (gr.update(value=None, visible=False), "")
        pairs = [pair for way in self.ways.values() for pair in zip(way, nothing, strict=True)]
        return dict(pairs) | {self.code: ""}


def _build_way() -> tuple[gr.Image, gr.HTML]:
    """The picture of one way, and what it took."""
    with gr.Column(min_width=200):
        return gr.Image(
            show_label=False, format="png", buttons=["fullscreen"], interactive=False,
            visible=False,
        ), gr.HTML()  # fmt: skip
