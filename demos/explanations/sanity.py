"""The section "Would it look the same with random weights?"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from demos.explanations import controls, recipes, runs, views
from demos.explanations.runs import SANITY, Checked
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import EVERY, say
from demos.ui import card, progress, streams
from demos.ui.components import NO_PICTURE, picture
from demos.ui.page import Page
from models.explanations.settings import METHODS


class SanitySection:
    """The section's components.

    Args:
        inputs: photo, network, class, and the other controls in their order.
    """

    def __init__(self, page: Page, inputs: Sequence[Any]):
        self.page, self.inputs = page, [*inputs]
        with page.section(gr.Accordion, "see.sanity", open=False, elem_classes="run-scope"):
            with gr.Row(elem_classes="run-bar"):
                self.run, self.stop = page.run_and_stop("see.sanity.run")
            self.line = gr.HTML()
            with gr.Row(elem_classes="see-pictures", elem_id="see-random"):
                self.pictures = {
                    method: page.picture(f"see.method.{method}", visible=False, min_width=120)
                    for method in METHODS
                }
            self.said = gr.HTML(elem_id="see-correlations")

    def connect(self) -> None:
        """Wires the events."""
        page = self.page
        self.emptied: dict[Any, Any] = {self.line: "", self.said: ""}
        self.emptied |= dict.fromkeys(self.pictures.values(), NO_PICTURE)
        about = streams.empty_on_change(page, self.inputs[:3], self.emptied, SANITY)
        streams.start(
            page, self.run, self.compare_with_random, self.inputs, [*self.emptied], SANITY,
            self.line, **about,
        )  # fmt: skip
        page.connect_stop(self.stop, SANITY)

    def compare_with_random(self, run: StoppableRun, language: str, photo, *values):
        """Streams the check."""
        yield {c: value for c, value in self.emptied.items() if c is not self.line}
        asked = controls.request(photo, values)
        events = partial(runs.check, self.page.engine, asked)
        shown: set[str] = set()
        step = partial(self._step, asked, shown)
        yield from progress.updates(run, language, self.line, events, step)

    def _step(
        self,
        asked: runs.ExplanationRequest,
        shown: set[str],
        language: str,
        event: Progress[Checked] | Result[Checked],
    ) -> dict:
        subject, step = event.value.subject, event.value.step
        update: dict[Any, Any] = {self.line: progress.status(language, event, step)}
        for method in step.found.keys() - shown:
            drawn = runs.drawn(subject.shown, method, step.found[method].random)
            update[self.pictures[method]] = picture(drawn)
            shown.add(method)
            update[self.said] = views.correlations(language, step.found)
        if isinstance(event, Result) and len(step.found) == len(METHODS):
            code = recipes.address(asked.settings, str(asked.image), recipe=recipes.RANDOM)
            link = controls.link(asked.image, asked.settings)
            button = card.show(say(EVERY, "see.sanity"), "#see-random img", link)
            update[self.said] = button + Markup(views.correlations(language, step.found, code))
        return update
