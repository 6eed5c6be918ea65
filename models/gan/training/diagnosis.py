"""The diagnosis of a GAN in training: what is wrong with it, and the figures that say so.

The rules look at the last readings only, never at the settings, and are asked in order; the first
that holds decides. Their thresholds were set on runs of seeds 100 to 102 of the presets;
`benchmarks/gan_lab_diagnosis.py` measures them on other seeds. Importing this does not import
PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.gan.training.metrics import Metrics
    from models.gan.training.snapshot import Snapshot

NAMES = (
    "too_early",
    "diverged",
    "skipped_discriminator",
    "high_rate",
    "memorization",
    "strong_discriminator",
    "mode_collapse",
    "wrong_labels",
    "healthy",
)
WINDOW = 8
# Rounds after which the samples of a healthy run begin to look like the data (seeds 100 to 102).
MIN_ROUNDS = {"mlp": 1000, "dense": 2500, "dcgan": 350}
# Memorization by D shows long before what G has learnt.
MIN_ROUNDS_MEMORIZATION = 150
MIN_SKIPS = 20
HIGH_LOSS = 3.0  # times the equilibrium loss: D's steps overshoot
HIGH_UPDATE_RATIO = 0.1
HIGH_MEMORIZATION, MEMORIZING_ACCURACY = 0.6, 0.85
STRONG_ACCURACY = 0.97
STRONG_LOSS = 0.1  # times the equilibrium loss
LOW_COVERAGE = 0.75
LOW_DIVERSITY = 0.4
LOW_CLASS_ACCURACY = 0.6


@dataclass(frozen=True)
class Reading:
    """One look at a run: what training measured, and what its samples are like."""

    snapshot: Snapshot
    metrics: Metrics


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a run.

    Attributes:
        name: one of `NAMES`.
        evidence: the figures that decided, (name, value) each; the names are those of `Snapshot`
            and `Metrics`, and "equilibrium_loss".
    """

    name: str
    evidence: tuple[tuple[str, float], ...]


def diagnose(readings: Sequence[Reading], architecture: str, equilibrium_loss: float) -> Diagnosis:
    """The diagnosis of a run.

    Args:
        readings: in order of time; the last `WINDOW` are looked at, medians are taken over them.
        architecture: sets how long is too early.
        equilibrium_loss: as of `TrainingSettings`; 0 where the loss has no such level.
    """
    if not readings:
        return Diagnosis("too_early", (("rounds", 0),))
    window = readings[-WINDOW:]
    first, last = window[0].snapshot, window[-1].snapshot

    # NaN where nothing is known: then no comparison holds.
    def snapshot_median(name: str) -> float:
        return _median([getattr(reading.snapshot, name) for reading in window])

    def metric_median(name: str) -> float:
        return _median([getattr(reading.metrics, name) for reading in window])

    if last.diverged:
        return Diagnosis("diverged", (("rounds", last.rounds),))
    skips = last.skipped - first.skipped
    if skips >= MIN_SKIPS and last.steps_d == first.steps_d:
        return Diagnosis("skipped_discriminator", (("skipped", skips), ("steps_d", 0)))

    loss, ratio = snapshot_median("loss_d"), snapshot_median("update_ratio_g")
    if equilibrium_loss and loss > HIGH_LOSS * equilibrium_loss:
        losses = ("loss_d", loss), ("equilibrium_loss", equilibrium_loss)
        return Diagnosis("high_rate", losses)
    if ratio > HIGH_UPDATE_RATIO:
        return Diagnosis("high_rate", (("update_ratio_g", ratio),))

    real, fake = snapshot_median("accuracy_real"), snapshot_median("accuracy_fake")
    memorization = metric_median("memorization")
    memorizes = memorization > HIGH_MEMORIZATION
    accurate = real > MEMORIZING_ACCURACY and fake > MEMORIZING_ACCURACY
    if memorizes and accurate and last.rounds >= MIN_ROUNDS_MEMORIZATION:
        return Diagnosis("memorization", (("memorization", memorization), ("accuracy_real", real)))
    if last.rounds < MIN_ROUNDS[architecture]:
        return Diagnosis("too_early", (("rounds", last.rounds),))

    gradient = snapshot_median("grad_norm_g")
    strong = real > STRONG_ACCURACY and fake > STRONG_ACCURACY and not isnan(gradient)
    if strong and equilibrium_loss and loss < STRONG_LOSS * equilibrium_loss:
        accuracies = ("accuracy_real", real), ("accuracy_fake", fake)
        return Diagnosis(
            "strong_discriminator", (*accuracies, ("loss_d", loss), ("grad_norm_g", gradient))
        )

    modes, of, diversity = (metric_median(name) for name in ("modes", "of", "diversity"))
    figures = ("modes", modes), ("of", of), ("diversity", diversity)
    if modes < LOW_COVERAGE * of:
        return Diagnosis("mode_collapse", figures)
    if diversity < LOW_DIVERSITY:
        return Diagnosis("mode_collapse", (("diversity", diversity),))
    accuracy = metric_median("class_accuracy")
    if accuracy < LOW_CLASS_ACCURACY:
        return Diagnosis("wrong_labels", (("class_accuracy", accuracy),))
    known = figures[2:] if isnan(modes) else figures
    return Diagnosis("healthy", known if isnan(fake) else (*known, ("accuracy_fake", fake)))


def _median(values: Sequence[float | None]) -> float:
    """Of the values that are known; NaN if none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else nan
