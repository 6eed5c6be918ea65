"""Ideal class: what a network takes for the perfect Siamese cat (Simonyan et al. 2014)."""

from __future__ import annotations

from functools import partial

import gradio as gr

from demos.feature_visualization import controls, endpoints, runs, views
from demos.feature_visualization.comparisons import ComparisonSection
from demos.feature_visualization.controls import DEFAULTS
from demos.feature_visualization.runs import NAME
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.ui import deep_links, examples, progress, streams
from demos.ui.page import LIGHT, PRIVATE, Page
from demos.ui.two_columns import TwoColumnTab
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


class VisualizationTab(TwoColumnTab):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page)
        ComparisonSection(page, self.controls)
        page.experiments(
            NAME, EXPERIMENTS, DEFAULTS, self.controls.ordered,
            lambda values: VisualizationSettings(**values),
        )  # fmt: skip
        self.result = [
            self.line, *self.slots.values(), self.strip, self.verdict, self.plot, self.download,
            self.download_strip,
        ]  # fmt: skip

    def build_settings(self) -> None:
        with gr.Row():
            self.one_click = {
                name: self.page.put(gr.Button, key, size="sm", min_width=90)
                for key, name in ONE_CLICK.items()
            }
        self.controls = controls.build(self.page)

    def build_result(self) -> None:
        page = self.page
        self.run, self.stop, self.reset = page.controls("run.visualize")
        self.line = gr.HTML(elem_id="ideal-status")
        with gr.Row():
            self.slots = {
                name: self._picture(f"ideal.slot.{name}", 230, f"ideal-{name}") for name in METHODS
            }
        self.strip = self._picture("ideal.strip", 140, "ideal-strip")
        with gr.Row():
            self.verdict = gr.HTML(elem_id="ideal-verdict")
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
        return self.page.picture(key, min_width=140, height=height, elem_id=elem_id)

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
        deep_links.listen(page, NAME, named)
        emptied = [photo, *self.controls.ordered, *self.result]
        streams.reset(page, self.reset, self.cleared, emptied, NAME)

    def visualize(self, run: StoppableRun, language: str, photo, *given):
        """Streams a run: the steps that are shown, and the networks' verdict."""
        hidden = gr.update(visible=False)
        yield {self.download: hidden, self.download_strip: hidden, self.verdict: ""}
        settings = VisualizationSettings(**controls.request_settings(given))
        snapshots = 0

        def show(language: str, event: Progress | Result) -> dict:
            nonlocal snapshots
            (one,) = event.value
            before, snapshots = snapshots, len(one.strip.snapshots)
            return self._update(language, event, strip_grew=snapshots > before)

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
        return [None, *DEFAULTS.values(), "", *pictures, "", "", hidden, hidden]


def _download(image, name: str) -> dict:
    return gr.update(value=examples.png(image, name), visible=True)
