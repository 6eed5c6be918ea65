import pytest

from models.attacks.settings import METHODS, TITLES, AttackSettings
from models.validation import ValidationError
from tests.models.attacks.toys import GOLDFISH, grid_pictures, random_network, result

OUT_OF_RANGE = {
    "epsilon": (-1, 65), "steps": (0, 1001), "step_size": (0, 64.5), "seed": (-1,),
    "restarts": (0,), "momentum": (-0.1,), "overshoot": (1.1,), "constant": (0,),
    "searches": (11,), "patch_size": (0, 1.01), "patch_x": (-0.01,), "patch_angle": (181,),
    "patch_spread": (2,),
}  # fmt: skip


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_numbers_out_of_range_are_refused(name):
    for value in OUT_OF_RANGE[name]:
        with pytest.raises(ValidationError, match=f"^{name} must be from "):
            AttackSettings(**{name: value})


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"method": "bim"}, "unknown_choice"),
        ({"norm": "l7"}, "unknown_choice"),
        ({"method": "deepfool", "target": GOLDFISH}, "untargeted_only"),
        ({"epsilon": 2.5}, "not_whole"),
        ({"norm": "l2", "epsilon": 64.1}, "out_of_range"),
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
