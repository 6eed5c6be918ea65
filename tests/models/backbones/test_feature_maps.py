"""Feature maps: shapes, order, and what is refused."""

import pytest
import torch

from models.backbones import feature_maps
from models.validation import ValidationError


def test_first_layer_of_lite0(lite0):
    picture = torch.rand(1, 3, 96, 128)
    found = feature_maps.extract(lite0, picture, "bn1")
    assert found.shape == (32, picture.shape[2] // 2, picture.shape[3] // 2)
    assert found.shown == 32
    assert found.mosaic.shape == (1, 4 * 64 + 3 * 2, 8 * 64 + 7 * 2)
    assert found.mosaic.min() == 0
    assert found.mosaic.max() == 1


def test_layers_get_smaller_and_deeper(lite0):
    picture = torch.rand(1, 3, 224, 224)
    shapes = [feature_maps.extract(lite0, picture, f"blocks.{s}").shape for s in range(7)]
    assert shapes[0] == (16, 112, 112)
    assert shapes[-1] == (320, 7, 7)
    assert [s[1] for s in shapes] == sorted((s[1] for s in shapes), reverse=True)


def test_an_unknown_layer_is_told_the_known_ones(lite0):
    with pytest.raises(ValidationError, match=r"bn1, blocks\.0"):
        feature_maps.extract(lite0, torch.rand(1, 3, 64, 64), "layer9")
