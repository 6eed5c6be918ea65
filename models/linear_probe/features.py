"""What heads are trained from: cached features of pets and digits, by task and by who made them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache

import torch

from models import weights
from models.labels import breeds
from models.linear_probe import digits
from models.linear_probe.tasks import KINDS
from models.linear_probe.train import Samples
from models.validation import choice

_lock = threading.Lock()


def load(task: str, kind: str = "imagenet") -> tuple[Samples, Samples]:
    """(training examples, test examples).

    Args:
        task: "breeds" (37 classes), "cats_vs_dogs" or "digits".
        kind: "imagenet": features of the frozen EfficientNet-Lite0, (N, 1280); "untrained": of the
            same network with random weights, (N, 256); "pixels" (digits only): (N, 784).

    Raises:
        ValidationError: unknown task or kind, or a feature file that is missing or damaged.
    """
    choice("features", kind, KINDS[choice("task", task, KINDS)])
    with _lock:  # two visitors at once read a file once
        return _digits(kind) if task == "digits" else _pets(task, kind)


@cache
def _file(name: str) -> dict[str, torch.Tensor]:
    return weights.load(name)


def _pets(task: str, kind: str) -> tuple[Samples, Samples]:
    labelled = _file("pets_features")
    features = _file("pets_features" if kind == "imagenet" else "control_features")
    cats = len(breeds.CATS)
    meaning: Callable = {"breeds": lambda y: y, "cats_vs_dogs": lambda y: (y >= cats).long()}[task]
    classes = len(breeds.NAMES) if task == "breeds" else 2
    train, test = (
        Samples(features[part], meaning(labelled[f"{part}_labels"].long()), classes)
        for part in ("train", "test")
    )
    return train, test


def _digits(kind: str) -> tuple[Samples, Samples]:
    known = _file("digits_features")
    cells, values = _cells()
    parts = []
    for part in ("train", "test"):
        numbers = known[f"{part}_numbers"].long()
        features = {
            "imagenet": lambda part=part: known[part],
            "untrained": lambda part=part: known[f"control_{part}"],
            "pixels": lambda numbers=numbers: cells[numbers].flatten(1).float() / 255,
        }[kind]()
        parts.append(Samples(features, values[numbers], 10))
    return parts[0], parts[1]


@cache
def _cells() -> tuple[torch.Tensor, torch.Tensor]:
    return digits.pictures()
