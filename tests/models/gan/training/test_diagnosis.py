"""Diagnoses of readings made by hand, and which rule comes first."""

import math
from dataclasses import fields

import pytest
import torch

from models.gan.training.diagnosis import (
    MIN_ROUNDS,
    MIN_ROUNDS_MEMORIZATION,
    MIN_SKIPS,
    NAMES,
    WINDOW,
    Reading,
    diagnose,
)
from models.gan.training.metrics import Metrics
from models.gan.training.snapshot import Snapshot

EQUILIBRIUM = 2 * math.log(2)
HEALTHY = {
    "rounds": 5000, "steps_d": 5000, "steps_g": 5000, "skipped": 0, "examples": 0, "phase": "both",
    "loss_d": 1.2, "loss_g": 0.9, "accuracy_real": 0.65, "accuracy_fake": 0.6, "grad_norm_d": 0.2,
    "grad_norm_g": 0.3, "update_ratio_d": 1e-3, "update_ratio_g": 1e-3, "samples": torch.empty(0),
    "diverged": False, "diversity": 0.95, "modes": 8, "of": 8, "balance": 0.9, "quality": 0.9,
    "memorization": None,
}  # fmt: skip
SNAPSHOT_FIELDS = {field.name for field in fields(Snapshot)}


def reading(**values):
    values = HEALTHY | values
    return Reading(
        Snapshot(**{name: value for name, value in values.items() if name in SNAPSHOT_FIELDS}),
        Metrics(**{name: value for name, value in values.items() if name not in SNAPSHOT_FIELDS}),
    )


def diagnosed(*readings, architecture="mlp", equilibrium=EQUILIBRIUM, **values):
    """On `readings`, or on eight of the same."""
    return diagnose(readings or [reading(**values)] * 8, architecture, equilibrium)


SICK = {
    # By the order of the rules: what makes a healthy run ill, and the figures that say so.
    "diverged": {"diverged": True},
    "high_rate": {"loss_d": 4.2},
    "memorization": {"memorization": 0.7, "accuracy_real": 0.9, "accuracy_fake": 0.9},
    "strong_discriminator": {"accuracy_real": 0.98, "accuracy_fake": 0.99, "loss_d": 0.1},
    "mode_collapse": {"modes": 3, "diversity": 0.3},
    "wrong_labels": {"class_accuracy": 0.4},
}


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("diverged", (("rounds", 5000),)),
        ("high_rate", (("loss_d", 4.2), ("equilibrium_loss", EQUILIBRIUM))),
        ("memorization", (("memorization", 0.7), ("accuracy_real", 0.9))),
        (
            "strong_discriminator",
            (
                ("accuracy_real", 0.98),
                ("accuracy_fake", 0.99),
                ("loss_d", 0.1),
                ("grad_norm_g", 0.3),
            ),
        ),
        ("mode_collapse", (("modes", 3), ("of", 8), ("diversity", 0.3))),
        ("wrong_labels", (("class_accuracy", 0.4),)),
    ],
)
def test_diagnoses_and_their_evidence(name, evidence):
    found = diagnosed(**SICK[name])
    assert (found.name, found.evidence) == (name, evidence)


def test_healthy():
    found = diagnosed()
    assert found.name == "healthy"
    assert found.evidence == (("modes", 8), ("of", 8), ("diversity", 0.95), ("accuracy_fake", 0.6))
    uncounted = diagnosed(modes=None, of=None, accuracy_fake=None, accuracy_real=None)
    assert uncounted.evidence == (("diversity", 0.95),)


def test_nothing_to_look_at():
    found = diagnose([], "mlp", EQUILIBRIUM)
    assert (found.name, found.evidence) == ("too_early", (("rounds", 0),))


@pytest.mark.parametrize("architecture", MIN_ROUNDS)
def test_too_early(architecture):
    least = MIN_ROUNDS[architecture]
    ill = SICK["mode_collapse"] | SICK["strong_discriminator"]
    found = diagnosed(architecture=architecture, rounds=least - 1, **ill)
    assert (found.name, found.evidence) == ("too_early", (("rounds", least - 1),))
    late = diagnosed(architecture=architecture, rounds=least, **ill)
    assert late.name == "strong_discriminator"


def test_what_is_never_too_early():
    assert diagnosed(rounds=3, **SICK["diverged"]).name == "diverged"
    assert diagnosed(rounds=3, **SICK["high_rate"]).name == "high_rate"
    assert diagnosed(rounds=3, update_ratio_g=0.2).evidence == (("update_ratio_g", 0.2),)
    assert diagnosed(rounds=MIN_ROUNDS_MEMORIZATION, **SICK["memorization"]).name == "memorization"
    assert diagnosed(rounds=MIN_ROUNDS_MEMORIZATION - 1, **SICK["memorization"]).name == "too_early"


@pytest.mark.parametrize("first", range(len(SICK)))
def test_the_first_rule_that_holds_speaks(first):
    """A run with all complaints from the n-th on has the n-th."""
    names = list(SICK)[first:]
    values = {}
    for name in reversed(names):
        values |= SICK[name]
    if names[0] == "memorization":  # a loss that is low is no reason against it
        values["loss_d"] = 0.1
    assert diagnosed(**values).name == names[0]


