"""Runs to begin with: healthy ones, and broken ones with the one change that repairs each.

Importing this costs no PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.gan.training.settings import Settings
from models.validation import choice

DATA = ("ring", "grid", "moons", "line", "drawn", "digits", "mnist", "few", "own")
PLANE = ("ring", "grid", "moons", "line", "drawn")
# What the architectures want to be healthy on what data; everything else is a preset's own.
POINTS = Settings()
PICTURES = Settings(
    architecture="dcgan",
    lr_d=1e-3,
    lr_g=1e-3,
    beta1=0.5,
    batch=64,
    r1=0.0,
    ema=0.99,
    latent=64,
    width=32,
)
# Ten thousand pictures hold D back long enough for a longer average, and ask less of z.
DIGITS = PICTURES.turned(ema=0.998, latent=16)
DENSE = PICTURES.turned(architecture="dense", lr_d=2e-4, lr_g=2e-4, width=128)


@dataclass(frozen=True)
class Preset:
    """A run to begin with.

    Attributes:
        name: text keys `gym.preset.<name>` and `gym.preset.<name>.watch`.
        data: one of `DATA`.
        settings: its knobs.
        verdict: what the doctor should call it, see `models.gan.training.diagnosis`.
        repair: the one knob (or both rates) that repairs it; empty where nothing is broken.
        anew: whether the repair comes too late for networks that were broken already.
    """

    name: str
    data: str
    settings: Settings
    verdict: str = "healthy"
    repair: dict = field(default_factory=dict)
    anew: bool = False

    @property
    def repaired(self) -> Settings:
        return self.settings.turned(**self.repair)


PRESETS = (
    Preset("ring", "ring", POINTS),
    Preset("digits", "digits", DIGITS),
    Preset("dense", "digits", DENSE),
    Preset(
        "collapse",
        "ring",
        POINTS.turned(lr_d=1e-4, r1=0.0),
        "mode_collapse",
        {"lr_d": 1e-3},
    ),
    Preset(
        "strong",
        "digits",
        PICTURES.turned(loss="minimax", lr_d=2e-3, d_steps=4),
        "strong_discriminator",
        {"skip_below": 0.9},
        anew=True,
    ),
    Preset(
        "hot",
        "ring",
        POINTS.turned(lr_d=0.3, lr_g=0.3),
        "high_rate",
        {"lr_d": 1e-3, "lr_g": 1e-3},
        anew=True,
    ),
    Preset("few", "few", PICTURES, "by_heart", {"augment": True}, anew=True),
    Preset(
        "skipped",
        "ring",
        POINTS.turned(skip_below=5.0),
        "skipped_discriminator",
        {"skip_below": 0.0},
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


def settings_for(data: str, architecture: str | None = None) -> Settings:
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
    chosen = {"dense": DENSE, "dcgan": convolving}[architecture or "dcgan"]
    return chosen.turned(augment=data == "own")
