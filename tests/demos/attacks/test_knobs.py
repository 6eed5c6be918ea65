"""Which knobs an attack shows, and what they do to each other."""

from dataclasses import fields

import pytest

from demos.attacks import knobs
from models.attacks.settings import METHODS, AttackSettings
from models.labels import breeds, imagenet


def test_every_method_and_every_setting_has_its_place():
    assert set(knobs.SHOWN) == set(knobs.STEP) == set(knobs.READS) == set(METHODS)
    shown = set().union(*knobs.READS.values()) | {"method"}
    assert shown == set(knobs.NAMES) == set(knobs.DEFAULTS)
    # Only the random start has no knob: PGD has it, as in the paper.
    assert {field.name for field in fields(AttackSettings)} - shown == {"random_start"}


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_comes_with_is_accepted(method):
    steps, step_size = knobs._paced(method)
    values = knobs.DEFAULTS | {"target": None, "method": method}
    AttackSettings(**values | {"steps": steps, "step_size": step_size})


def test_sliders_lie_within_what_is_accepted():
    for name, (low, high, step, _) in knobs.SLIDERS.items():
        described = AttackSettings.described()[name]
        assert described.low <= low < high <= described.high, name
        assert low <= knobs.DEFAULTS[name] <= high
        assert step > 0


def test_hidden_knobs_and_the_target_that_goes():
    formula, target, *columns = knobs._shown("deepfool")
    assert "f_k" in formula
    assert target == ""
    seen = {n for n, c in zip(knobs.NAMES[1:], columns, strict=True) if c["visible"]}
    assert seen == knobs.READS["deepfool"]
    assert knobs._shown("patch")[1] != ""


def test_targets_follow_the_network_and_the_language():
    found = knobs._targets("hi", "pets_lite0", "Siamese cat")
    assert found["value"] == ""
    assert [name for _, name in found["choices"]] == ["", *breeds.NAMES]
    assert found["choices"][0][0] == "सच को छोड़कर कुछ भी"
    found = knobs._targets("en", "efficientnet_lite0", "Siamese cat")
    assert found["value"] == "Siamese cat"
    assert len(found["choices"]) == 1 + len(imagenet.class_names())
