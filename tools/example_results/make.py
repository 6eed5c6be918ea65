"""Makes each example result with the functions that the page calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from demos.attacks import runs as attack_runs
from demos.attacks.runs import AttackRequest, MeasuredStep
from demos.explanations import runs as explanation_runs
from demos.explanations.runs import Explained, ExplanationRequest
from demos.feature_visualization import runs as ideal_runs
from demos.gan_explorer import own_runs
from demos.gan_explorer.own_runs import Inverted
from demos.gan_lab import run_config
from demos.gan_lab import views as lab_views
from demos.pets import runs as pet_runs
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Result
from demos.tour import runs as tour_runs
from demos.tour.runs import StationStep
from demos.ui.example_results import (
    AttackExample,
    Example,
    ExplanationExample,
    IdealExample,
    LabExample,
    OwnCatExample,
    TourExample,
)
from models import images
from models.feature_visualization.settings import VisualizationSettings
from models.gan.inversion.settings import InversionSettings
from tools.example_results.recipes import Recipe

QUALITY = 90  # of pictures that are only looked at

# (what it shows, picture, whether it must be exact) -> name of the file it was saved in
Save = Callable[[str, Image.Image, bool], str]


def make(name: str, recipe: Recipe, folder: Path, engine: Engine) -> Example:
    """The result called `name`, its pictures saved in `folder`."""

    def save(shows: str, image: Image.Image, exact: bool = False) -> str:
        path = folder / f"{name.replace('.', '-')}-{shows}.webp"
        options: dict[str, Any] = {"lossless": True} if exact else {"quality": QUALITY}
        image.convert("RGB").save(path, method=6, **options)
        return path.name

    return MAKERS[name.partition(".")[0]](recipe, save, engine)


def _last(events: Iterator) -> Any:
    """The value of a run's result."""
    (found,) = [event.value for event in events if isinstance(event, Result)]
    return found


def _attack(recipe: Recipe, save: Save, engine: Engine) -> AttackExample:
    settings = dict(recipe.settings)
    model, (photo,) = settings.pop("model"), recipe.pictures
    del settings["photo"]
    asked = AttackRequest(photo, model, settings)
    found: MeasuredStep = _last(attack_runs.measured_attack(engine, asked, StoppableRun()))
    subject, adversarial, result = found.subject, found.step.adversarial, found.result
    assert result
    return AttackExample(
        recipe.settings,
        recipe.files(),
        {
            "clean": save("clean", subject.shown, True),
            "adversarial": save("adversarial", images.to_image(adversarial), True),
        },
        result.report,
        found.probabilities,
        result.blends,
    )


def _ideal(recipe: Recipe, save: Save, engine: Engine) -> IdealExample:
    settings = VisualizationSettings(**recipe.settings)
    (found,) = _last(ideal_runs.visualize(engine, [settings], None, StoppableRun()))
    pictures = {
        "picture": save("picture", ideal_runs.picture([found]), False),
        "strip": save("strip", ideal_runs.strip_picture(found), False),
    }
    return IdealExample(recipe.settings, recipe.files(), pictures, found.curve, found.probabilities)


def _explanation(recipe: Recipe, save: Save, engine: Engine) -> ExplanationExample:
    settings = dict(recipe.settings)
    del settings["photo"]
    asked = ExplanationRequest(*recipe.pictures, settings)
    found: Explained = _last(explanation_runs.explain(engine, asked, StoppableRun()))
    subject, every = found.subject, found.step.found
    return ExplanationExample(
        recipe.settings,
        recipe.files(),
        {
            method: save(method, explanation_runs.drawn(subject.shown, method, each.map), False)
            for method, each in every.items()
        },
        found.top,
        {
            kind: {method: getattr(each, kind) for method, each in every.items()}
            for kind in ("deletion", "insertion")
        },
        {method: each.areas for method, each in every.items() if each.areas},
    )


def _tour(recipe: Recipe, save: Save, engine: Engine) -> TourExample:
    knobs = (recipe.settings[name] for name in ("seed", "truncation", "epsilon"))
    steps = tour_runs.tour(engine, "en", *knobs, StoppableRun())
    last = {step.station: step.picture for step in steps if isinstance(step, StationStep)}
    pictures = {
        name: save(name, images.open_image(path), name in ("cat", "attacked"))
        for name, path in last.items()
    }
    return TourExample(
        recipe.settings,
        recipe.files(),
        pictures,
        tour_runs.verdict(pet_runs.classify(engine, last["cat"])[1]),
        tour_runs.measure_attack(engine, last["cat"], last["attacked"]),
    )


def _lab(recipe: Recipe, save: Save, engine: Engine) -> LabExample:
    settings = dict(recipe.settings)
    data, architecture = settings.pop("data"), settings.pop("architecture")
    live = run_config.make(engine, run_config.checked(data, architecture, settings))
    engine.training_slice(live.record, True)
    plane = engine.training_slice(lab_views.picture, live, ("heatmap",))
    pictures = {"plane": save("plane", plane, False)}
    found = lab_views.values(live), live.diagnose()
    return LabExample(recipe.settings, recipe.files(), pictures, *found)


def _train(recipe: Recipe, save: Save, _engine: Engine) -> Example:
    side = recipe.settings["side"]
    pictures = {
        Path(path).stem: save(Path(path).stem, images.square(images.open_image(path), side), False)
        for path in recipe.pictures
    }
    return Example(recipe.settings, recipe.files(), pictures)


def _own(recipe: Recipe, save: Save, engine: Engine) -> OwnCatExample:
    settings, (photo,) = dict(recipe.settings), recipe.pictures
    box, stages, _ = (settings.pop(name) for name in ("box", "stages", "photo"))
    asked = InversionSettings(**settings)
    found: Inverted = _last(own_runs.invert(engine, photo, box, stages, asked, StoppableRun()))
    pictures = {
        "picture": save("picture", own_runs.enlarged(found.step.found["tuned"].draw()), False),
        "film": save("film", found.film.row(), False),
    }
    return OwnCatExample(recipe.settings, recipe.files(), pictures, found.quality)


MAKERS: dict[str, Callable[[Recipe, Save, Engine], Example]] = {
    "attack": _attack, "ideal": _ideal, "explanation": _explanation, "tour": _tour, "lab": _lab,
    "train": _train, "own": _own,
}  # fmt: skip
