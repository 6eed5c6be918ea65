"""The pet classifier's runs, which page and endpoints share."""

import numpy as np
import pytest

from demos.pets import runs, tab
from demos.runtime.engine import Engine
from demos.runtime.events import Loading, Result
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
    assert drawn.size == (runs.MAP_SIDE, runs.MAP_SIDE)


def test_feature_maps_follow_the_loading(engine, photo):
    *loading, result = runs.feature_maps(engine, photo("kitten"), "efficientnet_lite0", "blocks.6")
    assert loading
    assert all(isinstance(event, Loading) for event in loading)
    assert isinstance(result, Result)
    assert result.value.shape == (320, 7, 7)
    assert result.value.shown == 64
    assert result.value.image.size == (8 * 66 - 2, 8 * 66 - 2)


def test_an_unknown_layer_is_refused_before_the_network_is_loaded(engine, photo):
    with pytest.raises(ValidationError, match="Choose one of: bn1"):
        next(runs.feature_maps(engine, photo("kitten"), "efficientnet_lite0", "blocks.9"))


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


def test_another_network_keeps_a_layer_that_it_has():
    assert tab._layers_of("en", "efficientnet_lite2", "blocks.6")["value"] == "blocks.6"
    assert tab._layers_of("en", "vgg16", "blocks.6")["value"] == "features.6"


def test_quality_tells_the_measured_figures():
    assert "90.3" in tab.quality("en")
    assert "90.3" not in tab.quality("en", "pets_lite0_robust")
