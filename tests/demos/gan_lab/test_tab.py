"""What is typed while a run goes on is applied, or said to be wrong: once, not with each key."""

from types import SimpleNamespace

import gradio as gr
import pytest

from demos.gan_lab import run_config
from demos.gan_lab.live_trainings import LiveTrainings
from demos.runtime.i18n import say
from models.gan.training.settings import TrainingSettings
from tests.demos.gan_lab.opened import open_run

SESSION = SimpleNamespace(session_hash="who types")
RATE = say("en", "name.lr_d")


def event(blocks, name):
    (found,) = [fn for fn in blocks.fns.values() if getattr(fn.fn, "__name__", "") == name]
    return found


@pytest.fixture
def live(page):
    """A run of the page's defaults."""
    settings = TrainingSettings.page_defaults()
    config = run_config.checked("ring", settings.pop("architecture"), settings)
    yield open_run(page.engine, SESSION.session_hash, config)
    page.engine.shared(LiveTrainings).close(SESSION.session_hash)


def values(found, **changes):
    """What the page sends, with `changes` by the control's label."""
    return [changes.get(getattr(part, "label", ""), part.value) for part in found.inputs]


def test_a_wrong_number_typed_during_a_run_is_said_and_the_run_keeps_its_own(blocks, live):
    found, before = event(blocks, "change"), live.settings
    with pytest.raises(gr.Error, match=RATE) as error:
        found.fn(SESSION, *values(found, **{RATE: -1}))
    assert "-1" in error.value.message
    assert live.settings is before
    found.fn(SESSION, *values(found, **{RATE: 0.5}))
    assert live.settings.lr_d == 0.5


def test_half_a_number_is_not_said_to_be_wrong_yet(blocks, live):
    found, before = event(blocks, "change_if_valid"), live.settings
    found.fn(SESSION, *values(found, **{RATE: None}))
    assert live.settings is before
    found.fn(SESSION, *values(found, **{RATE: 0.25}))
    assert live.settings.lr_d == 0.25


def test_no_tab_says_what_is_wrong_with_each_key(blocks):
    """A number box tells of its value when it is left, or at Enter."""
    typed, settled = set(), set()
    for found in blocks.fns.values():
        for source, trigger in found.targets:
            if found.fn is not None and isinstance(blocks.blocks.get(source), gr.Number):
                (typed if trigger in ("input", "change") else settled).add(found.fn.__name__)
    assert typed == {"change_if_valid"}
    assert settled == {"change", "_move"}  # of a run; of the explored generator
