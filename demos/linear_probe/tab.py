"""Train it yourself: a linear probe live, on cached features, with its control experiments."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import escape

from demos.linear_probe import bet, endpoints, few_shot, recipes, runs, views
from demos.linear_probe.runs import NAME
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Progress, Result
from demos.runtime.i18n import EVERY, say
from demos.runtime.scheduler import HEAD_RUNS
from demos.ui import card, chips, deep_links, example_results, examples, progress, streams
from demos.ui.code.recipe import Recipe
from demos.ui.page import PROBES, Page
from models.linear_probe.settings import FEATURES, ProbeSettings

RECIPES = recipes.RECIPES
NAMES = tuple(name for name in ProbeSettings.described() if name != "features")
DEFAULTS = {name: ProbeSettings.page_defaults()[name] for name in NAMES}
EXPERIMENTS = (
    {"per_class": 1},
    {"lr": 1.0},
    {"task": "cats_vs_dogs", "per_class": 1},
    {"task": "digits"},
)
ANIMALS = {"photos": ["chelsea", "kitten", "german_shepherd"], "side": 96}  # as thumbnails of 96 px
# bet.css hides the animals where the task has none.
SHOW_TASK = "(task) => { document.querySelector('#train-card').dataset.task = task; }"
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # learning rates by one click, by factors of 3
NO_FILES = (gr.update(visible=False),) * 2  # of the matrix
FEW = (1, 2, 5, 10, 20, 0)  # examples per class, by one click; 0 takes all


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    with gr.Tabs(elem_id="train-parts") as page.parts[NAME]:
        with page.put(gr.Tab, "train.part", id="prepared"):
            ProbeTab(page).connect()
        with page.put(gr.Tab, "own", id="own"):
            few_shot.build(page)
    endpoints.expose_all(page)


class ProbeTab(card.Section):
    """The components of the prepared tasks, and the events between them."""

    def __init__(self, page: Page):
        self.empty_plot = views.empty_plot(EVERY, DEFAULTS["task"], DEFAULTS["epochs"])
        super().__init__(page, "train-card")
        page.experiments(
            NAME, EXPERIMENTS, DEFAULTS, [*self.knobs.values()],
            lambda values: ProbeSettings(**values),
        )  # fmt: skip
        self.outputs = [
            self.line, self.plot, self.mistakes, self.origin.line, *self.downloads
        ]  # fmt: skip

    def _build_given(self) -> None:
        page = self.page
        self.task = page.setting(ProbeSettings, "task")
        self.few = chips.build(page, ProbeSettings, "per_class", FEW, self._few_text)
        page.put(gr.HTML, "train.animals", written=self._animals, elem_id="train-animals")

    def _build_knobs(self) -> None:
        page = self.page
        self.run, self.stop, self.reset = page.controls("run.train")
        self.control = page.put(gr.Button, "train.control", size="sm")
        self.sizes = page.put(gr.Button, "train.sizes", size="sm")
        knobs = {"task": self.task, "epochs": page.setting(ProbeSettings, "epochs")}
        self.rates = chips.build(page, ProbeSettings, "lr", RATES, lambda _, rate: f"{rate:g}")
        with page.put(gr.Accordion, "more", open=False):
            for name in NAMES:
                if name not in knobs:
                    knobs[name] = page.setting(ProbeSettings, name)
        self.knobs = {name: knobs[name] for name in NAMES}

    def _animals(self, language: str) -> str:
        """What the pictures of the tasks with animals are like."""
        pictures = "".join(
            f'<img src="{_address(path)}" alt="{escape(examples.title(language, name))}">'
            for name, path in example_results.load().train.pictures.items()
        )
        words = escape(self.page.text("train.animals", language))
        return f'<div class="animals"><p>{words}</p>{pictures}</div>'

    def _few_text(self, language: str, examples: float) -> str:
        return f"{examples:g}" if examples else self.page.text("train.all", language)

    def _build_result(self) -> None:
        page = self.page
        with gr.Column(elem_classes="result bet-plot"):
            self.plot = gr.HTML(self.empty_plot, elem_id="train-plot")
            bet.build(page)
        self.line = gr.HTML(elem_id="train-status")
        self.origin = card.Origin("train-card")
        self.mistakes = gr.HTML(elem_id="train-matrix")
        with gr.Row():
            self.downloads = [
                page.put(
                    gr.DownloadButton, key, visible=False, elem_id=f"train-{kind}", min_width=140,
                    size="sm",
                )
                for kind, key in (("csv", "train.csv"), ("png", "download"))
            ]  # fmt: skip

    def connect(self) -> None:
        """Wires the events."""
        page = self.page
        inputs = [*self.knobs.values()]
        buttons = (
            (self.run, self.train), (self.control, self.train_all), (self.sizes, self.compare_sizes)
        )  # fmt: skip
        for button, function in buttons:
            streams.start(
                page, button, function, inputs, self.outputs, NAME, self.line, group=PROBES
            )
        page.connect_stop(self.stop, NAME)
        chips.follow(self.few, self.knobs["per_class"], FEW)
        chips.follow(self.rates, self.knobs["lr"], RATES)
        task = self.task
        task.change(None, task, None, js=SHOW_TASK, api_visibility="private")
        self.origin.follow(page, [self.task])
        deep_links.listen(page, NAME, self.knobs)
        cleared = [*DEFAULTS.values(), "", self.empty_plot, "", "", *NO_FILES]
        emptied = [*self.knobs.values(), *self.outputs]
        streams.reset(page, self.reset, lambda _language: cleared, emptied, NAME)

    def train(self, run: StoppableRun, language: str, *values):
        """Streams the training of a probe on the features of the pretrained network."""
        settings = _settings(values)
        events = partial(runs.train, settings, [settings.features])
        yield from self._stream(run, language, settings, events, self._epoch, recipes.PROBE)

    def train_all(self, run: StoppableRun, language: str, *values):
        """As `train`, and after it the control experiments: the task's other features."""
        settings = _settings(values)
        events = partial(runs.train, settings, FEATURES[settings.task])
        yield from self._stream(run, language, settings, events, self._epoch, recipes.CONTROLS)

    def compare_sizes(self, run: StoppableRun, language: str, *values):
        """Streams the test accuracy for growing numbers of examples, for all features."""
        settings = _settings(values)
        events = partial(runs.accuracy_by_size, settings, FEATURES[settings.task])
        yield from self._stream(run, language, settings, events, self._size, recipes.SIZES)

    def _stream(
        self,
        run: StoppableRun,
        language: str,
        settings: ProbeSettings,
        events: Callable,
        show: Callable,
        recipe: Recipe,
    ):
        # The features are loaded first.
        loading = progress.waiting(language, Loading(say(language, "train.features")))
        plot = views.empty_plot(language, settings.task, settings.epochs)
        origin = _origin(language, settings, recipe)
        yield {
            self.line: loading, self.plot: plot, self.mistakes: "", self.origin.line: origin,
            **dict(zip(self.downloads, NO_FILES, strict=True)),
        }  # fmt: skip

        def shown(language: str, event: Progress | Result) -> dict:
            update = show(settings.task, language, event)
            if isinstance(event, Result):
                update[self.origin.line] = _origin(language, settings, recipe, event.value)
            return update

        yield from progress.updates(run, language, self.line, events, shown)

    def _epoch(self, task: str, language: str, event: Progress | Result) -> dict:
        training, last = event.value, isinstance(event, Result)
        update: dict[Any, Any] = {self.plot: views.training_plot(language, task, training, last)}
        if last:
            counts = training.confusion_matrix()
            update[self.line] = views.trained(language, training, event.seconds)
            update[self.mistakes] = views.mistakes(counts, task)
            files = (gr.update(value=path, visible=True) for path in views.files(counts, task))
            return update | dict(zip(self.downloads, files, strict=True))
        probe, share = training.probes[training.features], training.step / training.steps
        counts = (probe.step, probe.steps)
        line = progress.running(language, *counts, share, event.seconds, HEAD_RUNS)
        return update | {self.line: line}

    def _size(self, task: str, language: str, event: Progress | Result) -> dict:
        line = progress.status(language, event, event.value, HEAD_RUNS)
        return {self.line: line, self.plot: views.size_plot(language, task, event.value)}


def _address(path: str) -> str:
    """A small WebP file as the address of an <img>."""
    return f"data:image/webp;base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def _settings(values: tuple) -> ProbeSettings:
    """The settings that the knobs' values stand for."""
    return ProbeSettings(**dict(zip(NAMES, values, strict=True)))


def _origin(
    language: str, settings: ProbeSettings, recipe: Recipe, result: Any | None = None
) -> str:
    """What a result is of, the addresses that make it again, and the accuracy that it reached."""
    task = say(language, f"train.task.{settings.task}")
    few = settings.per_class or say(language, "train.all")
    training = result if isinstance(result, runs.Training) else None
    epochs = training.first.step if training else settings.epochs  # it may have been stopped
    what = say(language, "train.origin", task=task, per_class=few, epochs=epochs)
    note = "stopped" if result and result.step < result.steps else ""
    return card.origin(
        what,
        [settings.task],
        code=recipe.address(vars(settings), note),
        link=deep_links.address(NAME, vars(settings), DEFAULTS),
        found={"accuracy": training.first.accuracy} if training else {},
    )
