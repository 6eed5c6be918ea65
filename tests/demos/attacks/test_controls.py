"""Which settings an attack shows, and what they do to each other."""

from dataclasses import fields

import pytest

from demos.attacks import controls, tab
from models.attacks.settings import METHODS, AttackSettings
from models.labels import breeds, imagenet
from models.validation import ValidationError


def test_every_method_and_every_setting_has_its_place():
    assert set(controls.STEP_FORMULAS) == set(controls.READS) == set(METHODS)
    shown = set().union(*controls.READS.values()) | {"method"}
    assert shown == set(controls.NAMES) == set(controls.DEFAULTS)
    # Only the random start has no component: PGD has it, as in the paper.
    assert {field.name for field in fields(AttackSettings)} - shown == {"random_start"}


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_comes_with_is_accepted(method):
    steps, step_size = controls._recommended(method)
    values = controls.DEFAULTS | {"target": None, "method": method}
    AttackSettings(**values | {"steps": steps, "step_size": step_size})


def test_sliders_lie_within_what_is_accepted():
    for name, described in AttackSettings.described().items():
        if described.step is not None:
            low, high = described.slider_low, described.slider_high
            assert described.low <= low < high <= described.high, name
            assert low <= controls.DEFAULTS[name] <= high
            assert described.step > 0


def test_experiments_can_be_run():
    for changed in tab.EXPERIMENTS:
        controls.check(controls.DEFAULTS | changed)
    with pytest.raises(ValidationError):
        controls.check(controls.DEFAULTS | {"epsilon": 65.0})


def test_a_request_names_every_setting():
    asked = controls.request("cat.png", "pets_lite0", tuple(controls.DEFAULTS.values()))
    assert (asked.image, asked.model) == ("cat.png", "pets_lite0")
    assert asked.settings == controls.DEFAULTS


def test_hidden_settings_and_the_target_that_goes():
    formula, target, *columns = controls._shown("deepfool")
    assert "f_k" in formula
    assert target == ""
    seen = {n for n, c in zip(controls.NAMES[1:], columns, strict=True) if c["visible"]}
    assert seen == controls.READS["deepfool"]
    assert controls._shown("patch")[1] != ""


def test_targets_follow_the_network_and_the_language():
    found = controls._targets("hi", "pets_lite0", "Siamese cat")
    assert found["value"] == ""
    assert [name for _, name in found["choices"]] == ["", *breeds.NAMES]
    assert found["choices"][0][0] == "सच को छोड़कर कुछ भी"
    found = controls._targets("en", "efficientnet_lite0", "Siamese cat")
    assert found["value"] == "Siamese cat"
    assert len(found["choices"]) == 1 + len(imagenet.class_names())
