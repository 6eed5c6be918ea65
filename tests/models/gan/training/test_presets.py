"""Presets: each broken run differs from its repair in the repair alone, and all can be built."""

import math

import pytest

from models.gan.networks import toy as gan_networks
from models.gan.training import data as gan_data
from models.gan.training import diagnosis, presets
from models.gan.training.presets import BROKEN, DATA, NAMES, PLANE, PRESETS
from models.gan.training.settings import FIXED
from models.gan.training.settings import NAMES as KNOBS
from models.validation import ValidationError

SHAPES = dict.fromkeys(PLANE, (2,)) | {name: (1, 28, 28) for name in DATA if name not in PLANE}


def test_names_are_unique_and_found():
    assert len(set(NAMES)) == len(PRESETS)
    for preset in PRESETS:
        assert presets.preset(preset.name) is preset


@pytest.mark.parametrize("name", ["", "Ring", "rings", None, 3, ["ring"]])
def test_unknown_presets_are_refused(name):
    with pytest.raises(ValidationError) as caught:
        presets.preset(name)
    assert caught.value.key == "unknown_choice"
    assert "collapse" in str(caught.value)


@pytest.mark.parametrize("preset", PRESETS, ids=NAMES)
def test_presets_are_whole(preset):
    assert preset.data in DATA
    assert preset.verdict in diagnosis.VERDICTS
    assert (preset.verdict == "healthy") == (preset.repair == {})
    assert (preset in BROKEN) == bool(preset.repair)
    for settings in (preset.settings, preset.repaired):
        gan_networks.build(settings, SHAPES[preset.data])


@pytest.mark.parametrize("preset", PRESETS, ids=NAMES)
def test_a_repair_changes_what_it_says_and_nothing_else(preset):
    changed = {
        name: getattr(preset.repaired, name)
        for name in KNOBS
        if getattr(preset.repaired, name) != getattr(preset.settings, name)
    }
    assert changed == preset.repair
    # One thing: a knob, or the rates of both networks.
    assert len(changed) <= 1 or set(changed) == {"lr_d", "lr_g"}


@pytest.mark.parametrize("preset", BROKEN, ids=[preset.name for preset in BROKEN])
def test_repairs_need_no_new_networks(preset):
    assert not set(preset.repair) & set(FIXED)
    assert not preset.settings.rebuilds(preset.repaired)
    # Batch norm, too, is where it was: what comes in afterwards must find its own network.
    before, after = (
        set(gan_networks.build(settings, SHAPES[preset.data])[1].state_dict())
        for settings in (preset.settings, preset.repaired)
    )
    assert before == after


def test_every_trouble_has_a_preset():
    ill = set(diagnosis.VERDICTS) - {"too_early", "no_number", "healthy"}
    assert {preset.verdict for preset in BROKEN} == ill


@pytest.mark.parametrize("data", DATA)
def test_settings_for_data(data):
    settings = presets.settings_for(data)
    assert settings.architecture == ("mlp" if data in PLANE else "dcgan")
    assert settings.augment is (data == "own")
    assert presets.settings_for(data, settings.architecture) == settings
    gan_networks.build(settings, SHAPES[data])


def test_settings_for_an_architecture():
    assert presets.settings_for("digits") == presets.DIGITS
    assert presets.settings_for("own") == presets.PICTURES.turned(augment=True)
    assert presets.settings_for("digits", "dense") == presets.DENSE
    own = presets.settings_for("own", "dense")
    assert (own.architecture, own.augment) == ("dense", True)
    assert own.turned(augment=False) == presets.DENSE
    assert presets.settings_for("drawn", "mlp") == presets.POINTS


@pytest.mark.parametrize(
    ("data", "architecture", "name"),
    [
        *((data, "mlp", "architecture") for data in DATA if data not in PLANE),
        *((data, "dcgan", "architecture") for data in PLANE),
        ("ring", "dense", "architecture"),
        ("digits", "gan", "architecture"),
        ("digits", 3, "architecture"),
        ("spiral", None, "data"),
        ("", None, "data"),
        (None, None, "data"),
        (math.nan, "mlp", "data"),
    ],
)
def test_what_does_not_go_together(data, architecture, name):
    with pytest.raises(ValidationError) as caught:
        presets.settings_for(data, architecture)
    assert caught.value.key == "unknown_choice"
    assert caught.value.values["name"] == name


def test_the_plane_is_the_plane():
    assert set(gan_data.PLANE) | {"drawn"} == set(PLANE)
    assert set(PLANE) < set(DATA)
