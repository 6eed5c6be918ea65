"""What pictures of a trained generator depend on. Importing this does not import PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.gan.networks.structure import LAYER_GROUPS, STYLE_LAYERS, style_shape
from models.validation import Settings, ValidationError, choice, setting, whole_number

MAX_COUNT = 64
MIN_STOPS, MAX_STOPS = 2, 8  # of a walk
FILM_FORMATS = ("webp", "gif", "mp4")
MAX_SEED = 2**31 - 1 - MAX_COUNT  # of the first of several pictures
SLIDERS = tuple(f"d{number}" for number in range(1, 9))
STYLE_LAYER_NAMES = tuple(str(layer) for layer in range(STYLE_LAYERS))
# The finest in which single channels draw parts of a face rather than colours.
DEFAULT_UNIT_LAYER = "6"
MAX_UNITS = 32
CELLS = 8  # of the grid inside which units are changed, on a side


def _seed(default: int, doc: str, **options: Any) -> Any:
    return setting(default, doc, low=0, high=MAX_SEED, **options)


def slider(number: int) -> Any:
    """A setting for one of the directions found."""
    doc = f"standard deviations along direction {number} of those found"
    return setting(0.0, doc, low=-3, high=3, step=0.1)


@dataclass(frozen=True)
class SampleSettings(Settings):
    """Which pictures a generator makes; see each setting's sentence."""

    seed: int = _seed(
        0, "number of the first picture (the next are seed + 1, seed + 2, ...)", key="gan.seed"
    )
    seed_b: int = _seed(1, "number of the second picture", page_default=5, key="gan.seed_b")
    frames: int = setting(24, "pictures on the way, both ends included", low=2, high=60, step=1)
    crossover: int = setting(
        3, "layers below it are a's, the others b's (a network that is not style-based has one "
        "layer, so that from 1 on everything is a)",
        low=0, high=STYLE_LAYERS, step=1,
    )  # fmt: skip
    truncation: float = setting(
        0.7, "variety (0 gives the mean face, 1 the full variety)", low=0, high=1.5, step=0.05,
        formula=r"w'=\bar w+\psi\,(w-\bar w)",
    )  # fmt: skip
    count: int = setting(16, "how many pictures", low=1, high=MAX_COUNT)
    d1: float = slider(1)
    d2: float = slider(2)
    d3: float = slider(3)
    d4: float = slider(4)
    d5: float = slider(5)
    d6: float = slider(6)
    d7: float = slider(7)
    d8: float = slider(8)
    noise: int = setting(
        0, "seed of the noise that a style-based network adds to every layer",
        low=0, high=2**31 - 1, slider_high=100, step=1,
    )  # fmt: skip
    layers: str = setting(
        "all", "which style layers the sliders move (a network that is not style-based has one, "
        "which always moves)",
        choices=tuple(LAYER_GROUPS), key="gan.layers", choice_key="gan.layers",
        formula=r"w_\ell'=w_\ell+\textstyle\sum_i d_i\,\sigma_i v_i,\ \ell\in L",
    )  # fmt: skip

    @property
    def sliders(self) -> tuple[float, ...]:
        """d1 to d8."""
        return tuple(getattr(self, name) for name in SLIDERS)


@dataclass(frozen=True)
class WalkSettings(SampleSettings):
    """What a film of a walk depends on; see each setting's sentence."""

    stops: Sequence[int] | None = setting(
        None, f"numbers of {MIN_STOPS} to {MAX_STOPS} pictures to walk through in this order, with "
        "`frames` on each stretch; left out: from a to b", key="gan.stops",
    )  # fmt: skip
    closed: bool = setting(False, "whether to walk back to the first picture")
    format: str = setting(
        "webp", "of the file; MP4 only where the machine has an encoder", choices=FILM_FORMATS
    )  # fmt: skip

    def check(self) -> None:
        if self.stops is None:
            return
        if not MIN_STOPS <= len(self.stops) <= MAX_STOPS:
            limits = {"low": MIN_STOPS, "high": MAX_STOPS}
            raise ValidationError("walk_stops", count=len(self.stops), **limits)
        checked = tuple(whole_number("stops", stop, 0, MAX_SEED) for stop in self.stops)
        object.__setattr__(self, "stops", checked)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The pictures to walk through."""
        return (self.seed, self.seed_b) if self.stops is None else tuple(self.stops)


@dataclass(frozen=True)
class UnitSettings(Settings):
    """Which channels of a style layer are changed, how much and where (models/gan/units.py)."""

    layer: str = setting(
        "", 'style layer, "0" (4 x 4) to "8" (64 x 64); empty for the finest whose channels draw '
        "parts of a face"
    )  # fmt: skip
    units: Sequence[int] | None = setting(
        None, f"channels of the layer to change, from 0, at most {MAX_UNITS}; left out: the one "
        "that changes this picture most"
    )  # fmt: skip
    scale: float = setting(
        0.0, "their factor (0 switches them off, 1 leaves them as they are)", low=0, high=5
    )
    cells: Sequence[int] | None = setting(
        None, f"where to change them: cells of a grid of {CELLS} x {CELLS} over the picture, "
        f"numbered by rows from 0 to {CELLS**2 - 1}; left out: everywhere"
    )  # fmt: skip

    def check(self) -> None:
        layer = choice("layer", self.layer, STYLE_LAYER_NAMES) if self.layer else DEFAULT_UNIT_LAYER
        object.__setattr__(self, "layer", layer)
        if self.units is not None:
            if not 0 < len(self.units) <= MAX_UNITS:
                raise ValidationError("too_many_units", limit=MAX_UNITS, count=len(self.units))
            last = style_shape(int(layer))[0] - 1
            self._take("units", [whole_number("units", unit, 0, last) for unit in self.units])
        if self.cells is not None:
            last = CELLS**2 - 1
            self._take("cells", [whole_number("cells", cell, 0, last) for cell in self.cells])

    def _take(self, name: str, values: Sequence[int]) -> None:
        object.__setattr__(self, name, tuple(dict.fromkeys(values)))
