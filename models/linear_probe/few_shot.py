"""Classes of a visitor's own: a few photographs of each, a head on frozen features, seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from models.linear_probe import train as transfer
from models.validation import ValidationError

LEAST_CLASSES, MOST_CLASSES = 2, 5
LEAST_PHOTOS, MOST_PHOTOS = 2, 40
MOST_LETTERS = 60
FOLDS = 8
SETTINGS = transfer.Settings(epochs=60, lr=0.01, weight_decay=0.5)


@dataclass(frozen=True)
class Result:
    """What came of it.

    Attributes:
        accuracy: share of the photographs named rightly by heads that had not seen them, 0..1.
        missed: (true class, class given) of those named wrongly.
        probabilities: of the new photograph, one for each class; None without one.
    """

    accuracy: float
    missed: list[tuple[int, int]]
    probabilities: list[float] | None


def check(classes: Sequence[tuple[str, Sequence[bytes]]]) -> list[str]:
    """The trimmed names of `classes`, (name, pictures as bytes) each.

    Raises:
        ValidationError: too few or too many classes or photographs, a class without a name, two of
            one name, or one photograph in two classes.
    """
    if not LEAST_CLASSES <= len(classes) <= MOST_CLASSES:
        raise ValidationError(
            "own_classes", count=len(classes), low=LEAST_CLASSES, high=MOST_CLASSES
        )
    names = [" ".join(str(name).split()) for name, _ in classes]
    seen: dict[bytes, str] = {}
    for place, (name, (_, photos)) in enumerate(zip(names, classes, strict=True)):
        if not name or len(name) > MOST_LETTERS:
            raise ValidationError("own_name", number=place + 1, limit=MOST_LETTERS)
        if name.casefold() in (other.casefold() for other in names[:place]):
            raise ValidationError("own_same_name", value=name)
        if not LEAST_PHOTOS <= len(photos) <= MOST_PHOTOS:
            limits = {"low": LEAST_PHOTOS, "high": MOST_PHOTOS}
            raise ValidationError("own_photos", value=name, count=len(photos), **limits)
        for photo in photos:
            other = seen.setdefault(hashlib.sha256(photo).digest(), name)
            if other != name:
                raise ValidationError("own_same_photo", first=other, second=name)
    return names


def learn(
    features: torch.Tensor, labels: torch.Tensor, classes: int, new: torch.Tensor | None = None
) -> Result:
    """Trains on all photographs, and measures by cross-validation on those left out in turn.

    Args:
        features: (N, d) of the photographs.
        labels: (N,) their classes.
        classes: how many there are.
        new: (1, d), a photograph to name, or None.
    """
    found = torch.empty_like(labels)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    # Each class is dealt out over the folds in turn, so that no fold takes all of a small one.
    order = order[labels[order].argsort(stable=True)]
    folds = min(FOLDS, len(labels))
    for fold in range(folds):
        out = order[fold::folds]
        kept = torch.ones(len(labels), dtype=torch.bool)
        kept[out] = False
        part = transfer.Samples(features[kept], labels[kept], classes)
        rest = transfer.Samples(features[out], labels[out], classes)
        *_, last = transfer.train(part, rest, SETTINGS)
        found[out] = last.found
    wrong = (found != labels).nonzero()[:, 0].tolist()
    chances = None
    if new is not None:
        everything = transfer.Samples(features, labels, classes)
        one = transfer.Samples(new, torch.zeros(1, dtype=torch.long), classes)
        *_, last = transfer.train(everything, one, SETTINGS)
        chances = last.logits.softmax(1)[0].tolist()
    missed = [(int(labels[n]), int(found[n])) for n in wrong]
    return Result(1 - len(wrong) / len(labels), missed, chances)
