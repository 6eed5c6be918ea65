"""Presets: each broken run differs from its repair in the repair alone, and all can be built."""

import math

import pytest

from models.gan.training import data, diagnosis, presets
from models.gan.training.build import build_networks
from models.gan.training.presets import BROKEN, DATA, NAMES, PLANE, PRESETS
from models.gan.training.settings import NETWORK_SETTINGS, TrainingSettings
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
    assert preset.diagnosis in diagnosis.NAMES
    assert (preset.diagnosis == "healthy") == (preset.repair == {})
    assert (preset in BROKEN) == bool(preset.repair)
    for settings in (preset.settings, preset.repaired):
        build_networks(settings, SHAPES[preset.data])


@pytest.mark.parametrize("preset", PRESETS, ids=NAMES)
def test_a_repair_changes_what_it_says_and_nothing_else(preset):
    changed = {
        name: getattr(preset.repaired, name)
        for name in TrainingSettings.described()
        if getattr(preset.repaired, name) != getattr(preset.settings, name)
    }
    assert changed == preset.repair
    # One thing: a setting, or the rates of both networks.
    assert len(changed) <= 1 or set(changed) == {"lr_d", "lr_g"}


@pytest.mark.parametrize("preset", BROKEN, ids=[preset.name for preset in BROKEN])
def test_repairs_need_no_new_networks(preset):
    assert not set(preset.repair) & set(NETWORK_SETTINGS)
    assert not preset.settings.needs_new_networks(preset.repaired)
    # Batch norm, too, is where it was: what comes in afterwards must find its own network.
    before, after = (
        set(build_networks(settings, SHAPES[preset.data])[1].state_dict())
        for settings in (preset.settings, preset.repaired)
    )
    assert before == after


def test_every_trouble_has_a_preset():
    ill = set(diagnosis.NAMES) - {"too_early", "diverged", "healthy"}
    assert {preset.diagnosis for preset in BROKEN} == ill


@pytest.mark.parametrize("name", DATA)
def test_settings_for_data(name):
    settings = presets.settings_for(name)
    assert settings.architecture == ("mlp" if name in PLANE else "dcgan")
    assert settings.augment is (name == "own")
    assert presets.settings_for(name, settings.architecture) == settings
    build_networks(settings, SHAPES[name])


def test_settings_for_an_architecture():
    assert presets.settings_for("digits") == presets.DIGITS
    assert presets.settings_for("own") == presets.PICTURES.replace(augment=True)
    assert presets.settings_for("digits", "dense") == presets.DENSE
    own = presets.settings_for("own", "dense")
    assert (own.architecture, own.augment) == ("dense", True)
    assert own.replace(augment=False) == presets.DENSE
    assert presets.settings_for("drawn", "mlp") == presets.POINTS


@pytest.mark.parametrize(
    ("wanted", "architecture", "name"),
    [
        *((name, "mlp", "architecture") for name in DATA if name not in PLANE),
        *((name, "dcgan", "architecture") for name in PLANE),
        ("ring", "dense", "architecture"),
        ("digits", "gan", "architecture"),
        ("digits", 3, "architecture"),
        ("spiral", None, "data"),
        ("", None, "data"),
        (None, None, "data"),
        (math.nan, "mlp", "data"),
    ],
)
def test_what_does_not_go_together(wanted, architecture, name):
    with pytest.raises(ValidationError) as caught:
        presets.settings_for(wanted, architecture)
    assert caught.value.key == "unknown_choice"
    assert caught.value.values["name"] == name


def test_the_plane_is_the_plane():
    assert set(data.PLANE) | {"drawn"} == set(PLANE)
    assert set(PLANE) < set(DATA)
