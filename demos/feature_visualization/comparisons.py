"""Several at once: a dog beside a cat, a standard beside a robust network, six seeds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup, escape

from demos.feature_visualization import recipes, runs
from demos.feature_visualization.controls import DEFAULTS, Controls, request_settings
from demos.feature_visualization.runs import ROBUST, Visualization
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import EVERY, class_name, say
from demos.ui import card, deep_links, examples, progress, streams
from demos.ui.code import panel
from demos.ui.page import Page
from demos.ui.plots import bars
from models import registry

NAME = "ideal.several"  # of its runs: the main picture's have their own


class ComparisonSection:
    """The section's components, and the events between them."""

    def __init__(self, page: Page, controls: Controls):
        self.page = page
        has_robust = ROBUST in registry.PET_CLASSIFIERS
        primary: dict[str, Any] = {"variant": "primary", "min_width": 150}
        with page.put(gr.Accordion, "ideal.several", open=False):
            page.put(gr.Markdown, "ideal.several.note", elem_classes="note")
            page.put(
                gr.Markdown, "ideal.several.robust.note", elem_classes="note", visible=has_robust
            )
            with gr.Row():
                both = page.put(gr.Button, "ideal.several.dog_cat", **primary)
                seeds = page.put(gr.Button, "ideal.several.seeds", **primary)
                robust = page.put(gr.Button, "ideal.several.robust", visible=has_robust, **primary)
                stop = page.put(gr.Button, "ideal.several.stop", variant="stop", min_width=70)
            self._build_result()
        inputs = [controls.photo, *controls.ordered]
        outputs = [self.line, self.sheet, self.verdict, self.download, self.code]
        plans = {
            both: runs.dog_and_cat, robust: runs.standard_and_robust, seeds: runs.six_seeds,
        }  # fmt: skip
        for button, plan in plans.items():
            streams.start(page, button, self._event(plan), inputs, outputs, NAME, self.line)
        page.connect_stop(stop, NAME)

    def _build_result(self) -> None:
        page = self.page
        self.line = gr.HTML(elem_id="ideal-several-status")
        with gr.Row(equal_height=False):
            with gr.Column(scale=6, min_width=300):
                self.sheet = page.picture(
                    "ideal.several.sheet", height=330, elem_id="ideal-several"
                )
            with gr.Column(scale=4, min_width=260):
                self.verdict = gr.HTML(elem_id="ideal-several-verdict")
                self.download = page.put(
                    gr.DownloadButton, "download", visible=False, elem_id="ideal-several-download"
                )
                self.code = gr.HTML(elem_id="ideal-several-code")

    def _event(self, plan: Callable) -> Callable:
        """The event that streams the visualizations of `plan(settings)`."""

        def compare(run: StoppableRun, language: str, photo, *given):
            yield {self.download: gr.update(visible=False), self.verdict: "", self.code: ""}
            events = partial(runs.visualize, self.page.engine, plan(request_settings(given)), photo)
            show = partial(self._update, photo)
            yield from progress.updates(run, language, self.line, events, show)

        return compare

    def _update(self, photo: str | None, language: str, event: Progress | Result) -> dict:
        every: list[Visualization] = event.value
        image = runs.picture(every)
        update = {self.sheet: image, self.line: progress.status(language, event, every[0].step)}
        if not isinstance(event, Result):
            return update
        named = [
            (Markup("{} · {}{}").format(_class(language, one), one.settings.spec.title, seed), p)
            for one in every
            for seed, p in _by_seed(one)
        ]
        words = escape(say(language, "ideal.several.verdict"))
        return update | {
            self.verdict: f"<b>{words}</b>{bars(named, role='made')}" if named else "",
            self.download: gr.update(value=examples.png(image, "netglass-ideals"), visible=True),
            self.code: _show(every) + Markup("").join(_code(language, o, photo) for o in every),
        }


def _show(every: list[Visualization]) -> Markup:
    """The button that shows the class the sheet; its link makes the first picture."""
    named = (Markup("{} · {}").format(_class(EVERY, o), o.settings.spec.title) for o in every)
    link = deep_links.address(runs.NAME, vars(every[0].settings), DEFAULTS)
    return card.show(Markup(", ").join(named), "#ideal-several img", link)


def _code(language: str, one: Visualization, photo: str | None) -> Markup:
    """The code of one of the pictures, or of one sheet."""
    note = "" if one.step.step >= one.step.steps else "stopped"
    named = Markup("{} · {}").format(_class(language, one), one.settings.spec.title)
    return panel.shown(recipes.address(one.settings, photo, note), of=named)


def _class(language: str, one: Visualization) -> str:
    return class_name(language, one.settings.class_name)


def _by_seed(one: Visualization) -> list[tuple[str, float]]:
    """The chosen network's probability of each picture, with its seed where there are several."""
    values = one.probabilities.get(one.settings.model, [])
    if len(values) == 1:
        return [("", values[0])]
    return [(f" · {one.settings.seed + n}", value) for n, value in enumerate(values)]
