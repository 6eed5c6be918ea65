"""Ideal class: what a network takes for the perfect Siamese cat (Simonyan et al. 2014)."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from demos.feature_visualization import controls, endpoints, recipes, runs, views
from demos.feature_visualization.comparisons import ComparisonSection
from demos.feature_visualization.controls import DEFAULTS
from demos.feature_visualization.runs import NAME
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import EVERY, class_name, say
from demos.ui import card, chips, deep_links, example_results, examples, progress, streams
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.feature_visualization.settings import FROM_NOISE, VisualizationSettings

RECIPES = recipes.RECIPES
ONE_CLICK = {
    "class.siamese_cat": "Siamese cat",
    "class.zebra": "zebra",
    "class.golden_retriever": "golden retriever",
}
LARGEST = ("maco", "accentuate")  # methods whose pictures share the largest place
# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"method": "plain", "steps": 64},
    {"method": "variation", "tv_weight": 10.0},
    {"method": "fourier", "tv_weight": 0.0},
    {"method": "fourier", "class_name": "hammer"},
    {"method": "fourier", "decorrelated": False},
    {"method": "plain", "layer": "blocks.3", "channel": 11, "steps": 128},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    VisualizationTab(page).connect()
    endpoints.expose_all(page)


class VisualizationTab(card.Section):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page, "ideal-card", (3, 8, 3))
        ComparisonSection(page, self.controls)
        page.experiments(
            NAME, EXPERIMENTS, DEFAULTS, self.controls.ordered,
            lambda values: VisualizationSettings(**values),
        )  # fmt: skip
        self.result = [
            self.line, *self.slots.values(), self.verdict, self.origin.line, self.strip, self.plot,
            self.download, self.download_strip,
        ]  # fmt: skip

    def _build_given(self) -> None:
        self.controls = controls.build(self.page, self.columns.knobs, self._build_buttons)

    def _build_buttons(self) -> None:
        """One click for a class each."""
        with gr.Row():
            self.one_click = {
                name: self.page.put(
                    gr.Button, key, size="sm", min_width=90, elem_id=key.replace(".", "-")
                )
                for key, name in ONE_CLICK.items()
            }

    def _build_result(self) -> None:
        """The pictures and what is said of them; it opens with examples made before."""
        page, made = self.page, example_results.load().ideal
        last = made[DEFAULTS["method"]]
        settings = VisualizationSettings(**last.settings)
        self.run, self.stop, self.reset = self.controls.buttons
        with gr.Row(elem_classes="result", elem_id="ideal-pictures"):
            self.slots = {
                name: self._picture(
                    f"ideal.slot.{name}", 300, f"ideal-{name}", made[name].pictures["picture"]
                )
                for name in FROM_NOISE
            }
            # In the place of the largest, once there is a photo to begin with.
            self.slots["accentuate"] = self._picture(
                "ideal.slot.accentuate", 300, "ideal-accentuate", None, visible=False
            )
        self.line = gr.HTML(elem_id="ideal-status")
        self.verdict = gr.HTML(
            views.verdict(EVERY, settings, last.probabilities), elem_id="ideal-verdict"
        )
        self.origin = card.Origin("ideal-card", _origin(EVERY, settings, None, example=True))
        self.strip = self._picture("ideal.strip", 140, "ideal-strip", last.pictures["strip"])
        self.plot = gr.HTML(views.curve(EVERY, settings, last.curve), elem_id="ideal-plot")
        with gr.Row():
            self.download, self.download_strip = (
                page.put(gr.DownloadButton, key, visible=False, elem_id=elem_id)
                for key, elem_id in (
                    ("download", "ideal-download"), ("ideal.strip.download", "ideal-download-strip")
                )
            )  # fmt: skip

    def _picture(
        self, key: str, height: int, elem_id: str, value: str | None, **options: Any
    ) -> gr.Image:
        return self.page.picture(
            key, min_width=90, height=height, elem_id=elem_id, value=value, **options
        )

    def _largest(self, method: str, empty: bool) -> dict[gr.Image, dict]:
        """Which picture is the largest: that of "accentuate" or, for all others, of "maco"."""
        value = {"value": None} if empty else {}
        return {
            self.slots[name]: gr.update(visible=(name == "accentuate") == (method == "accentuate"))
            | value
            for name in LARGEST
        }

    def connect(self) -> None:
        """Wires the events."""
        page, named, photo = self.page, self.controls.named, self.controls.photo
        given = [self.origin.line, photo, *self.controls.ordered]
        started = (self.visualize, given, self.result, NAME, self.line)
        streams.start(page, self.run, *started)
        chosen = [named["model"], named["class_name"], named["layer"]]
        for name, button in self.one_click.items():
            pressed = button.click(
                lambda name=name: [registry.DEFAULT_BACKBONE, name, ""], None, chosen,
                **PRIVATE, **LIGHT,
            )  # fmt: skip
            streams.start(page, button, *started, after=pressed.then)
        chips.press(page, self.one_click, named["class_name"])
        page.connect_stop(self.stop, NAME)
        self.origin.follow(page, [photo, named["class_name"], named["model"]])
        deep_links.listen(page, NAME, named)
        emptied = [photo, *self.controls.ordered, *self.result]
        streams.reset(page, self.reset, self.cleared, emptied, NAME)

    def visualize(self, run: StoppableRun, language: str, shown: str, photo, *given):
        """Streams a run: the steps that are shown, and the networks' verdict.

        Args:
            shown: the line that says what the pictures on the page are of.
        """
        settings = VisualizationSettings(**controls.request_settings(given))
        hidden = gr.update(visible=False)
        emptied: dict[Any, Any] = {
            self.download: hidden, self.download_strip: hidden, self.verdict: "",
        }  # fmt: skip
        empty = not card.is_of(shown, _subject(settings, photo))
        if empty:
            emptied |= dict.fromkeys(self.slots.values()) | {self.strip: None}
        emptied |= self._largest(settings.method, empty)
        yield emptied | {self.origin.line: _origin(language, settings, photo)}
        snapshots = 0

        def show(language: str, event: Progress | Result) -> dict:
            nonlocal snapshots
            (one,) = event.value
            before, snapshots = snapshots, len(one.strip.snapshots)
            update = self._update(language, event, strip_grew=snapshots > before)
            if isinstance(event, Result) and one.step.step < one.step.steps:
                stopped = _origin(language, settings, photo, stopped=one.step.step)
                update[self.origin.line] = stopped
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
            self.verdict: views.verdict(language, one.settings, one.probabilities),
            self.download: _download(image, "netglass-ideal"),
            self.download_strip: _download(row, "netglass-ideal-strip"),
        }

    def cleared(self, _language: str) -> list:
        """The values of all components on Reset."""
        hidden = gr.update(visible=False)
        largest = self._largest(DEFAULTS["method"], empty=True)
        pictures = [largest.get(slot) for slot in self.slots.values()]
        return [None, *DEFAULTS.values(), "", *pictures, "", "", None, "", hidden, hidden]


def _subject(settings: VisualizationSettings, photo: str | None) -> list:
    """What the pictures are of: the photo they began with, the class, and the network."""
    return [photo, settings.class_name, settings.model]


def _origin(
    language: str,
    settings: VisualizationSettings,
    photo: str | None,
    example: bool = False,
    stopped: int | None = None,
) -> str:
    """What pictures are of, the address of their code, and that of their settings.

    Args:
        stopped: after how many steps; None: all of them.
    """
    steps = settings.steps if stopped is None else stopped
    named = settings.layer or class_name(language, settings.class_name)
    what = say(language, "ideal.origin", name=named, steps=steps)
    link = deep_links.address(NAME, vars(settings), DEFAULTS)
    code = recipes.address(settings, photo, "" if stopped is None else "stopped")
    return card.origin(what, _subject(settings, photo), example, code, link)


def _download(image, name: str) -> dict:
    return gr.update(value=examples.png(image, name), visible=True)
