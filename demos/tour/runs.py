"""What the tour computes: one generated cat is painted, classified and attacked."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import escape
from PIL import Image

from demos.attacks import runs as attack_runs
from demos.attacks.runs import AttackRequest
from demos.attacks.views import VERDICTS
from demos.gan_explorer import runs as gan_runs
from demos.pets import runs as pet_runs
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Loading, Progress, Result, Waiting
from demos.runtime.i18n import breed_name, say
from demos.style_transfer import runs as style_runs
from demos.style_transfer.runs import StyleRequest
from demos.ui import examples
from demos.ui.example_results import PetVerdict, TourAttack
from demos.ui.plots import bars
from models import images, registry
from models.attacks.settings import AttackSettings
from models.classifiers.settings import CamSettings
from models.labels import breeds

if TYPE_CHECKING:
    from models.classifiers.pet_classifier import PetPrediction

NAME = "tour"
# The stations, and the share of the tour's time that is over when each is done.
STATIONS = {"cat": 0.02, "painted": 0.58, "named": 0.64, "attacked": 1.0}
PAINTING = examples.example("styles", "starry_night")
SIZE = 256
SHOWN = 3  # breeds below a picture
PAINT = {"size": SIZE, "steps": 60, "optimizer": "lbfgs"}
# Dogs that the attack may aim at: the first that the classifier does not think of already.
TARGETS = ("pug", "beagle", "boxer")


@dataclass(frozen=True)
class StationStep:
    """What a station shows.

    Attributes:
        station: which one.
        share: of its work that is done, 0..1.
        picture: so far; at its end the path of an exact PNG.
        found: what was found there at its end, as HTML.
    """

    station: str
    share: float
    picture: str | Image.Image
    found: str = ""

    @property
    def number(self) -> int:
        """1 for the first station."""
        return list(STATIONS).index(self.station) + 1

    @property
    def progress(self) -> float:
        """The share of the whole tour's time that is over, about."""
        before = [0.0, *STATIONS.values()][self.number - 1]
        return before + (STATIONS[self.station] - before) * self.share


Events = Generator[Waiting | Loading | StationStep]


def tour(engine: Engine, language: str, seed, truncation, epsilon, run: StoppableRun) -> Events:
    """The steps of one station after the other; waiting and loading between them.

    Raises:
        ValidationError: a setting is out of range; before anything else happens.
    """
    AttackSettings(epsilon=epsilon)
    cat = gan_runs.enlarged(engine, registry.DEFAULT_GAN, seed=seed, truncation=truncation)
    yield StationStep("cat", 1.0, cat)
    for station in (_painted, _named, _attacked):
        if run.is_set():
            return
        yield from station(engine, language, cat, epsilon, run)


def _painted(engine: Engine, language: str, cat: str, _: float, run: StoppableRun) -> Events:
    for event in style_runs.stylize(engine, StyleRequest(cat, PAINTING, settings=PAINT), run):
        if not isinstance(event, Progress | Result):
            yield event
            continue
        # Coarse scales are shown at full size: the picture grows sharper, not larger.
        shown = images.fit(event.value.image, SIZE)
        picture = _saved(shown, "painted") if isinstance(event, Result) else shown
        yield StationStep("painted", event.value.step.progress, picture)


def _named(engine: Engine, language: str, cat: str, _: float, run: StoppableRun) -> Events:
    yield from engine.load_classifier(registry.DEFAULT_PET_CLASSIFIER)
    square, prediction = pet_runs.classify(engine, cat)
    first, second = (breeds.index(name) for name, _ in prediction.top(2))
    shown = pet_runs.overlay(engine, square, prediction, (first, second), CamSettings(contrast=1.0))
    found = likeliest(language, verdict(prediction))
    yield StationStep("named", 1.0, _saved(shown, "why"), found)


def _attacked(engine: Engine, language: str, cat: str, epsilon: float, run: StoppableRun) -> Events:
    _, prediction = pet_runs.classify(engine, cat)
    settings = {"target": _target(prediction), "epsilon": epsilon}
    asked = AttackRequest(cat, registry.DEFAULT_PET_CLASSIFIER, settings)
    for event in attack_runs.measured_attack(engine, asked, run):
        if not isinstance(event, Progress | Result):
            yield event
            continue
        step = event.value.step
        share, image = step.step / step.steps, images.to_image(step.adversarial)
        if isinstance(event, Result):
            path = _saved(image, "attacked")
            yield StationStep("attacked", share, path, about_attack(engine, language, cat, path))
        else:
            yield StationStep("attacked", share, image)


def _saved(image: Image.Image, name: str) -> str:
    return examples.png(image, f"netglass-tour-{name}")


def _target(prediction: PetPrediction) -> str:
    """The first of `TARGETS` that is not one of the classifier's two likeliest breeds."""
    likely = [name for name, _ in prediction.top(2)]
    return next(name for name in TARGETS if name not in likely)


def about_cat(engine: Engine, language: str, cat: str | None) -> str:
    """The classifier's top five, and whether it takes the picture for a pet at all."""
    if cat is None:
        return ""
    _, prediction = pet_runs.classify(engine, cat)
    return likeliest(language, verdict(prediction))


def about_attack(engine: Engine, language: str, cat: str | None, attacked: str | None) -> str:
    """`attack_found` of the attack, measured on its PNG; "" before there is one."""
    if cat is None or attacked is None:
        return ""
    return attack_found(language, measure_attack(engine, cat, attacked))


def measure_attack(engine: Engine, cat: str, attacked: str) -> TourAttack:
    """What the attack achieved, from the paths of both pictures."""
    (clean, before), (changed, after) = (pet_runs.classify(engine, p) for p in (cat, attacked))
    wanted = _target(before)
    fooled = after.top(1)[0][0] == wanted
    largest = int(np.abs(np.asarray(clean, int) - np.asarray(changed, int)).max())
    return TourAttack(wanted, fooled, largest, verdict(before), verdict(after))


def verdict(prediction: PetPrediction) -> PetVerdict:
    """What the page says of a prediction."""
    return PetVerdict(prediction.is_pet, prediction.top(5))


def attack_found(language: str, found: TourAttack) -> str:
    """Whether the attack succeeded, what it wanted, and the likeliest breeds after it, as HTML."""
    words = say(language, "attack.success" if found.fooled else "attack.failure")
    wanted = say(language, "tour.attacked.wanted", breed=breed_name(language, found.wanted))
    change = say(language, "tour.attacked.found", linf=found.linf)
    _, role = VERDICTS["after"]
    first = f"<p><b>{escape(words)}</b> {escape(wanted)}</p>"
    return f"{first}{likeliest(language, found.after, role)}<p>{escape(change)}</p>"


def likeliest(language: str, found: PetVerdict, role: str = "real") -> str:
    """The likeliest breeds, and whether the picture is taken for a pet at all, as HTML."""
    doubt = "" if found.is_pet else f"<p>{escape(say(language, 'pets.not'))}</p>"
    top = [(breed_name(language, name), value) for name, value in found.top[:SHOWN]]
    return doubt + bars(top, role=role)
