"""The settings of a GAN's training: what they accept, and what needs new networks."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models.gan.training import losses
from models.gan.training.settings import ARCHITECTURES, LOSSES, NETWORK_SETTINGS, TrainingSettings
from models.validation import ValidationError, shown

NAMES = tuple(TrainingSettings.described())
LIMITS = {
    name: (setting.low, setting.high, isinstance(setting.default, int))
    for name, setting in TrainingSettings.described().items()
    if type(setting.default) in (int, float)
}
WHOLE = tuple(name for name, (_, _, whole) in LIMITS.items() if whole)


def refused(**values) -> str:
    with pytest.raises(ValidationError) as caught:
        TrainingSettings(**values)
    name, value = next(iter(values.items()))
    assert caught.value.values["name"] == name
    assert value is None or caught.value.values["value"] in (shown(value), value)
    return caught.value.key


def test_every_setting_has_its_check():
    assert set(NAMES) == {*LIMITS, "architecture", "loss", "spectral", "augment", "classes"}
    assert len(NAMES) == len(set(NAMES)) == 21
    for low, high, _ in LIMITS.values():
        assert math.isfinite(low)
        assert math.isfinite(high)
    TrainingSettings()


@pytest.mark.parametrize("name", LIMITS)
def test_both_ends_are_in_and_one_step_further_is_out(name):
    low, high, whole = LIMITS[name]
    assert getattr(TrainingSettings(**{name: low}), name) == low
    assert getattr(TrainingSettings(**{name: high}), name) == high
    below = low - 1 if whole else math.nextafter(low, -math.inf)
    above = high + 1 if whole else math.nextafter(high, math.inf)
    assert refused(**{name: below}) == "out_of_range"
    assert refused(**{name: above}) == "out_of_range"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", "", None, [1], 1j])
@pytest.mark.parametrize("name", LIMITS)
def test_what_is_no_number(name, value):
    kind = "not_whole" if name in WHOLE else "not_a_number"
    assert refused(**{name: value}) == ("number_missing" if value is None else kind)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_whole(name):
    assert refused(**{name: LIMITS[name][0] + 0.5}) == "not_whole"
    # A slider, or JSON, may well say 8.0: it counts steps and sizes all the same.
    value = getattr(TrainingSettings(**{name: 8.0}), name)
    assert value == 8
    assert type(value) is int


def test_numbers_of_other_kinds_become_plain_ones():
    settings = TrainingSettings(lr_d=np.float32(0.5), lr_g=0, batch=np.int64(8))
    assert [type(x) for x in (settings.lr_d, settings.lr_g, settings.batch)] == [float, float, int]
    assert settings == TrainingSettings(lr_d=0.5, lr_g=0.0, batch=8)


@pytest.mark.parametrize("value", [0, 1, "true", None, math.nan])
@pytest.mark.parametrize("name", ["spectral", "augment"])
def test_switches_are_on_or_off(name, value):
    assert refused(**{name: value}) == "not_a_switch"
    assert getattr(TrainingSettings(**{name: True}), name) is True


@pytest.mark.parametrize("value", ["", "MLP", "gan", 3, None, True, ["mlp"]])
@pytest.mark.parametrize("name", ["architecture", "loss"])
def test_choices(name, value):
    assert refused(**{name: value}) == "unknown_choice"


@pytest.mark.parametrize("value", ["7", 7, {"7": 1}, True])
def test_classes_are_a_list(value):
    assert refused(classes=value) == "not_a_list"


@pytest.mark.parametrize(
    "value", [[], [10], [-1], [1, 1], [0.5], ["1"], [True], [None], [math.nan], [[1]]]
)
def test_classes_are_different_digits(value):
    assert refused(classes=value) == "digit_classes"


def test_classes_are_in_order_however_they_are_written():
    assert TrainingSettings(classes=[7, 1.0]).classes == (1, 7)
    assert TrainingSettings(classes=(3,)).classes == (3,)
    assert TrainingSettings(classes=None).classes is None
    assert TrainingSettings().classes is None


def test_all_choices_are_taken():
    for name in ARCHITECTURES:
        assert TrainingSettings(architecture=name).architecture == name
    for name in LOSSES:
        assert TrainingSettings(loss=name).loss == name


def test_replacing_makes_new_settings():
    before = TrainingSettings()
    after = before.replace(lr_d=0.5, augment=True)
    assert (after.lr_d, after.augment) == (0.5, True)
    assert (before.lr_d, before.augment) == (1e-3, False)
    assert after.replace(lr_d=1e-3, augment=False) == before
    with pytest.raises(ValidationError, match="lr_d must be from 0 to 10"):
        before.replace(lr_d=11)
    with pytest.raises(dataclasses.FrozenInstanceError):
        before.lr_d = 1


OTHER = {
    "architecture": "dense", "loss": "hinge", "lr_d": 0.5, "lr_g": 0.5, "beta1": 0.5, "batch": 9,
    "d_steps": 2, "g_steps": 2, "r1": 0.5, "penalty": 0.5, "spectral": True, "augment": True,
    "smoothing": 0.5, "ema": 0.5, "skip_below": 0.5, "latent": 9, "width": 9, "seed": 9,
    "r2": 0.5, "classes": [1, 7], "shuffled_labels": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_needs_new_networks(name):
    before = TrainingSettings()
    after = before.replace(**{name: OTHER[name]})
    assert before.needs_new_networks(after) is (name in NETWORK_SETTINGS)
    assert after.needs_new_networks(before) is (name in NETWORK_SETTINGS)
    assert not after.needs_new_networks(after)


@pytest.mark.parametrize(
    ("loss", "undecided", "expected"),
    [
        ("non_saturating", 0.0, 1.386294),
        ("minimax", 0.0, 1.386294),
        ("least_squares", 0.5, 0.25),
        ("hinge", 0.0, 2.0),
        ("wasserstein", 7.0, 0.0),
        ("relativistic", 7.0, 0.693147),
    ],
)
def test_the_equilibrium_loss_is_that_of_an_undecided_discriminator(loss, undecided, expected):
    assert TrainingSettings(loss=loss).equilibrium_loss == pytest.approx(expected, abs=1e-6)
    logits = torch.full((3,), undecided)
    found = losses.discriminator(loss, logits, logits)
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_reading_settings_costs_no_pytorch():
    modules = "models.gan.training.settings, models.gan.training.presets"
    code = f"import {modules}, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[4])
