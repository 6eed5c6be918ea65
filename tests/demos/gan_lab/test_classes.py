"""The row of classes below the picture: what it offers, and what a press draws."""

from types import SimpleNamespace

import gradio as gr
import pytest

from demos.gan_lab import run_config
from demos.gan_lab.live_trainings import LiveTrainings
from demos.runtime.i18n import say
from models.gan.training import presets
from tests.demos.gan_lab.opened import open_run
from tests.demos.gan_lab.test_tab import event

SESSION = SimpleNamespace(session_hash="who asks for a seven")


@pytest.fixture
def draw(blocks):
    """The event of the row: `draw("7")`."""
    return lambda chosen: event(blocks, "draw").fn(SESSION, "en", chosen)


@pytest.fixture
def live(page):
    """A run that was told of ones and sevens, after a round."""
    settings = dict(vars(presets.DIGITS.replace(classes=[1, 7], width=4, batch=8)))
    architecture = settings.pop("architecture")
    config = run_config.checked("digits", architecture, settings)
    run = open_run(page.engine, SESSION.session_hash, config)
    page.engine.training_slice(run.advance, 60.0, 1)
    yield run
    page.engine.shared(LiveTrainings).close(SESSION.session_hash)


def test_the_row_has_the_chosen_classes_and_is_hidden_without(blocks):
    offer = event(blocks, "offer").fn
    found = offer("hi", [7, 1])
    assert found["choices"] == [(say("hi", "gan_lab.draw.all"), "all"), ("1", "1"), ("7", "7")]
    assert (found["visible"], found["value"]) == (True, "all")
    assert offer("en", [])["visible"] is False


def test_a_press_draws_one_class_or_the_strip(draw, live):
    assert draw("all").size == (2 * 116 - 4, 40 + 4 * 116 - 4)
    assert draw("7").size == (4 * 114 - 2, 4 * 114 - 2)
    assert live.digit == 7
    assert draw("all").size[0] == 2 * 116 - 4
    assert live.digit is None


def test_a_class_that_the_run_was_not_told_of_is_said(draw, live):
    with pytest.raises(gr.Error, match="1, 7"):
        draw("5")
    assert live.digit is None


def test_without_a_run(draw):
    with pytest.raises(gr.Error, match="Press Run first"):
        draw("7")
