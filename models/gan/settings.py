"""What pictures of a trained generator depend on. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.gan.networks.structure import STYLE_LAYERS
from models.validation import Settings, setting

MAX_COUNT = 64
MAX_SEED = 2**31 - 1 - MAX_COUNT  # of the first of several pictures
SLIDERS = tuple(f"d{number}" for number in range(1, 9))


def _seed(default: int, doc: str, **options: Any) -> Any:
    return setting(default, doc, low=0, high=MAX_SEED, **options)


def _slider(number: int) -> Any:
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
    d1: float = _slider(1)
    d2: float = _slider(2)
    d3: float = _slider(3)
    d4: float = _slider(4)
    d5: float = _slider(5)
    d6: float = _slider(6)
    d7: float = _slider(7)
    d8: float = _slider(8)
    noise: int = setting(
        0, "seed of the noise that a style-based network adds to every layer",
        low=0, high=2**31 - 1, slider_high=100, step=1,
    )  # fmt: skip

    @property
    def sliders(self) -> tuple[float, ...]:
        """d1 to d8."""
        return tuple(getattr(self, name) for name in SLIDERS)
