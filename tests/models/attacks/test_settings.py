import pytest

from models.attacks.settings import METHODS, TITLES, AttackSettings
from models.validation import ValidationError
from tests.models.attacks.toys import GOLDFISH, grid_pictures, random_network, result


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"method": "bim"}, "unknown_choice"),
        ({"method": None}, "unknown_choice"),
        ({"norm": "l7"}, "unknown_choice"),
        ({"method": "deepfool", "target": GOLDFISH}, "untargeted_only"),
        ({"epsilon": -1}, "out_of_range"),
        ({"epsilon": 65}, "out_of_range"),
        ({"epsilon": 2.5}, "not_whole"),
        ({"epsilon": float("nan")}, "not_a_number"),
        ({"epsilon": "4"}, "not_a_number"),
        ({"steps": 0}, "out_of_range"),
        ({"steps": 1001}, "out_of_range"),
        ({"steps": 1.5}, "not_whole"),
        ({"steps": True}, "not_whole"),
        ({"step_size": 0}, "out_of_range"),
        ({"step_size": 64.5}, "out_of_range"),
        ({"step_size": float("inf")}, "not_a_number"),
        ({"seed": -1}, "out_of_range"),
        ({"seed": 0.5}, "not_whole"),
        ({"norm": "l2", "epsilon": 64.1}, "out_of_range"),
        ({"restarts": 0}, "out_of_range"),
        ({"restarts": 1.5}, "not_whole"),
        ({"momentum": -0.1}, "out_of_range"),
        ({"overshoot": 1.1}, "out_of_range"),
        ({"constant": 0}, "out_of_range"),
        ({"kappa": None}, "number_missing"),
        ({"searches": 11}, "out_of_range"),
        ({"patch_size": 1.01}, "out_of_range"),
        ({"patch_size": 0}, "out_of_range"),
        ({"patch_x": -0.01}, "out_of_range"),
        ({"patch_y": float("nan")}, "not_a_number"),
        ({"patch_angle": 181}, "out_of_range"),
        ({"patch_spread": 2}, "out_of_range"),
        ({"random_start": 1}, "not_a_switch"),
    ],
)
def test_bad_settings_are_refused(bad, key):
    with pytest.raises(ValidationError) as caught:
        AttackSettings(**bad)
    assert caught.value.key == key


def test_whole_numbers_may_come_as_floats():
    settings = AttackSettings(steps=3.0, seed=7.0)
    assert (settings.steps, settings.seed) == (3, 7)
    assert result(random_network(), grid_pictures(), settings).step == 3


def test_epsilon_is_whole_only_where_files_are_the_reason():
    assert AttackSettings(norm="l2", epsilon=0.25).epsilon == 0.25
    assert AttackSettings("deepfool", epsilon=0.25).epsilon == 0.25
    with pytest.raises(ValidationError):
        AttackSettings("mi_fgsm", epsilon=0.25)


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        (AttackSettings("fgsm", steps=7), 1),
        (AttackSettings(steps=7), 7),
        (AttackSettings(steps=7, restarts=3), 21),
        (AttackSettings(steps=7, restarts=3, random_start=False), 7),
        (AttackSettings("mi_fgsm", steps=7, restarts=3), 7),
        (AttackSettings("carlini_wagner", steps=7, searches=3), 21),
        (AttackSettings("patch", steps=7, searches=3), 7),
    ],
)
def test_the_most_steps_there_can_be(settings, steps):
    assert settings.most_steps == steps


def test_every_method_has_a_title():
    assert tuple(TITLES) == METHODS


def test_epsilon_goes_as_far_on_the_slider_as_anywhere():
    epsilon = AttackSettings.described()["epsilon"]
    assert (epsilon.low, epsilon.high) == (epsilon.slider_low, epsilon.slider_high) == (0, 64)
