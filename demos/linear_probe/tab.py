"""Train it yourself: transfer learning live, on cached features, with its control experiment."""

from __future__ import annotations

import time

import gradio as gr

from demos.linear_probe import confusion, few_shot
from demos.pets.tab import named
from demos.runtime.events import Loading, Result, Waiting
from demos.runtime.i18n import say
from demos.runtime.scheduler import HEAD_RUNS, schedule
from demos.ui import deep_links
from demos.ui import progress as status
from demos.ui.components import Choice, Knob
from demos.ui.endpoints import expose
from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import curves
from models.labels import breeds
from models.linear_probe.settings import CLASSES, FEATURES

NAME = "train"
DEFAULTS = {
    "task": "breeds",
    "per_class": 0,
    "epochs": 20,
    "lr": 0.003,
    "weight_decay": 0.1,
    "dropout": 0.0,
    "smoothing": 0.0,
    "schedule": "cosine",
    "batch_norm": False,
    "seed": 0,
}
EXPERIMENTS = (
    {"per_class": 1},
    {"lr": 1.0},
    {"task": "cats_vs_dogs", "per_class": 1},
    {"task": "digits"},
)
FORMULAS = {
    "lr": r"W\leftarrow W-\eta\,\nabla_W L",
    "weight_decay": r"W\leftarrow(1-\eta\lambda)\,W",
    "dropout": r"x'=m\odot x/(1-p)",
    "smoothing": r"y'=(1-\epsilon)\,y+\epsilon/K",
    "schedule": r"\eta_t=\tfrac{\eta}{2}\left(1+\cos\tfrac{\pi t}{T}\right)",
    "batch_norm": r"\hat x=(x-\mu_B)/\sigma_B",
}


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            knobs = _knobs(page)
        with gr.Column(scale=6, min_width=320):
            run, stop, reset = page.controls("run.train")
            with gr.Row():
                control = page.put(gr.Button, "train.control", size="sm", min_width=160)
                sizes = page.put(gr.Button, "train.sizes", size="sm", min_width=160)
            page.formula(r"L=-\tfrac1N\textstyle\sum_n\log\,\mathrm{softmax}(Wx_n+b)_{y_n}")
            line = gr.HTML(elem_id="train-status")
            plot = gr.HTML(elem_id="train-plot")
            matrix = gr.HTML(elem_id="train-matrix")
    order = list(knobs.values())
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order)
    with page.put(gr.Accordion, "own", open=False):
        few_shot.build(page)
    outputs = [line, plot, matrix]

    def event(work, kinds=None):
        @localize_errors
        def train(request: gr.Request, code, *values):
            chosen = dict(zip(DEFAULTS, values, strict=True))
            wanted = kinds or FEATURES.get(chosen["task"], ("imagenet",))
            with page.engine.run(request.session_hash, NAME) as stopped:
                for words, drawn, counts in work(code, chosen, wanted, stopped):
                    now = {line: words, plot: drawn}
                    yield now if counts is None else now | {matrix: counts}

        return train

    inputs = [page.language, *order]
    run.click(event(_train, ("imagenet",)), inputs, outputs, **PRIVATE, **LIGHT)
    control.click(event(_train), inputs, outputs, **PRIVATE, **LIGHT)
    sizes.click(event(_by_size), inputs, outputs, **PRIVATE, **LIGHT)
    page.connect_stop(stop, NAME)
    deep_links.listen(page, NAME, knobs)
    reset.click(lambda: [*DEFAULTS.values(), "", "", ""], None, [*order, *outputs], **PRIVATE,
                **LIGHT)  # fmt: skip
    _expose(page)


def _knobs(page: Page) -> dict[str, gr.components.Component]:
    def choices(prefix: str, values):
        return lambda code: [(page.text(f"{prefix}.{value}", code), value) for value in values]

    knobs: dict[str, gr.components.Component] = {}
    knobs["task"] = page.put(
        Choice, "name.task", choices=choices("train.task", FEATURES), value="breeds"
    )
    with gr.Row():
        knobs["per_class"] = page.put(Knob, "name.per_class", 0, 100, 0, step=1, min_width=140)
        knobs["epochs"] = page.put(Knob, "name.epochs", 1, 100, 20, step=1, min_width=140)

    def knob(name: str, *range_, **options):
        with gr.Column(min_width=140):
            knobs[name] = page.put(Knob, f"name.{name}", *range_, **options)
            page.formula(FORMULAS[name])

    with gr.Row():
        knob("lr", 0.001, 1, 0.003, step=0.001)
        knob("weight_decay", 0, 10, 0.1, step=0.1)
    with page.put(gr.Accordion, "train.tricks", open=False):
        with gr.Row():
            knob("dropout", 0, 0.9, 0, step=0.05)
            knob("smoothing", 0, 0.5, 0, step=0.05)
        with gr.Row():
            with gr.Column(min_width=140):
                knobs["schedule"] = page.put(
                    Choice, "name.schedule",
                    choices=choices("train.schedule", ("cosine", "constant")), value="cosine",
                )  # fmt: skip
                page.formula(FORMULAS["schedule"])
            with gr.Column(min_width=140):
                knobs["batch_norm"] = page.put(gr.Checkbox, "name.batch_norm", value=False)
                page.formula(FORMULAS["batch_norm"])
        knobs["seed"] = page.put(gr.Number, "name.seed", 0, precision=0)
    return {name: knobs[name] for name in DEFAULTS}


def class_names(code: str, task: str) -> list[str]:
    """What the classes of a task are called in a language."""
    if task == "breeds":
        return [named(code, breed) for breed in breeds.NAMES]
    if task == "cats_vs_dogs":
        return [say(code, "pets.cat"), say(code, "pets.dog")]
    return list(CLASSES[task])


