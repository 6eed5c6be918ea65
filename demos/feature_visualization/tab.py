"""Ideal class: what a network takes for the perfect Siamese cat (Simonyan et al. 2014)."""

from __future__ import annotations

from functools import partial

import gradio as gr

from demos.feature_visualization import controls, endpoints, runs, views
from demos.feature_visualization.comparisons import ComparisonSection
from demos.feature_visualization.controls import DEFAULTS
from demos.feature_visualization.runs import NAME, Visualization
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import say
from demos.ui import card, deep_links, examples, progress, streams
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.feature_visualization.settings import METHODS, VisualizationSettings

ONE_CLICK = {
    "ideal.siamese_cat": "Siamese cat",
    "ideal.zebra": "zebra",
    "ideal.golden_retriever": "golden retriever",
}
# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"method": "plain", "steps": 64},
    {"method": "variation", "tv_weight": 10.0},
    {"method": "fourier", "tv_weight": 0.0},
    {"method": "fourier", "class_name": "hammer"},
    {"decorrelated": False},
    {"method": "plain", "layer": "blocks.3", "channel": 11, "steps": 128},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    VisualizationTab(page).connect()
    endpoints.expose_all(page)


class VisualizationTab:
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        self.page = page
        columns = card.build("ideal-card")
        self.controls = controls.build(page, columns, self._build_buttons)
        with columns.result:
            self._build_result()
        ComparisonSection(page, self.controls)
        page.experiments(
            NAME, EXPERIMENTS, DEFAULTS, self.controls.ordered,
            lambda values: VisualizationSettings(**values),
        )  # fmt: skip
        self.result = [
            self.line, *self.slots.values(), self.strip, self.verdict, self.plot, self.download,
            self.download_strip, self.origin.line,
        ]  # fmt: skip

    def _build_buttons(self) -> None:
        """One click for a class each; run, stop and reset."""
        page = self.page
        self.run, self.stop, self.reset = page.controls("run.visualize")
        with gr.Row():
            self.one_click = {
                name: page.put(gr.Button, key, size="sm", min_width=90)
                for key, name in ONE_CLICK.items()
            }

    def _build_result(self) -> None:
        page = self.page
        with gr.Row(elem_classes="result"):
            self.slots = {
                name: self._picture(f"ideal.slot.{name}", 300, f"ideal-{name}") for name in METHODS
            }
        self.line = gr.HTML(elem_id="ideal-status")
        self.verdict = gr.HTML(elem_id="ideal-verdict")
        self.origin = card.Origin("ideal-card")
        self.strip = self._picture("ideal.strip", 140, "ideal-strip")
        self.plot = gr.HTML(elem_id="ideal-plot")
        with gr.Row():
            self.download = page.put(
                gr.DownloadButton, "download", visible=False, elem_id="ideal-download"
            )
            self.download_strip = page.put(
                gr.DownloadButton,
                "ideal.strip.download",
                visible=False,
                elem_id="ideal-download-strip",
            )

    def _picture(self, key: str, height: int, elem_id: str) -> gr.Image:
        return self.page.picture(key, min_width=90, height=height, elem_id=elem_id)

    def connect(self) -> None:
        """Wires the events."""
        page, named, photo = self.page, self.controls.named, self.controls.photo
        started = (self.visualize, [photo, *self.controls.ordered], self.result, NAME, self.line)
        streams.start(page, self.run, *started)
        chosen = [named["model"], named["class_name"], named["layer"]]
        for name, button in self.one_click.items():
            pressed = button.click(
                lambda name=name: [registry.DEFAULT_BACKBONE, name, ""], None, chosen,
                **PRIVATE, **LIGHT,
            )  # fmt: skip
            streams.start(page, button, *started, after=pressed.then)
        page.connect_stop(self.stop, NAME)
        self.origin.follow(page, [photo, named["class_name"], named["model"]])
        deep_links.listen(page, NAME, named)
        emptied = [photo, *self.controls.ordered, *self.result]
        streams.reset(page, self.reset, self.cleared, emptied, NAME)

    def visualize(self, run: StoppableRun, language: str, photo, *given):
        """Streams a run: the steps that are shown, and the networks' verdict."""
        hidden = gr.update(visible=False)
        yield {
            self.download: hidden, self.download_strip: hidden, self.verdict: "",
            self.origin.line: "",
        }  # fmt: skip
        settings = VisualizationSettings(**controls.request_settings(given))
        snapshots = 0

        def show(language: str, event: Progress | Result) -> dict:
            nonlocal snapshots
            (one,) = event.value
            before, snapshots = snapshots, len(one.strip.snapshots)
            update = self._update(language, event, strip_grew=snapshots > before)
            if isinstance(event, Result):
                update[self.origin.line] = _origin(language, one, photo)
            return update

        events = partial(runs.visualize, self.page.engine, [settings], photo)
        yield from progress.updates(run, language, self.line, events, show)

    def _update(self, language: str, event: Progress | Result, strip_grew: bool) -> dict:
        """What the page shows of a step; the strip only when it grew, and at the end."""
        (one,) = event.value
        image = runs.picture(event.value)
        update = {
            self.line: progress.status(language, event, one.step),
            self.slots[one.settings.method]: image,
            self.plot: views.curve(language, one.settings, one.curve),
        }
        if not isinstance(event, Result):
            return update | ({self.strip: runs.strip_picture(one)} if strip_grew else {})
        row = runs.strip_picture(one)
        return update | {
            self.strip: row,
            self.verdict: views.verdict(language, one.settings.class_name, one.probabilities),
            self.download: _download(image, "netglass-ideal"),
            self.download_strip: _download(row, "netglass-ideal-strip"),
        }

    def cleared(self, _language: str) -> list:
        """The values of all components on Reset."""
        hidden = gr.update(visible=False)
        pictures = [None] * (len(self.slots) + 1)
        return [None, *DEFAULTS.values(), "", *pictures, "", "", hidden, hidden, ""]


def _origin(language: str, one: Visualization, photo: str | None) -> str:
    """What a result is of."""
    settings = one.settings
    what = say(
        language, "ideal.origin", name=settings.layer or settings.class_name, steps=settings.steps
    )
    return card.origin(what, [photo, settings.class_name, settings.model])


def _download(image, name: str) -> dict:
    return gr.update(value=examples.png(image, name), visible=True)
