"""The doctor's verdicts on readings made by hand, and which complaint comes first."""

import math
from dataclasses import fields

import pytest
import torch

from models.gan.training.diagnosis import PATIENCE, SKIPS, SOON, VERDICTS, WINDOW, Reading, diagnose
from models.gan.training.metrics import Figures
from models.gan.training.trainer import Moment

COIN = 2 * math.log(2)
HEALTHY = {
    "rounds": 5000, "steps_d": 5000, "steps_g": 5000, "skipped": 0, "examples": 0, "phase": "both",
    "loss_d": 1.2, "loss_g": 0.9, "accuracy_real": 0.65, "accuracy_fake": 0.6, "slope_d": 0.2,
    "slope_g": 0.3, "change_d": 1e-3, "change_g": 1e-3, "samples": torch.empty(0),
    "diverged": False, "diversity": 0.95, "modes": 8, "of": 8, "balance": 0.9, "quality": 0.9,
    "heart": None,
}  # fmt: skip
OF_MOMENT = {field.name for field in fields(Moment)}


def reading(**values):
    values = HEALTHY | values
    return Reading(
        Moment(**{name: value for name, value in values.items() if name in OF_MOMENT}),
        Figures(**{name: value for name, value in values.items() if name not in OF_MOMENT}),
    )


def verdict(*readings, architecture="mlp", coin=COIN, **values):
    """On `readings`, or on eight of the same."""
    return diagnose(readings or [reading(**values)] * 8, architecture, coin)


SICK = {
    # By the order of the rules: what makes a healthy run ill, and the figures that say so.
    "no_number": {"diverged": True},
    "high_rate": {"loss_d": 4.2},
    "by_heart": {"heart": 0.7, "accuracy_real": 0.9, "accuracy_fake": 0.9},
    "strong_discriminator": {"accuracy_real": 0.98, "accuracy_fake": 0.99, "loss_d": 0.1},
    "mode_collapse": {"modes": 3, "diversity": 0.3},
}


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("no_number", (("rounds", 5000),)),
        ("high_rate", (("loss_d", 4.2), ("coin", COIN))),
        ("by_heart", (("heart", 0.7), ("accuracy_real", 0.9))),
        (
            "strong_discriminator",
            (("accuracy_real", 0.98), ("accuracy_fake", 0.99), ("loss_d", 0.1), ("slope_g", 0.3)),
        ),
        ("mode_collapse", (("modes", 3), ("of", 8), ("diversity", 0.3))),
    ],
)
def test_verdicts_and_their_figures(name, because):
    found = verdict(**SICK[name])
    assert (found.name, found.because) == (name, because)


def test_healthy():
    found = verdict()
    assert found.name == "healthy"
    assert found.because == (("modes", 8), ("of", 8), ("diversity", 0.95), ("accuracy_fake", 0.6))
    uncounted = verdict(modes=None, of=None, accuracy_fake=None, accuracy_real=None)
    assert uncounted.because == (("diversity", 0.95),)


def test_nothing_to_look_at():
    found = diagnose([], "mlp", COIN)
    assert (found.name, found.because) == ("too_early", (("rounds", 0),))


@pytest.mark.parametrize("architecture", PATIENCE)
def test_too_early(architecture):
    patience = PATIENCE[architecture]
    ill = SICK["mode_collapse"] | SICK["strong_discriminator"]
    found = verdict(architecture=architecture, rounds=patience - 1, **ill)
    assert (found.name, found.because) == ("too_early", (("rounds", patience - 1),))
    late = verdict(architecture=architecture, rounds=patience, **ill)
    assert late.name == "strong_discriminator"


def test_what_is_never_too_early():
    assert verdict(rounds=3, **SICK["no_number"]).name == "no_number"
    assert verdict(rounds=3, **SICK["high_rate"]).name == "high_rate"
    assert verdict(rounds=3, change_g=0.2).because == (("change_g", 0.2),)
    assert verdict(rounds=SOON, **SICK["by_heart"]).name == "by_heart"
    assert verdict(rounds=SOON - 1, **SICK["by_heart"]).name == "too_early"


@pytest.mark.parametrize("first", range(len(SICK)))
def test_the_first_rule_that_holds_speaks(first):
    """A run with all complaints from the n-th on has the n-th."""
    names = list(SICK)[first:]
    values = {}
    for name in reversed(names):
        values |= SICK[name]
    if names[0] == "by_heart":  # a loss that is low is no reason against it
        values["loss_d"] = 0.1
    assert verdict(**values).name == names[0]


