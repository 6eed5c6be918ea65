"""Two ways to 32 px: their settings, how computation is counted, and the stages of growing.

Importing this does not import PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.gan.networks.structure import LAST, SIDES
from models.validation import Settings, setting

# As in Karras et al. 2018 a batch is smaller where its pictures are larger.
BATCHES = (32, 32, 16, 8)
MILLION = 1_000_000


@dataclass(frozen=True)
class ProgressiveSettings(Settings):
    """What both trainers are set to."""

    budget: float = setting(
        32.0, "computed pixels for each of the two, in millions (`step_pixels`)", low=0.1, high=400,
        slider_low=4, slider_high=200, step=4,
    )  # fmt: skip
    fade: bool = setting(
        True,
        "new sides are faded in; otherwise they are switched on",
        formula=r"x=(1-\alpha)\,\mathrm{up}(x_{n-1})+\alpha\,x_n",
    )
    seed: int = setting(0, "fixes weights and every draw", low=0, high=2**31 - 1)

    @property
    def pixels(self) -> int:
        """The budget in pixels."""
        return round(self.budget * MILLION)


@dataclass(frozen=True)
class Stage:
    """What a trainer is training now.

    Attributes:
        phase: "fading" or "stable", or "together": all sides at once.
        scale: the index in `SIDES` of the largest side.
        alpha: how far that side is faded in, in [0, 1].
    """

    phase: str
    scale: int
    alpha: float


ALL_SIDES = Stage("together", LAST, 1.0)


@dataclass(frozen=True)
class Phase:
    """A part of progressive growing, from `start` to `end`, shares of the budget in [0, 1]."""

    scale: int
    fading: bool
    start: float
    end: float


def example_pixels(scale: int) -> int:
    """Pixels that one example counts for: of every side up to that of `scale`.

    Feature maps are computed at all of them, in the generator and in the discriminator, whether
    they become pictures or not.

    >>> [example_pixels(scale) for scale in range(4)]
    [16, 80, 336, 1360]
    """
    return sum(side**2 for side in SIDES[: scale + 1])


def step_pixels(scale: int, penalised: bool) -> int:
    """Pixels that a step of both networks counts for.

    A batch of real and one of generated examples in D's step, one of generated in G's, and the real
    ones once more in a step that has the gradient penalty. How often an example is passed forwards
    and backwards is not counted: it is the same in both ways.
    """
    return BATCHES[scale] * example_pixels(scale) * (4 if penalised else 3)


def phases() -> tuple[Phase, ...]:
    """4 px, and then for each side a phase of fading in and one of training on.

    All have the same number of steps. (Karras et al. 2018 give each the same number of examples.
    With equal shares of the pixels the small sides would take nearly all the time: at 4 px an
    example counts for 1/85 of one at 32 px.)
    """
    growth = [(scale, fading) for scale in range(1, LAST + 1) for fading in (True, False)]
    parts = [(0, False), *growth]
    costs = [step_pixels(scale, False) for scale, _ in parts]
    found, spent = [], 0
    for (scale, fading), cost in zip(parts, costs, strict=True):
        start, spent = spent, spent + cost
        found.append(Phase(scale, fading, start / sum(costs), spent / sum(costs)))
    return tuple(found)


PHASES = phases()


def growing_stage(share: float, fade: bool = True) -> Stage:
    """The stage of progressive growing when `share` of the budget is spent, in [0, 1].

    alpha rises linearly from 0 to 1 while a side is faded in.
    """
    phase = next((phase for phase in PHASES if share < phase.end), PHASES[-1])
    if not (fade and phase.fading):
        return Stage("stable", phase.scale, 1.0)
    return Stage("fading", phase.scale, (share - phase.start) / (phase.end - phase.start))


def steps_done(share: float) -> float:
    """The share of progressive growing's steps that are done when `share` of its budget is spent.

    A step at 4 px takes nearly as long as one at 32 px, so this predicts the time better.
    """
    parts = [(share - phase.start) / (phase.end - phase.start) for phase in PHASES]
    return sum(min(max(part, 0.0), 1.0) for part in parts) / len(PHASES)
