"""A linear probe in one call, for scripts and notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from models.linear_probe import confusion, features, train
from models.linear_probe.settings import CLASSES, ProbeSettings


@dataclass(frozen=True)
class TrainedProbe:
    """What `train_probe` gives.

    Attributes:
        accuracy, train_accuracy: on the test pictures, and on the examples trained on; 0..1.
        curve: (epoch, accuracy on the test pictures), epoch 0 before the first.
        examples: how many it was trained on.
        counts: (K, K), the confusion matrix: row = true class, column = predicted class.
        classes: their names.
    """

    accuracy: float
    train_accuracy: float
    curve: list[tuple[int, float]]
    examples: int
    counts: torch.Tensor
    classes: tuple[str, ...]

    @property
    def confusion_matrix(self) -> Image.Image:
        """`counts` as a picture."""
        return confusion.draw(self.counts, self.classes)


def train_probe(task: str = "breeds", **settings: Any) -> TrainedProbe:
    """Trains a linear classifier on the fixed features of a network, and measures it.

    Args:
        task: "breeds", "cats_vs_dogs" or "digits".
        settings: further fields of `ProbeSettings`, such as per_class=5 or features="untrained".

    Raises:
        ValidationError: a value out of range, or features that the task does not have.
    """
    chosen = ProbeSettings(task=task, **settings)
    examples, test = features.load(task, chosen.features)
    steps = list(train.train(examples, test, chosen))
    last = steps[-1]
    return TrainedProbe(
        accuracy=last.accuracy,
        train_accuracy=last.train_accuracy,
        curve=[(step.step, step.accuracy) for step in steps],
        examples=len(train.subset(examples.labels, chosen.per_class, chosen.seed)),
        counts=train.confusion_matrix(last.predicted, test.labels, test.classes),
        classes=CLASSES[task],
    )


def probe_learning_curve(task: str = "breeds", **settings: Any) -> list[tuple[int, float]]:
    """(examples per class, accuracy on the test pictures) for growing numbers, then for all (0).

    Args:
        task, settings: as of `train_probe`.

    Raises:
        ValidationError: as `train_probe`.
    """
    chosen = ProbeSettings(task=task, **settings)
    examples, test = features.load(task, chosen.features)
    return list(train.learning_curve(examples, test, chosen))
