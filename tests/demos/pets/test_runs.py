"""The pet classifier's runs, which page and endpoints share."""

import numpy as np
import pytest

from demos.pets import runs, tab
from demos.runtime.engine import Engine
from models.classifiers import overlay
from models.classifiers.settings import CamSettings
from models.labels import breeds
from models.validation import ValidationError


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


def test_a_photo_is_classified_as_the_network_is_shown_it(engine, photo):
    square, prediction = runs.classify(engine, photo("chelsea"))
    assert square.size == (256, 256)
    assert prediction.is_pet
    assert prediction.top(1)[0][0] in breeds.CATS


def test_an_explanation_is_the_overlay_of_the_prediction(engine, photo):
    square, prediction = runs.classify(engine, photo("chelsea"))
    pair = (breeds.index("Siamese"), breeds.index("Bengal"))
    settings = CamSettings(contrast=0.5)
    drawn = runs.overlay(engine, square, prediction, pair, settings)
    explained = runs.explain(engine, photo("chelsea"), "siamese", "bengal", settings)
    assert np.array_equal(drawn, explained)
    assert drawn.size == (overlay.SIDE, overlay.SIDE)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"contrast": 2}, "contrast must be from 0 to 1"),
        ({"model": "x"}, "Choose one of: pets_"),
    ],
)
def test_bad_settings_are_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        CamSettings(**bad)


@pytest.mark.parametrize("changed", tab.EXPERIMENTS)
def test_experiments_can_be_run(changed):
    tab._check(tab.DEFAULTS | changed)


def test_quality_tells_the_measured_figures():
    assert "91.0" in tab.quality("en")
    assert "90.3" in tab.quality("en", "pets_lite0")
