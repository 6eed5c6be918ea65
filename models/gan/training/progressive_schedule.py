"""A race to 32 px: its settings, what it counts, and when progressive growing is where.

Importing this costs no PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.validation import number, switch, whole_number

SIDES = (4, 8, 16, 32)
LAST = len(SIDES) - 1
# As in Karras et al. 2018 a batch is smaller where its pictures are larger.
BATCHES = (32, 32, 16, 8)
LAZY = 4
MILLION = 1_000_000
MAX_BUDGET = 400
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """What both runners are given.

    Attributes:
        budget: computed pixels for each, in millions; see `step_pixels`.
        fade: new sides are faded in; otherwise they are switched on.
        seed: fixes weights and every draw.
    """

    budget: float = 32
    fade: bool = True
    seed: int = 0

    def __post_init__(self):
        number("budget", self.budget, 0.1, MAX_BUDGET)
        whole_number("seed", self.seed, 0, MAX_SEED)
        switch("fade", self.fade)

    @property
    def pixels(self) -> int:
        """The budget in pixels."""
        return round(self.budget * MILLION)


@dataclass(frozen=True)
class Place:
    """Where a runner stands.

    Attributes:
        phase: "fading" or "stable", or "together": all sides at once.
        scale: the index in `SIDES` of the largest side.
        alpha: how far that side is faded in, in [0, 1].
    """

    phase: str
    scale: int
    alpha: float


TOGETHER = Place("together", LAST, 1.0)


@dataclass(frozen=True)
class Phase:
    """A part of progressive growing, from `start` to `end`, shares of the budget in [0, 1]."""

    scale: int
    fading: bool
    start: float
    end: float


def example_pixels(scale: int) -> int:
    """Pixels that one example counts for: of every side up to that of `scale`.

    At all of them maps are computed, in the generator and in the discriminator, whether they become
    pictures or not.

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
    parts = [(0, False)] + [(scale, fading) for scale in range(1, LAST + 1) for fading in (1, 0)]
    costs = [step_pixels(scale, False) for scale, _ in parts]
    found, spent = [], 0
    for (scale, fading), cost in zip(parts, costs, strict=True):
        start, spent = spent, spent + cost
        found.append(Phase(scale, bool(fading), start / sum(costs), spent / sum(costs)))
    return tuple(found)


PHASES = phases()


def growing(share: float, fade: bool = True) -> Place:
    """Where progressive growing stands when `share` of the budget is spent, in [0, 1].

    alpha rises from 0 to 1 in a straight line while a side is faded in.
    """
    phase = next((phase for phase in PHASES if share < phase.end), PHASES[-1])
    if not (fade and phase.fading):
        return Place("stable", phase.scale, 1.0)
    return Place("fading", phase.scale, (share - phase.start) / (phase.end - phase.start))


def steps_done(share: float) -> float:
    """The share of progressive growing's steps that are done when `share` of its budget is spent.

    A step at 4 px takes nearly as long as one at 32 px, so this tells the time better.
    """
    parts = [(share - phase.start) / (phase.end - phase.start) for phase in PHASES]
    return sum(min(max(part, 0.0), 1.0) for part in parts) / len(PHASES)