def skipping(skips, steps=0, **values):
    """Eight readings in which D skips `skips` steps and takes `steps`."""
    return [
        reading(skipped=100 + skips * n // 7, steps_d=40 + steps * n // 7, **values)
        for n in range(8)
    ]


def test_a_discriminator_that_always_skips():
    found = diagnosed(*skipping(MIN_SKIPS))
    assert found.name == "skipped_discriminator"
    assert found.evidence == (("skipped", MIN_SKIPS), ("steps_d", 0))
    assert diagnosed(*skipping(MIN_SKIPS - 1)).name == "healthy"
    assert diagnosed(*skipping(MIN_SKIPS, steps=7)).name == "healthy"
    assert diagnosed(*skipping(MIN_SKIPS, rounds=3)).name == "skipped_discriminator"
    for name in ("high_rate", "memorization", "strong_discriminator", "mode_collapse"):
        assert diagnosed(*skipping(MIN_SKIPS, **SICK[name])).name == "skipped_discriminator"
    assert diagnosed(*skipping(MIN_SKIPS, diverged=True)).name == "diverged"
    # One look knows of no steps between.
    assert diagnosed(reading(skipped=900, steps_d=0)).name == "healthy"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"loss_d": 3 * EQUILIBRIUM}, "healthy"),
        ({"loss_d": 3.001 * EQUILIBRIUM}, "high_rate"),
        ({"update_ratio_g": 0.1}, "healthy"),
        ({"update_ratio_g": 0.101}, "high_rate"),
        ({"memorization": 0.6, "accuracy_real": 0.9, "accuracy_fake": 0.9}, "healthy"),
        ({"memorization": 0.61, "accuracy_real": 0.9, "accuracy_fake": 0.9}, "memorization"),
        # Memorized pictures are told from generated ones; otherwise D is only unsure.
        ({"memorization": 0.9, "accuracy_real": 0.85, "accuracy_fake": 0.99}, "healthy"),
        ({"memorization": 0.9, "accuracy_real": 0.99, "accuracy_fake": 0.85}, "healthy"),
        ({"accuracy_real": 0.97, "accuracy_fake": 1.0, "loss_d": 0.1}, "healthy"),
        ({"accuracy_real": 1.0, "accuracy_fake": 0.97, "loss_d": 0.1}, "healthy"),
        ({"accuracy_real": 1.0, "accuracy_fake": 1.0, "loss_d": 0.14}, "healthy"),
        ({"accuracy_real": 1.0, "accuracy_fake": 1.0, "loss_d": 0.138}, "strong_discriminator"),
        ({"modes": 6}, "healthy"),
        ({"modes": 5}, "mode_collapse"),
        ({"modes": 8, "of": 10}, "healthy"),
        ({"modes": 7, "of": 10}, "mode_collapse"),
        ({"modes": 0, "diversity": math.nan}, "mode_collapse"),
        ({"diversity": 0.4}, "healthy"),
        ({"diversity": 0.39}, "mode_collapse"),
        ({"modes": None, "of": None, "diversity": 0.1}, "mode_collapse"),
    ],
)
def test_borders(values, expected):
    assert diagnosed(**values).name == expected


def test_little_variety_says_so_alone():
    assert diagnosed(diversity=0.2).evidence == (("diversity", 0.2),)


def test_a_critic_has_no_equilibrium_loss():
    for loss in (-5.0, 0.0, 1e6):
        assert diagnosed(equilibrium=0.0, loss_d=loss).name == "healthy"
        assert (
            diagnosed(equilibrium=0.0, loss_d=loss, accuracy_real=1, accuracy_fake=1).name
            == "healthy"
        )
    assert diagnosed(equilibrium=0.0, update_ratio_g=0.5).name == "high_rate"
    assert diagnosed(equilibrium=0.0, modes=1).name == "mode_collapse"
    assert diagnosed(equilibrium=0.0, diverged=True).name == "diverged"


def test_networks_that_had_no_step():
    silent = dict.fromkeys(
        ("loss_d", "loss_g", "accuracy_real", "accuracy_fake", "grad_norm_d", "grad_norm_g",
         "update_ratio_d", "update_ratio_g")
    )  # fmt: skip
    assert diagnosed(**silent).name == "healthy"
    assert diagnosed(**silent, memorization=1.0).name == "healthy"
    assert diagnosed(**silent, modes=1).name == "mode_collapse"
    assert diagnosed(**silent, rounds=1).name == "too_early"
    # The window's other readings speak for one that has no figure.
    assert diagnosed(reading(**SICK["high_rate"]), reading(**silent)).name == "high_rate"


def test_medians_of_the_last_window():
    bad, good = reading(modes=1), reading()
    assert diagnosed(*[bad] * 20, *[good] * WINDOW).name == "healthy"
    assert diagnosed(*[good] * 20, *[bad] * WINDOW).name == "mode_collapse"
    # Three bad looks of eight are an excursion, five are none.
    assert diagnosed(*[bad] * 3, *[good] * 5).name == "healthy"
    assert diagnosed(*[good] * 3, *[bad] * 5).evidence[0] == ("modes", 1)
    assert diagnosed(*[reading(loss_d=50.0)] * 3, *[good] * 5).name == "healthy"


def test_only_the_last_reading_tells_of_a_divergence():
    assert diagnosed(reading(diverged=True), reading()).name == "healthy"
    assert diagnosed(reading(), reading(diverged=True)).name == "diverged"


def test_all_diagnoses_are_named():
    found = {diagnosed(**values).name for values in SICK.values()}
    found |= {diagnosed().name, diagnosed(rounds=1).name, diagnosed(*skipping(MIN_SKIPS)).name}
    assert found == set(NAMES)