def skipping(skips, steps=0, **values):
    """Eight readings in which D skips `skips` steps and takes `steps`."""
    return [
        reading(skipped=100 + skips * n // 7, steps_d=40 + steps * n // 7, **values)
        for n in range(8)
    ]


def test_a_discriminator_that_always_skips():
    found = verdict(*skipping(SKIPS))
    assert found.name == "skipped_discriminator"
    assert found.because == (("skipped", SKIPS), ("steps_d", 0))
    assert verdict(*skipping(SKIPS - 1)).name == "healthy"
    assert verdict(*skipping(SKIPS, steps=7)).name == "healthy"
    assert verdict(*skipping(SKIPS, rounds=3)).name == "skipped_discriminator"
    for name in ("high_rate", "by_heart", "strong_discriminator", "mode_collapse"):
        assert verdict(*skipping(SKIPS, **SICK[name])).name == "skipped_discriminator"
    assert verdict(*skipping(SKIPS, diverged=True)).name == "no_number"
    # One look knows of no steps between.
    assert verdict(reading(skipped=900, steps_d=0)).name == "healthy"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"loss_d": 3 * COIN}, "healthy"),
        ({"loss_d": 3.001 * COIN}, "high_rate"),
        ({"change_g": 0.1}, "healthy"),
        ({"change_g": 0.101}, "high_rate"),
        ({"heart": 0.6, "accuracy_real": 0.9, "accuracy_fake": 0.9}, "healthy"),
        ({"heart": 0.61, "accuracy_real": 0.9, "accuracy_fake": 0.9}, "by_heart"),
        # Pictures known by heart are told from generated ones; otherwise D is only unsure.
        ({"heart": 0.9, "accuracy_real": 0.85, "accuracy_fake": 0.99}, "healthy"),
        ({"heart": 0.9, "accuracy_real": 0.99, "accuracy_fake": 0.85}, "healthy"),
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
    assert verdict(**values).name == expected


def test_little_variety_says_so_alone():
    assert verdict(diversity=0.2).because == (("diversity", 0.2),)


def test_a_critic_has_no_coin():
    for loss in (-5.0, 0.0, 1e6):
        assert verdict(coin=0.0, loss_d=loss).name == "healthy"
        assert verdict(coin=0.0, loss_d=loss, accuracy_real=1, accuracy_fake=1).name == "healthy"
    assert verdict(coin=0.0, change_g=0.5).name == "high_rate"
    assert verdict(coin=0.0, modes=1).name == "mode_collapse"
    assert verdict(coin=0.0, diverged=True).name == "no_number"


def test_networks_that_had_no_step():
    silent = dict.fromkeys(
        ("loss_d", "loss_g", "accuracy_real", "accuracy_fake", "slope_d", "slope_g", "change_d",
         "change_g")
    )  # fmt: skip
    assert verdict(**silent).name == "healthy"
    assert verdict(**silent, heart=1.0).name == "healthy"
    assert verdict(**silent, modes=1).name == "mode_collapse"
    assert verdict(**silent, rounds=1).name == "too_early"
    # The window's other readings speak for one that has no figure.
    assert verdict(reading(**SICK["high_rate"]), reading(**silent)).name == "high_rate"


def test_medians_of_the_last_window():
    bad, good = reading(modes=1), reading()
    assert verdict(*[bad] * 20, *[good] * WINDOW).name == "healthy"
    assert verdict(*[good] * 20, *[bad] * WINDOW).name == "mode_collapse"
    # Three bad looks of eight are an excursion, five are none.
    assert verdict(*[bad] * 3, *[good] * 5).name == "healthy"
    assert verdict(*[good] * 3, *[bad] * 5).because[0] == ("modes", 1)
    assert verdict(*[reading(loss_d=50.0)] * 3, *[good] * 5).name == "healthy"


def test_only_the_last_reading_tells_of_a_blow():
    assert verdict(reading(diverged=True), reading()).name == "healthy"
    assert verdict(reading(), reading(diverged=True)).name == "no_number"


def test_all_verdicts_are_named():
    found = {verdict(**values).name for values in SICK.values()}
    found |= {verdict().name, verdict(rounds=1).name, verdict(*skipping(SKIPS)).name}
    assert found == set(VERDICTS)
