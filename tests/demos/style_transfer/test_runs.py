"""A style transfer as the page runs it: weights that are changed meanwhile, and its losses."""

import pytest
import torch

from demos.runtime.engine import Engine
from demos.runtime.events import Progress, Result
from demos.style_transfer import runs, tab
from demos.style_transfer.clips import Way
from demos.style_transfer.runs import Painting, StyleRequest
from demos.ui import examples
from models.images import to_image
from models.style_transfer.objective import TERMS
from models.style_transfer.optimize import StyleStep
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


def test_between_two_tiles_the_breakdown_has_the_last_values():
    """Above 1,024 pixels a step without losses of its own follows coarse ones that had shares."""
    losses = {name: [8.0, number / 4] for number, name in enumerate((*TERMS, "total"), 1)}
    image = torch.zeros(1, 3, 8, 8)
    step = StyleStep(2, 9, 0.5, image, {}, dict.fromkeys(TERMS, 1 / 3))
    shown = tab._latest_breakdown("en", Painting(step, to_image(image), losses, None, 1.0, Way()))
    assert [text in shown for text in ("0.25", "0.5", "0.75", "8")] == [True, True, True, False]
    assert shown.count("33") >= len(TERMS)


def test_a_result_names_the_second_style_where_it_has_a_share():
    paths = ("photos/chelsea.jpg", "styles/starry_night.jpg", "styles/mosaic.jpg")
    for blend, count in ((0.5, 3), (0.0, 2)):
        asked = runs.StyleRequest(*paths, settings={"blend": blend})
        named = [examples.title("en", path) for path in paths[:count]]
        origin = tab._origin("en", asked, "style.origin.pass", "")
        assert " + ".join(named) + ", in one pass" in origin
