"""The collapse doctor: what is wrong with a GAN in training, and the figures that say so.

The rules look at the last readings only, never at the settings, and are asked in order; the first
that holds is the verdict. Their borders were set on runs of seeds 100 to 102 of the presets;
`benchmarks/doctor.py` measures them on other seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from models.gan.training.metrics import Figures
from models.gan.training.trainer import Moment

VERDICTS = (
    "too_early",
    "no_number",
    "skipped_discriminator",
    "high_rate",
    "by_heart",
    "strong_discriminator",
    "mode_collapse",
    "healthy",
)
WINDOW = 8
# Rounds after which a healthy run of an architecture has found its first forms (seeds 100 to 102).
PATIENCE = {"mlp": 1000, "dense": 2500, "dcgan": 350}
SKIPS = 20
# D's loss when it tosses a coin; more than this many times as much means that its steps overshoot.
OVERSHOT = 3.0
BIG_STEP = 0.1
SURE = 0.97
KNOWN, GOOD = 0.6, 0.85
# What D knows by heart shows long before what G has learnt.
SOON = 150
WON = 0.1
LEAST_MODES = 0.75
LEAST_DIVERSITY = 0.4


@dataclass(frozen=True)
class Reading:
    """One look at a run: what training said, and what its samples are like."""

    moment: Moment
    figures: Figures


@dataclass(frozen=True)
class Verdict:
    """What the doctor says.

    Attributes:
        name: one of `VERDICTS`.
        because: the figures that decided, (name, value) each; names are text keys
            `gym.figure.<name>`.
    """

    name: str
    because: tuple[tuple[str, float], ...]


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def diagnose(readings: Sequence[Reading], architecture: str, coin: float) -> Verdict:
    """The verdict on a run.

    Args:
        readings: in order of time; the last `WINDOW` are looked at, medians are taken over them.
        architecture: sets how long is too early.
        coin: D's loss when it tosses a coin (`models.gan.training.settings.cost`); 0 where the
            loss has no such level.
    """
    if not readings:
        return Verdict("too_early", (("rounds", 0),))
    window = readings[-WINDOW:]
    first, last = window[0].moment, window[-1].moment

    def of_moment(name: str) -> float | None:
        return _middle([getattr(r.moment, name) for r in window])

    def of_figures(name: str) -> float | None:
        return _middle([getattr(r.figures, name) for r in window])

    if last.diverged:
        return Verdict("no_number", (("rounds", last.rounds),))
    skips = last.skipped - first.skipped
    if skips >= SKIPS and last.steps_d == first.steps_d:
        return Verdict("skipped_discriminator", (("skipped", skips), ("steps_d", 0)))
    loss, step = of_moment("loss_d"), of_moment("change_g")
    if coin and loss is not None and loss > OVERSHOT * coin:
        return Verdict("high_rate", (("loss_d", loss), ("coin", coin)))
    if step is not None and step > BIG_STEP:
        return Verdict("high_rate", (("change_g", step),))
    real, fake, heart = of_moment("accuracy_real"), of_moment("accuracy_fake"), of_figures("heart")
    sure = real is not None and fake is not None and min(real, fake) > SURE
    knows = heart is not None and heart > KNOWN and real is not None and min(real, fake) > GOOD
    if knows and last.rounds >= SOON:
        return Verdict("by_heart", (("heart", heart), ("accuracy_real", real)))
    if last.rounds < PATIENCE[architecture]:
        return Verdict("too_early", (("rounds", last.rounds),))
    pull = of_moment("slope_g")
    if sure and pull is not None and coin and loss < WON * coin:
        return Verdict(
            "strong_discriminator",
            (("accuracy_real", real), ("accuracy_fake", fake), ("loss_d", loss), ("slope_g", pull)),
        )
    modes, of, diversity = of_figures("modes"), of_figures("of"), of_figures("diversity")
    if modes is not None and modes < LEAST_MODES * of:
        return Verdict("mode_collapse", (("modes", modes), ("of", of), ("diversity", diversity)))
    if diversity < LEAST_DIVERSITY:
        return Verdict("mode_collapse", (("diversity", diversity),))
    shown = (("modes", modes), ("of", of), ("diversity", diversity), ("accuracy_fake", fake))
    return Verdict("healthy", tuple((name, value) for name, value in shown if value is not None))
