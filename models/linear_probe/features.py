"""What probes are trained on: cached features of pets and digits, by task and network."""

from __future__ import annotations

import threading
from functools import cache

import torch

from models import weights
from models.labels import breeds
from models.linear_probe import digits
from models.linear_probe.settings import CLASSES, FEATURES
from models.linear_probe.train import Samples
from models.validation import choice

_lock = threading.Lock()


def load(task: str, features: str = "imagenet") -> tuple[Samples, Samples]:
    """(training examples, test examples).

    Args:
        task: "breeds" (37 classes), "cats_vs_dogs" or "digits".
        features: "imagenet": of the frozen EfficientNet-Lite0, (N, 1280); "untrained": of the same
            network with random weights, (N, 256); "pixels" (digits only): (N, 784).

    Raises:
        ValidationError: unknown task or features, or a feature file that is missing or damaged.
    """
    choice("features", features, FEATURES[choice("task", task, FEATURES)])
    with _lock:  # two visitors at once read a file once
        return _digits(features) if task == "digits" else _pets(task, features)


@cache
def _file(name: str) -> dict[str, torch.Tensor]:
    return weights.load(name)


def _pets(task: str, features: str) -> tuple[Samples, Samples]:
    known = _file("pets_features")
    values = _file("pets_features" if features == "imagenet" else "control_features")

    def part(name: str) -> Samples:
        labels = known[f"{name}_labels"].long()
        if task == "cats_vs_dogs":
            labels = (labels >= len(breeds.CATS)).long()
        return Samples(values[name], labels, len(CLASSES[task]))

    return part("train"), part("test")


def _digits(features: str) -> tuple[Samples, Samples]:
    known = _file("digits_features")
    pictures, labels = _digit_pictures()

    def part(name: str) -> Samples:
        numbers = known[f"{name}_numbers"].long()
        if features == "pixels":
            values = pictures[numbers].flatten(1).float() / 255
        else:
            values = known[name if features == "imagenet" else f"control_{name}"]
        return Samples(values, labels[numbers], len(CLASSES["digits"]))

    return part("train"), part("test")


@cache
def _digit_pictures() -> tuple[torch.Tensor, torch.Tensor]:
    return digits.pictures()
