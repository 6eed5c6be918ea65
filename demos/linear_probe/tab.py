"""Train it yourself: a linear probe live, on cached features, with its control experiments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from demos.linear_probe import confusion, endpoints, few_shot, runs
from demos.linear_probe.runs import NAME, Curves, SizePoint, Training
from demos.runtime import i18n
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Progress, Result
from demos.runtime.i18n import breed_name, say
from demos.runtime.scheduler import HEAD_RUNS
from demos.ui import deep_links, progress, streams
from demos.ui.page import PROBES, Page
from demos.ui.plots import curves
from demos.ui.two_columns import TwoColumnTab
from models.labels import breeds
from models.linear_probe.settings import CLASSES, FEATURES, ProbeSettings

if TYPE_CHECKING:
    import torch

NAMES = tuple(name for name in ProbeSettings.described() if name != "features")
DEFAULTS = {name: ProbeSettings.page_defaults()[name] for name in NAMES}
EXPERIMENTS = (
    {"per_class": 1},
    {"lr": 1.0},
    {"task": "cats_vs_dogs", "per_class": 1},
    {"task": "digits"},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    ProbeTab(page).connect()
    endpoints.expose_all(page)


class ProbeTab(TwoColumnTab):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page)
        page.experiments(
            NAME, EXPERIMENTS, DEFAULTS, [*self.knobs.values()],
            lambda values: ProbeSettings(**values),
        )  # fmt: skip
        with page.put(gr.Accordion, "own", open=False):
            few_shot.build(page)
        self.outputs = [self.line, self.plot, self.matrix]

    def build_settings(self) -> None:
        knobs = _knobs(self.page)
        self.knobs = {name: knobs[name] for name in NAMES}

    def build_result(self) -> None:
        page = self.page
        self.run, self.stop, self.reset = page.controls("run.train")
        with gr.Row():
            self.control = page.put(gr.Button, "train.control", size="sm", min_width=160)
            self.sizes = page.put(gr.Button, "train.sizes", size="sm", min_width=160)
        page.formula(r"L=-\tfrac1N\textstyle\sum_n\log\,\mathrm{softmax}(Wx_n+b)_{y_n}")
        self.line = gr.HTML(elem_id="train-status")
        self.plot = gr.HTML(elem_id="train-plot")
        self.matrix = gr.HTML(elem_id="train-matrix")

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
        deep_links.listen(page, NAME, self.knobs)
        cleared = [*DEFAULTS.values(), "", "", ""]
        emptied = [*self.knobs.values(), *self.outputs]
        streams.reset(page, self.reset, lambda _language: cleared, emptied, NAME)

    def train(self, run: StoppableRun, language: str, *values):
        """Streams the training of a probe on the features of the pretrained network."""
        settings = _settings(values)
        events = partial(runs.train, settings, [settings.features])
        yield from self._stream(run, language, events, partial(self._epoch, settings.task))

    def train_all(self, run: StoppableRun, language: str, *values):
        """As `train`, and after it the control experiments: the task's other features."""
        settings = _settings(values)
        events = partial(runs.train, settings, FEATURES[settings.task])
        yield from self._stream(run, language, events, partial(self._epoch, settings.task))

    def compare_sizes(self, run: StoppableRun, language: str, *values):
        """Streams the test accuracy for growing numbers of examples, for all features."""
        settings = _settings(values)
        events = partial(runs.accuracy_by_size, settings, FEATURES[settings.task])
        yield from self._stream(run, language, events, partial(self._size, settings.task))

    def _stream(self, run: StoppableRun, language: str, events: Callable, show: Callable):
        # The features are loaded first.
        loading = progress.waiting(language, Loading(say(language, "train.features")))
        yield {self.line: loading, self.plot: "", self.matrix: ""}
        yield from progress.updates(run, language, self.line, events, show)

    def _epoch(self, task: str, language: str, event: Progress | Result) -> dict:
        training, last = event.value, isinstance(event, Result)
        update = {self.plot: _training_plot(language, task, training, last)}
        if last:
            line = _trained(language, training, event.seconds)
            return update | {
                self.line: line,
                self.matrix: _matrix(training.confusion_matrix(), task),
            }
        probe, share = training.probes[training.features], training.step / training.steps
        counts = (probe.step, probe.steps)
        line = progress.running(language, *counts, share, event.seconds, HEAD_RUNS)
        return update | {self.line: line}

    def _size(self, task: str, language: str, event: Progress | Result) -> dict:
        line = progress.status(language, event, event.value, HEAD_RUNS)
        return {self.line: line, self.plot: _size_plot(language, task, event.value)}


def _settings(values: tuple) -> ProbeSettings:
    """The settings that the knobs' values stand for."""
    return ProbeSettings(**dict(zip(NAMES, values, strict=True)))


def _knobs(page: Page) -> dict[str, Any]:
    """The components, by setting."""
    knobs: dict[str, Any] = {"task": page.setting(ProbeSettings, "task")}

    def row(*names: str) -> None:
        with gr.Row():
            for name in names:
                with gr.Column(min_width=140):
                    knobs[name] = page.setting(ProbeSettings, name)

    row("per_class", "epochs")
    row("lr", "weight_decay")
    with page.put(gr.Accordion, "train.tricks", open=False):
        row("dropout", "smoothing")
        row("schedule", "batch_norm")
        knobs["seed"] = page.setting(ProbeSettings, "seed")
    return knobs


def class_names(language: str, task: str) -> list[str]:
    """What the classes of a task are called in a language."""
    if task == "breeds":
        return [breed_name(language, breed) for breed in breeds.NAMES]
    if task == "cats_vs_dogs":
        return [say(language, "pets.cat"), say(language, "pets.dog")]
    return list(CLASSES[task])


def _matrix(counts: torch.Tensor, task: str) -> str:
    """The confusion matrix in every language: its cells hold sentences."""
    return i18n.every(
        lambda language: Markup(confusion.svg(language, counts, class_names(language, task))), "div"
    )


def _trained(language: str, training: Training, seconds: float) -> str:
    """What the first probe reached."""
    probe = training.first
    words = say(
        language,
        "status.trained",
        accuracy=f"{probe.accuracy * 100:.1f}",
        learnt=f"{probe.train_accuracy * 100:.1f}",
        epochs=probe.step,
        seconds=f"{seconds:.1f}",
    )
    return progress.line(words, probe.step / probe.steps)


def _training_plot(language: str, task: str, training: Training, last: bool) -> str:
    """Test accuracy by epoch; a probe that is finished has its accuracy in its label."""
    series = {}
    for features, points in training.curves.items():
        name = say(language, f"train.kind.{features}")
        if last or features != training.features:
            reached = training.probes[features].accuracy
            name = say(language, "train.reached", kind=name, share=f"{reached:.1%}")
        series[name] = points
    return _accuracies(language, task, series, say(language, "train.epoch"), training.first.steps)


def _size_plot(language: str, task: str, point: SizePoint) -> str:
    """Test accuracy by examples per class."""
    series = {say(language, f"train.kind.{name}"): points for name, points in point.curves.items()}
    title = say(language, "train.per_class_log")
    return _accuracies(language, task, series, title, point.largest, log_x=True)


def _accuracies(language: str, task: str, series: Curves, title: str, end: int, **options) -> str:
    """Curves of test accuracy, above a line at what guessing would reach."""
    guessed = 1 / len(CLASSES[task])
    return curves(
        series,
        title,
        end,
        y_title=say(language, "plot.accuracy"),
        percent=True,
        references={say(language, "plot.guessing", share=f"{guessed * 100:.2g}%"): guessed},
        **options,
    )
