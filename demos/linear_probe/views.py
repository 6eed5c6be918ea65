"""What the linear probe tab shows: curves of accuracy, the commonest mix-ups, the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from demos.linear_probe import confusion
from demos.linear_probe.runs import Curves, SizePoint, Training
from demos.runtime import i18n
from demos.runtime.i18n import breed_name, say
from demos.ui import examples, progress
from demos.ui.plots import curves
from models.labels import breeds
from models.linear_probe.settings import CLASSES

if TYPE_CHECKING:
    import torch

MIX_UPS = 5  # that are said in words


def class_names(language: str, task: str) -> list[str]:
    """What the classes of a task are called in a language."""
    if task == "breeds":
        return [breed_name(language, breed) for breed in breeds.NAMES]
    if task == "cats_vs_dogs":
        return [say(language, "pets.cat"), say(language, "pets.dog")]
    return list(CLASSES[task])


def mistakes(counts: torch.Tensor, task: str) -> str:
    """The commonest mix-ups in words, above the confusion matrix (K, K), in every language."""

    def written(language: str) -> Markup:
        names = class_names(language, task)
        matrix = Markup(confusion.svg(language, counts, names))
        return mix_ups(language, counts, names) + matrix

    return i18n.every(written, "div")


def files(counts: torch.Tensor, task: str) -> tuple[str, str]:
    """Paths of the confusion matrix (K, K) as CSV and as PNG; the classes have their own names."""
    from models.linear_probe import confusion as matrix

    table = matrix.table(counts, CLASSES[task]).encode()
    picture = matrix.draw(counts, CLASSES[task])
    return examples.file(table, "netglass-matrix.csv"), examples.png(picture, "netglass-matrix")


def mix_ups(language: str, counts: torch.Tensor, names: Sequence[str]) -> Markup:
    """The largest counts of the matrix (K, K) off its diagonal, each as a sentence."""
    found = [
        (count, row, column)
        for row, values in enumerate(counts.tolist())
        for column, count in enumerate(values)
        if count and row != column
    ]
    found.sort(key=lambda one: (-one[0], one[1:]))
    totals = counts.sum(1).tolist()
    sentences = [
        escape(
            say(
                language, "train.cell.wrong", count=count, total=totals[row], name=names[row],
                other=names[column],
            )
        )
        for count, row, column in found[:MIX_UPS]
    ]  # fmt: skip
    if not sentences:
        return Markup()
    items = Markup().join(Markup("<li>{}</li>").format(sentence) for sentence in sentences)
    title = escape(say(language, "train.mix_ups"))
    return Markup('<div class="mix-ups"><h3>{}</h3><ol>{}</ol></div>').format(title, items)


def trained(language: str, training: Training, seconds: float) -> str:
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


def empty_plot(language: str, task: str, epochs: int) -> str:
    """The axes and the line of guessing, before anything was trained."""
    return _accuracies(language, task, {}, say(language, "train.epoch"), epochs)


def training_plot(language: str, task: str, training: Training, last: bool) -> str:
    """Test accuracy by epoch; a probe that is finished has its accuracy in its label.

    The last one holds the first probe's accuracy for the bet (bet.js).
    """
    series = {}
    for features, points in training.curves.items():
        name = say(language, f"train.kind.{features}")
        if last or features != training.features:
            reached = training.probes[features].accuracy
            name = say(language, "train.reached", kind=name, share=f"{reached:.1%}")
        series[name] = points
    title = say(language, "train.epoch")
    plot = _accuracies(language, task, series, title, training.first.steps)
    return f'<div data-accuracy="{training.first.accuracy:.4f}">{plot}</div>' if last else plot


def size_plot(language: str, task: str, point: SizePoint) -> str:
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
