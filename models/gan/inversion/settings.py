"""What an inversion depends on. Importing this does not import PyTorch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models import registry
from models import weights as files
from models.validation import Settings, ValidationError, setting, shown

SPACES = ("tuned", "w+", "w", "noise")
# The weight file of what a generator's inversion needs, see `training.inversion`.
WEIGHTS = "inversion_{}"
STYLE_BASED = tuple(name for name in registry.GANS if registry.gan(name).kind == "style")


def trained() -> tuple[str, ...]:
    """The generators whose inversion was trained, see weights/manifest.json."""
    try:
        known = files.manifest(files.FOLDER)
    except (OSError, ValueError):
        return STYLE_BASED
    return tuple(name for name in STYLE_BASED if WEIGHTS.format(name) in known) or STYLE_BASED


MODELS = trained()
# A face must have at least so many pixels; the network draws 64.
LEAST_FACE = 32
SLIDER_END = 1.5  # of an inverted picture: beyond it turns into another
# A slider's unit is that much longer for an inverted picture: without it sliders moved the VAE's
# code of 20 training photographs 0.78 (w+) and 0.66 (tuned) times as far as those of drawn ones.
SLIDER_GAIN = 1.3


@dataclass(frozen=True)
class InversionSettings(Settings):
    """How a photograph is inverted."""

    model: str = setting(MODELS[0], "the generator", choices=MODELS, key="gan.model")
    steps: int = setting(
        40, "steps of Adam for the codes, and as many for tuning", low=1, high=200, step=1
    )
    space: str = setting(
        "tuned",
        "what is changed until the picture is alike: one code (w), a code for each layer (w+), "
        "those and the noise maps (noise), or those and then the generator (tuned)",
        choices=SPACES, key="gan.space", choice_key="gan.space",
    )  # fmt: skip
    seed: int = setting(0, "seed of the noise maps", low=0, high=2**31 - 1, key="name.noise")


@dataclass(frozen=True)
class Box:
    """A square of a picture, in its pixels with the orientation applied; it may reach beyond the
    picture's edge.

    Attributes:
        x, y: left and top edge.
        side: width and height.
    """

    x: float
    y: float
    side: float

    @classmethod
    def checked(cls, values: object, width: int, height: int) -> Box:
        """The box [x, y, side] in a picture of that size.

        Raises:
            ValidationError: no three finite numbers, smaller than `LEAST_FACE`, its middle outside
                the picture, or larger than twice the picture.
        """
        told = shown(values)
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != 3:
            raise ValidationError("box_numbers", value=told)
        for value in values:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value):
                raise ValidationError("box_numbers", value=told)
        box = cls(*(float(value) for value in values))
        if box.side < LEAST_FACE:
            side = round(box.side)
            raise ValidationError("face_too_small", side=side, least=LEAST_FACE, value=told)
        x, y = box.middle
        if not (0 <= x <= width and 0 <= y <= height and box.side <= 2 * max(width, height)):
            raise ValidationError("box_outside", width=width, height=height, value=told)
        return box

    @classmethod
    def around(cls, x: float, y: float, side: float) -> Box:
        """The box with that middle."""
        return cls(x - side / 2, y - side / 2, side)

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.side / 2, self.y + self.side / 2

    @property
    def values(self) -> list[float]:
        """[x, y, side], to a tenth of a pixel."""
        return [round(value, 1) for value in (self.x, self.y, self.side)]
