"""Runs to begin with: healthy ones, and broken ones with the one change that repairs each.

Importing this does not import PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError, choice

PLANE = ("ring", "grid", "moons", "line", "drawn")
DIGIT_DATA = ("digits", "mnist", "few")
DATA = (*PLANE, *DIGIT_DATA, "own")
# A shipped GAN that a run of own pictures may go on from, and their side.
PRETRAINED, PRETRAINED_SIDE = "dcgan_cats64", 64
# Healthy settings by data and architecture; everything else is a preset's own.
POINTS = TrainingSettings()
PICTURES = TrainingSettings(
    architecture="dcgan", beta1=0.5, batch=64, r1=0.0, ema=0.99, latent=64, width=32
)
# With ten thousand pictures D memorizes later than with a few, so that training lasts long enough
# for a longer average; and a digit needs fewer numbers in z.
DIGITS = PICTURES.replace(ema=0.998, latent=16)
ALL_DIGITS = tuple(range(10))
# The recipe of R3GAN (Huang et al. 2024), whose networks are others: pairs, and both penalties.
# With a gamma of 0.1 four of five runs collapse under a slow D, with 1 three of ten
# (docs/figures.md).
MODERN: Mapping[str, Any] = {"loss": "relativistic", "r1": 1.0, "r2": 1.0}
DENSE = PICTURES.replace(architecture="dense", lr_d=2e-4, lr_g=2e-4, width=128)


@dataclass(frozen=True)
class Preset:
    """A run to begin with.

    Attributes:
        name: the page's texts call it `gan_lab.preset.<name>`.
        data: one of `DATA`.
        settings: of the run.
        diagnosis: expected at the end of it, see `models.gan.training.diagnosis`.
        repair: the one setting (or both rates) that repairs it; empty where nothing is broken.
        restarts: whether the repair needs a new run: it comes too late for the broken networks.
    """

    name: str
    data: str
    settings: TrainingSettings
    diagnosis: str = "healthy"
    repair: Mapping[str, Any] = field(default_factory=dict)
    restarts: bool = False

    @property
    def repaired(self) -> TrainingSettings:
        return self.settings.replace(**self.repair)


PRESETS = (
    Preset("ring", "ring", POINTS),
    Preset("digits", "digits", DIGITS),
    Preset("dense", "digits", DENSE),
    Preset("modern", "ring", POINTS.replace(**MODERN)),
    Preset("classes", "digits", DIGITS.replace(classes=ALL_DIGITS)),
    Preset("collapse", "ring", POINTS.replace(lr_d=1e-4, r1=0.0), "mode_collapse", {"lr_d": 1e-3}),
    Preset(
        "strong",
        "digits",
        PICTURES.replace(loss="minimax", lr_d=2e-3, d_steps=4),
        "strong_discriminator",
        {"skip_below": 0.9},
        restarts=True,
    ),
    Preset(
        "hot",
        "ring",
        POINTS.replace(lr_d=0.3, lr_g=0.3),
        "high_rate",
        {"lr_d": 1e-3, "lr_g": 1e-3},
        restarts=True,
    ),
    Preset("few", "few", PICTURES, "memorization", {"augment": True}, restarts=True),
    Preset(
        "skipped",
        "ring",
        POINTS.replace(skip_below=5.0),
        "skipped_discriminator",
        {"skip_below": 0.0},
    ),
    Preset(
        "labels",
        "digits",
        DIGITS.replace(classes=ALL_DIGITS, shuffled_labels=0.75),
        "wrong_labels",
        {"shuffled_labels": 0.0},
        restarts=True,
    ),
)
NAMES = tuple(preset.name for preset in PRESETS)
BROKEN = tuple(preset for preset in PRESETS if preset.repair)


def preset(name: str) -> Preset:
    """The preset called `name`.

    Raises:
        ValidationError: there is none; the message lists the names.
    """
    return PRESETS[NAMES.index(choice("preset", name, NAMES))]


def check(data: str, settings: TrainingSettings) -> None:
    """Refuses settings that go with other data only.

    Raises:
        ValidationError: an architecture that does not make such examples, or classes where nobody
            has labelled any.
    """
    if (settings.architecture == "mlp") != (data in PLANE):
        raise ValidationError("lab_wrong_data", architecture=settings.architecture)
    if settings.classes and data not in DIGIT_DATA:
        raise ValidationError("classes_need_digits", name="classes", data=data)


def settings_for(data: str, architecture: str | None = None) -> TrainingSettings:
    """Healthy settings for `data`, with the architecture that was asked for if it fits.

    Raises:
        ValidationError: unknown data or architecture, or two that do not go together.
    """
    choice("data", data, DATA)
    if data in PLANE:
        choice("architecture", architecture or "mlp", ("mlp",))
        return POINTS
    choice("architecture", architecture or "dcgan", ("dcgan", "dense"))
    convolving = PICTURES if data in ("few", "own") else DIGITS
    chosen = DENSE if architecture == "dense" else convolving
    return chosen.replace(augment=data == "own")
