"""What the GAN lab shows before a run, and what its presets write into the page."""

from pathlib import Path

import pytest

from demos.gan_lab import opening, run_config, tab
from demos.runtime.i18n import EVERY, say
from demos.ui import card
from models.gan.training import presets


def test_it_opens_on_step_0_of_the_ring():
    first = opening.values()
    assert Path(first.picture).is_file()
    assert say("en", "gan_lab.diagnosis.too_early") in first.diagnosis
    assert first.diagnosis.count('class="tile"') == 3
    assert card.is_of(first.origin, [presets.preset("ring").data, "mlp"])
    assert say("en", "result.example") in first.origin
    assert "coin toss 1.39" in first.plot
    assert "<polyline" not in first.plot


@pytest.mark.parametrize("chosen", [("digits", "dcgan"), ("moons", "mlp")])
def test_reset_shows_the_example_only_where_it_is_of_what_is_chosen(chosen):
    first = opening.values(*chosen)
    assert first.picture is None
    assert first.diagnosis == first.figures == first.origin == ""


@pytest.mark.parametrize("name", tab.BROKEN)
def test_a_preset_brings_what_to_watch_for_and_then_its_repair(name):
    preset, key = presets.preset(name), f"gan_lab.preset.{name}"
    *broken, chosen, watch, repair = tab._begin(name)
    assert chosen == name
    assert say(EVERY, f"{key}.watch") in watch
    assert repair["visible"]
    *repaired, chosen, told, repair = tab._repaired(name)
    assert say(EVERY, f"{key}.repair") in told
    assert not repair["visible"]
    changed = run_config.settings_of(repaired[4:])
    assert {name: changed[name] for name in preset.repair} == preset.repair
    assert broken[:4] == repaired[:4]
