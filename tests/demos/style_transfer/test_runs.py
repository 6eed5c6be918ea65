"""Weights that are changed while a style transfer runs."""

import pytest

from demos.runtime.engine import Engine
from demos.runtime.events import Progress, Result
from demos.style_transfer import runs
from demos.style_transfer.runs import StyleRequest
from models.style_transfer.settings import StyleSettings
from models.validation import ValidationError


@pytest.mark.parametrize(
    ("settings", "changes", "key"),
    [
        ({}, dict.fromkeys(StyleSettings.LIVE, 0.0), "nothing_to_minimise"),
        (
            {"style_weight": 0.0, "layer_weights": [0.0] * 10},
            {"style_weight": 1.0},
            "no_style_layer",
        ),
        ({}, {"tv_weight": -1.0}, "out_of_range"),
    ],
)
def test_a_run_goes_on_with_its_weights_where_changed_ones_are_refused(
    store, photo, painting, settings, changes, key
):
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    settings = {"size": 64, "steps": 3, "coarse_to_fine": False} | settings
    asked = StyleRequest(photo("chelsea"), painting("starry_night"), settings=settings)
    with engine.run("me", runs.NAME) as run:
        events = runs.stylize(engine, asked, run)
        next(event for event in events if isinstance(event, Progress))
        engine.places.change("me", runs.NAME, {"content_weight": 2.0})
        with pytest.raises(ValidationError) as caught:
            engine.places.change("me", runs.NAME, changes)
        assert caught.value.key == key
        *_, last = events
    assert isinstance(last, Result)
    assert last.value.step.step == 3
    assert run.changed == {"content_weight": 2.0}