def _settings(chosen: dict):
    from models.linear_probe import features as samples
    from models.linear_probe import train as transfer
    from models.linear_probe.settings import ProbeSettings

    task, values = chosen["task"], {k: v for k, v in chosen.items() if k != "task"}
    return task, transfer, samples, ProbeSettings(**values)


def _train(code: str, chosen: dict, kinds, stopped):
    """(status, curves, confusion matrix or None) while heads are trained on `kinds` in turn.

    The status at the end and the matrix are those of the first kind; the curves have them all.
    """
    yield status.waiting(code, Loading(say(code, "train.features"))), "", ""
    task, transfer, samples, settings = _settings(chosen)
    series: dict[str, list] = {}
    start = time.perf_counter()
    first = None

    def drawn() -> str:
        return curves(series, say(code, "train.epoch"), settings.epochs, y_range=(0, 1))

    for turn, kind in enumerate(kinds):
        learn, test = samples.load(task, kind)
        name = say(code, f"train.kind.{kind}")
        points = series.setdefault(name, [])

        def recorded(learn=learn, test=test, points=points):
            for epoch in transfer.train(learn, test, settings):
                points.append((epoch.step, epoch.accuracy))
                yield epoch

        for event in schedule(recorded(), stopped, HEAD_RUNS, 0.1):
            if isinstance(event, Waiting):
                yield status.waiting(code, event), gr.skip(), gr.skip()
                continue
            epoch, last = event.value, isinstance(event, Result)
            if last:
                series[f"{name}: {epoch.accuracy:.1%}"] = series.pop(name)
                first = first or (epoch, test)
            share = (turn + epoch.step / epoch.steps) / len(kinds)
            seconds = time.perf_counter() - start
            words = status.running(code, epoch.step, epoch.steps, share, seconds, HEAD_RUNS)
            yield words, drawn(), None
        if stopped.is_set():
            break
    epoch, test = first
    counts = transfer.confusion_matrix(epoch.predicted, test.labels, test.classes)
    matrix = confusion.svg(code, counts, class_names(code, task))
    yield status.trained(code, epoch, time.perf_counter() - start), drawn(), matrix


def _by_size(code: str, chosen: dict, kinds, stopped):
    """As `_train`, for growing numbers of examples of each class."""
    yield status.waiting(code, Loading(say(code, "train.features"))), "", ""
    task, transfer, samples, settings = _settings(chosen)
    series: dict[str, list] = {}
    start, done = time.perf_counter(), 0
    total = len(kinds) * (len(transfer.SIZES) + 1)
    for kind in kinds:
        learn, test = samples.load(task, kind)
        most = transfer.largest_class(learn)
        points = series.setdefault(say(code, f"train.kind.{kind}"), [])
        for size, accuracy in transfer.learning_curve(learn, test, settings):
            points.append((size or most, accuracy))
            done += 1
            drawn = curves(
                series, say(code, "train.per_class_log"), most, y_range=(0, 1), log_x=True
            )
            seconds = time.perf_counter() - start
            yield status.running(code, done, total, done / total, seconds, HEAD_RUNS), drawn, None
            if stopped.is_set():
                break
        if stopped.is_set():
            break
    yield status.finished(code, done, total, time.perf_counter() - start), drawn, None


def _expose(page: Page) -> None:
    def train_head(
        language: str,
        task: str = "breeds",
        per_class: int = 0,
        epochs: int = 20,
        lr: float = 0.003,
        seed: int = 0,
        weight_decay: float = 0.1,
        dropout: float = 0.0,
        smoothing: float = 0.0,
        schedule: str = "cosine",
        batch_norm: bool = False,
        features: str = "imagenet",
    ):
        """Trains a linear classifier on features of a frozen network, and measures it.

        Args:
            task: "breeds" (37 of them), "cats_vs_dogs" or "digits".
            per_class: examples of each class, 1 to 10000; 0 takes all.
            epochs: passes over the examples, 1 to 200.
            lr: learning rate of AdamW, 0.00001 to 1.
            seed: fixes the examples and their order.
            weight_decay: 0 to 10.
            dropout: share of features hidden at each step, 0 to 0.9.
            smoothing: label smoothing, 0 to 0.5.
            schedule: "cosine" or "constant" learning rate.
            batch_norm: normalise each feature over the batch.
            features: "imagenet" (EfficientNet-Lite0 as trained on ImageNet), "untrained" (the same
                network with random weights) or, for digits, "pixels".

        Returns:
            A report: "accuracy" on test pictures, "learnt" on the training examples, "curve" (test
            accuracy after each epoch), "examples", "seconds"; and the confusion matrix (PNG).
        """
        start = time.perf_counter()
        values = (per_class, epochs, lr, weight_decay, dropout, smoothing, schedule, batch_norm,
                  seed)  # fmt: skip
        names = [name for name in DEFAULTS if name != "task"]
        task, transfer, samples, settings = _settings(
            {"task": task} | dict(zip(names, values, strict=True))
        )
        learn, test = samples.load(task, features)
        course = list(transfer.train(learn, test, settings))
        from models.linear_probe import confusion as confusion_picture

        counts = transfer.confusion_matrix(course[-1].predicted, test.labels, test.classes)
        report = {
            "accuracy": round(course[-1].accuracy, 4),
            "learnt": round(course[-1].train_accuracy, 4),
            "curve": [round(epoch.accuracy, 4) for epoch in course],
            "examples": len(transfer.subset(learn.labels, settings.per_class, settings.seed)),
            "seconds": round(time.perf_counter() - start, 3),
        }
        return report, confusion_picture.draw(counts, CLASSES[task])

    expose(train_head, {"report": gr.JSON, "picture": gr.Image}, "train_head", LIGHT)
