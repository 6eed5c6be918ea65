"""Feature maps, as two tabs and an endpoint show them."""

import pytest

from demos.runtime.engine import Engine
from demos.runtime.events import Loading, Result
from demos.ui import feature_maps
from models.validation import ValidationError


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


def test_feature_maps_follow_the_loading(engine, photo):
    *loading, result = feature_maps.extract(
        engine, photo("kitten"), "efficientnet_lite0", "blocks.6"
    )
    assert loading
    assert all(isinstance(event, Loading) for event in loading)
    assert isinstance(result, Result)
    assert result.value.shape == (320, 7, 7)
    assert result.value.shown == 64
    assert result.value.image.size == (8 * 66 - 2, 8 * 66 - 2)


def test_an_unknown_layer_is_refused_before_the_network_is_loaded(engine, photo):
    with pytest.raises(ValidationError, match="Choose one of: bn1"):
        next(feature_maps.extract(engine, photo("kitten"), "efficientnet_lite0", "blocks.9"))


def test_another_network_keeps_a_layer_that_it_has():
    assert feature_maps.layers_of("en", "efficientnet_lite2", "blocks.6")["value"] == "blocks.6"
    assert feature_maps.layers_of("en", "vgg16", "blocks.6")["value"] == "features.6"
