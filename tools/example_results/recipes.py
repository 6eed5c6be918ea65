"""What each example result is made of: today's settings, networks and pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demos.attacks import controls as attack_controls
from demos.explanations import controls as explanation_controls
from demos.explanations import tab as explanation_tab
from demos.feature_visualization import controls as ideal_controls
from demos.gan_explorer import own_cat, own_runs
from demos.gan_lab import opening, run_config
from demos.linear_probe import tab as probe_tab
from demos.tour import runs as tour_runs
from demos.tour import tab as tour_tab
from demos.ui import examples
from demos.ui.example_results import IDEAL
from models import registry, weights
from models.feature_visualization.settings import FROM_NOISE, VisualizationSettings
from models.gan.inversion.settings import WEIGHTS, InversionSettings
from models.gan.training.settings import TrainingSettings
from models.registry import BackboneSpec, ModelSpec, PetSpec


@dataclass(frozen=True)
class Recipe:
    """What one result is made of.

    Attributes:
        settings: of the run, and the names of what it is about.
        networks: names of all that take part.
        pictures: paths of those it begins with.
        weights: names of further weight files in the manifest.
    """

    settings: dict[str, Any]
    networks: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()

    def files(self) -> dict[str, str]:
        """The sha256 of each file, by its name."""
        found = [_weight_file(name) for name in sorted(self._networks())]
        found += [_shipped(name) for name in self.weights]
        return dict([*found, *((Path(path).name, _sha256(path)) for path in self.pictures)])

    def _networks(self) -> set[str]:
        """With the backbones that pet classifiers share."""
        specs = [registry.spec(name, ModelSpec) for name in self.networks]
        return {*self.networks, *(spec.backbone for spec in specs if isinstance(spec, PetSpec))}


def recipes() -> dict[str, Recipe]:
    """The recipes by the results' names."""
    ideal = {IDEAL + method: _ideal(method) for method in FROM_NOISE}
    return {
        "attack": _attack(), **ideal, "explanation": _explanation(), "tour": _tour(),
        "lab": _lab(), "train": _train(), "own": _own(),
    }  # fmt: skip


def _attack() -> Recipe:
    model = registry.DEFAULT_BACKBONE
    settings = {"photo": attack_controls.DOG, "model": model, **attack_controls.DOG_TO_CAT}
    return Recipe(settings, (model,), (examples.example("photos", attack_controls.DOG),))


def _ideal(method: str) -> Recipe:
    settings = ideal_controls.DEFAULTS | {"method": method}
    return Recipe(settings, VisualizationSettings(**settings).networks)


def _explanation() -> Recipe:
    model, photo = registry.DEFAULT_BACKBONE, explanation_tab.PHOTO
    settings = {"photo": photo, **explanation_controls.DEFAULTS}
    return Recipe(settings, (model,), (examples.example("photos", photo),))


def _tour() -> Recipe:
    painting = {"painting": Path(tour_runs.PAINTING).stem, "paint": tour_runs.PAINT}
    networks = registry.DEFAULT_GAN, registry.DEFAULT_BACKBONE, registry.DEFAULT_PET_CLASSIFIER
    return Recipe(tour_tab.DEFAULTS | painting, networks, (tour_runs.PAINTING,))


def _lab() -> Recipe:
    defaults = TrainingSettings.page_defaults()
    chosen = {name: defaults[name] for name in ("architecture", *run_config.SETTINGS)}
    return Recipe({"data": opening.DATA, **chosen})


def _train() -> Recipe:
    photos = [examples.example("photos", name) for name in probe_tab.ANIMALS["photos"]]
    return Recipe(probe_tab.ANIMALS, (), tuple(photos))


def _own() -> Recipe:
    photo, box = own_cat.EXAMPLE, list(own_cat.EXAMPLE_BOX.values)
    settings = InversionSettings.page_defaults()
    networks = settings["model"], own_runs.EYES, own_runs.JUDGE
    return Recipe(
        {"photo": photo, "box": box, "stages": list(own_cat.STAGES), **settings}, networks,
        (examples.example("photos", photo),), (WEIGHTS.format(settings["model"]),),
    )  # fmt: skip


def _weight_file(name: str) -> tuple[str, str]:
    """(file name, sha256): the manifest's, or, of what is not in it, the file's own."""
    spec = registry.spec(name, ModelSpec)
    if isinstance(spec, BackboneSpec):
        return spec.file, _sha256(registry.weights_path(spec))
    return _shipped(name)


def _shipped(name: str) -> tuple[str, str]:
    entry = weights.entry(name)
    return entry["file"], entry["sha256"]


def _sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
