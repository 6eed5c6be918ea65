"""The results with which tabs open, made before with the page's defaults.

`python -m tools.example_results` makes them anew. They are plain values, shown by the same
functions as a run's, in every language. Reading them does not import PyTorch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from demos.ui.examples import EXAMPLES
from models.attacks.report import AttackReport
from models.gan.training.diagnosis import Diagnosis

FOLDER = EXAMPLES / "results"
FILE = FOLDER / "results.json"
IDEAL = "ideal."  # and the method: its results' names in the file

Points = list[tuple[float, float]]  # (step, value)
Top = list[tuple[str, float]]  # (name, probability)


@dataclass(frozen=True)
class Example:
    """One result.

    Attributes:
        settings: what it was made with.
        files: the sha256 of each weight file and picture that it was made from, by file name.
        pictures: paths (in the file their names), by what they show.
    """

    settings: dict[str, Any]
    files: dict[str, str]
    pictures: dict[str, str]


@dataclass(frozen=True)
class AttackExample(Example):
    """An attack that turns the first photo into a cat.

    Attributes:
        pictures: "clean" and "adversarial", exact.
        report: what it achieved.
        probabilities: as of `demos.attacks.runs.MeasuredStep`.
        blends: as `models.attacks.blend.classify_blends` gives them.
    """

    report: AttackReport
    probabilities: dict[str, Points]
    blends: Top


@dataclass(frozen=True)
class IdealExample(Example):
    """The ideal Siamese cat by one method.

    Attributes:
        pictures: "picture" and "strip".
        curve: the probability over the steps.
        probabilities: of the class in the picture, one value by each network's name.
    """

    curve: Points
    probabilities: dict[str, list[float]]


@dataclass(frozen=True)
class ExplanationExample(Example):
    """The four explanations of the first photo's verdict.

    Attributes:
        pictures: by method.
        top: the likeliest classes; the first is explained.
        curves: "deletion" and "insertion", by method: (share of the pixels, probability).
        areas: under both curves, by method.
    """

    top: Top
    curves: dict[str, dict[str, Points]]
    areas: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class PetVerdict:
    """What the pet classifier says of a picture.

    Attributes:
        is_pet: whether it shows a pet at all.
        top: the likeliest breeds.
    """

    is_pet: bool
    top: Top


@dataclass(frozen=True)
class TourAttack:
    """What the tour's attack achieved.

    Attributes:
        wanted: the breed that it aimed at.
        fooled: whether that is the prediction now.
        linf: the largest change of a value, in 1/255.
        before, after: the verdicts on both pictures.
    """

    wanted: str
    fooled: bool
    linf: int
    before: PetVerdict
    after: PetVerdict


@dataclass(frozen=True)
class TourExample(Example):
    """A whole tour.

    Attributes:
        pictures: by station: "cat", "painted", "named" and "attacked"; exact are the first and the
            last, for other tabs' networks may be shown them.
        named: of the cat.
        attack: on the cat.
    """

    named: PetVerdict
    attack: TourAttack


@dataclass(frozen=True)
class LabExample(Example):
    """The lab's first run before its first step.

    Attributes:
        pictures: "plane".
        figures: as `demos.gan_lab.views.values` gives them.
        diagnosis: what is said of them.
    """

    figures: dict[str, float]
    diagnosis: Diagnosis


@dataclass(frozen=True)
class OwnCatExample(Example):
    """The face of a photograph, inverted.

    Attributes:
        pictures: "picture", by the tuned generator, and "film".
        quality: as of `demos.gan_explorer.own_runs.Inverted`.
    """

    quality: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Examples:
    """All results; `ideal` by method."""

    attack: AttackExample
    ideal: dict[str, IdealExample]
    explanation: ExplanationExample
    tour: TourExample
    lab: LabExample
    train: Example  # photos as thumbnails
    own: OwnCatExample


@cache
def load() -> Examples:
    """All results, read once."""
    found = {name: _with_paths(each) for name, each in json.loads(FILE.read_bytes()).items()}
    return Examples(
        _attack(found["attack"]),
        {name.removeprefix(IDEAL): _ideal(each) for name, each in found.items() if IDEAL in name},
        _explanation(found["explanation"]),
        _tour(found["tour"]),
        _lab(found["lab"]),
        Example(**found["train"]),
        _own(found["own"]),
    )


def _with_paths(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"pictures": {k: str(FOLDER / name) for k, name in found["pictures"].items()}}


def _pairs(found: Iterable) -> list[tuple[Any, Any]]:
    """JSON has lists for tuples."""
    return [(first, second) for first, second in found]


def _attack(found: dict[str, Any]) -> AttackExample:
    tops = {name: _pairs(found["report"][name]) for name in ("before", "after")}
    report = AttackReport(**found["report"] | tops)
    curves = {name: _pairs(points) for name, points in found["probabilities"].items()}
    typed = {"report": report, "probabilities": curves, "blends": _pairs(found["blends"])}
    return AttackExample(**found | typed)


def _ideal(found: dict[str, Any]) -> IdealExample:
    return IdealExample(**found | {"curve": _pairs(found["curve"])})


def _explanation(found: dict[str, Any]) -> ExplanationExample:
    curves = {
        kind: {method: _pairs(points) for method, points in each.items()}
        for kind, each in found["curves"].items()
    }
    areas = {method: (first, second) for method, (first, second) in found["areas"].items()}
    return ExplanationExample(
        **found | {"top": _pairs(found["top"]), "curves": curves, "areas": areas}
    )


def _verdict(found: dict[str, Any]) -> PetVerdict:
    return PetVerdict(**found | {"top": _pairs(found["top"])})


def _tour(found: dict[str, Any]) -> TourExample:
    verdicts = {name: _verdict(found["attack"][name]) for name in ("before", "after")}
    attack = TourAttack(**found["attack"] | verdicts)
    return TourExample(**found | {"named": _verdict(found["named"]), "attack": attack})


def _lab(found: dict[str, Any]) -> LabExample:
    diagnosis = Diagnosis(found["diagnosis"]["name"], tuple(_pairs(found["diagnosis"]["evidence"])))
    return LabExample(**found | {"diagnosis": diagnosis})


def _own(found: dict[str, Any]) -> OwnCatExample:
    quality = {space: (psnr, distance) for space, (psnr, distance) in found["quality"].items()}
    return OwnCatExample(**found | {"quality": quality})
