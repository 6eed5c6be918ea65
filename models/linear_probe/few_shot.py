"""Few-shot classes of a visitor's own: a probe on frozen features of a few photos of each class."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from models.linear_probe.settings import ProbeSettings
from models.linear_probe.train import Head, Samples, feature_scale, train
from models.validation import ValidationError

MIN_CLASSES, MAX_CLASSES = 2, 5
MIN_PHOTOS, MAX_PHOTOS = 2, 40
MAX_LETTERS = 60
FOLDS = 8
SETTINGS = ProbeSettings(epochs=60, lr=0.01, weight_decay=0.5)


@dataclass(frozen=True)
class FewShotResult:
    """What a probe of a visitor's own classes reaches.

    Attributes:
        accuracy: by cross-validation: share of the photos that are classified correctly by a probe
            that was not trained on them, 0..1.
        predicted: the class that such a probe gave each photo.
        weight, bias: (K, d) and (K,), of the probe that was trained on all photos; it takes the
            features as they are.
    """

    accuracy: float
    predicted: list[int]
    weight: torch.Tensor
    bias: torch.Tensor


def check_classes(classes: Sequence[tuple[str, Sequence[bytes]]]) -> dict[int, str]:
    """The classes to train: the trimmed name by position in `classes`, (name, photos' bytes) each.

    A class without photos is left out, unless fewer than two have any.

    Raises:
        ValidationError: too few or too many classes or photos, a class without a name, two of the
            same name, or one photo in two classes.
    """
    used = [index for index, (_, photos) in enumerate(classes) if photos]
    if len(used) < MIN_CLASSES:  # then the message names the first that is empty
        used = [*range(len(classes))]
    if not MIN_CLASSES <= len(used) <= MAX_CLASSES:
        raise ValidationError("own_classes", count=len(used), low=MIN_CLASSES, high=MAX_CLASSES)
    names: dict[int, str] = {}
    class_of: dict[bytes, str] = {}
    for index in used:
        given, photos = classes[index]
        name = _checked_name(given, index + 1, names.values())
        if not MIN_PHOTOS <= len(photos) <= MAX_PHOTOS:
            limits = {"low": MIN_PHOTOS, "high": MAX_PHOTOS}
            raise ValidationError("own_photos", value=name, count=len(photos), **limits)
        for photo in photos:
            other = class_of.setdefault(hashlib.sha256(photo).digest(), name)
            if other != name:
                raise ValidationError("own_same_photo", first=other, second=name)
        names[index] = name
    return names


def check_names(given: Sequence[str]) -> list[str]:
    """The trimmed names of classes that were trained.

    Raises:
        ValidationError: as `check_classes`, without photos.
    """
    if not MIN_CLASSES <= len(given) <= MAX_CLASSES:
        raise ValidationError("own_classes", count=len(given), low=MIN_CLASSES, high=MAX_CLASSES)
    names: list[str] = []
    for number, name in enumerate(given, 1):
        names.append(_checked_name(name, number, names))
    return names


def _checked_name(given: object, number: int, others: Iterable[str]) -> str:
    """The trimmed name of class `number`, which is another than those of `others`."""
    name = " ".join(str(given).split())
    if not name or len(name) > MAX_LETTERS:
        raise ValidationError("own_name", number=number, limit=MAX_LETTERS)
    if name.casefold() in (other.casefold() for other in others):
        raise ValidationError("own_same_name", value=name)
    return name


def fit(features: torch.Tensor, labels: torch.Tensor, classes: int) -> FewShotResult:
    """Measures a probe by stratified cross-validation, and trains one on all photos.

    Args:
        features: (N, d) of the photos.
        labels: (N,) their classes.
        classes: how many there are.
    """
    predicted = torch.empty_like(labels)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    # Sorted by class and dealt out in turn, so that no fold takes all photos of a small class.
    order = order[labels[order].argsort(stable=True)]
    folds = min(FOLDS, len(labels))
    for fold in range(folds):
        held_out = torch.zeros(len(labels), dtype=torch.bool)
        held_out[order[fold::folds]] = True
        examples = Samples(features[~held_out], labels[~held_out], classes)
        test = Samples(features[held_out], labels[held_out], classes)
        *_, last = train(examples, test, SETTINGS)
        predicted[held_out] = last.predicted
    head = Head(features.shape[1], classes, SETTINGS)
    everything = Samples(features, labels, classes)
    for _ in train(everything, everything, SETTINGS, head):
        pass
    return FewShotResult(
        accuracy=(predicted == labels).float().mean().item(),
        predicted=predicted.tolist(),
        weight=head.linear.weight.detach() / feature_scale(features),
        bias=head.linear.bias.detach(),
    )
