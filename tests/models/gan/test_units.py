"""Units of a style-based generator: by hand on one whose numbers are known, and those listed."""

import pytest
import torch

from models import registry
from models.device import Placement
from models.gan import pretrained, units
from models.gan.networks.structure import LAYER_GROUPS, STYLE_LAYERS, style_shape
from models.gan.networks.stylegan import StyleGenerator
from models.gan.settings import UnitSettings
from models.validation import ValidationError
from training.units import TRUNCATION, load

AT = Placement(torch.device("cpu"), torch.float32, torch.channels_last, "float32")
W = torch.zeros(1, STYLE_LAYERS, 128)


@pytest.fixture(scope="module")
def toy():
    """Every activation is its bias, whatever comes in; the picture is a sum of layer 8's.

    Unit u of layer 8 is 0.1 (u + 1) everywhere, and all colours take units 0, 1 and 2 once.
    """
    generator = StyleGenerator()
    for parameter in generator.parameters():
        parameter.data.zero_()
    count = style_shape(8)[0]
    generator.convs[8].bias.data = 0.1 * torch.arange(1, count + 1)
    rgb = generator.rgb[-1]
    rgb.style.bias.data.fill_(1)
    rgb.conv.weight.data[:, :3] = 1 / rgb.conv.gain
    return pretrained.PretrainedGan(
        registry.gan(registry.DEFAULT_GAN), generator, None, torch.eye(8, 128), AT
    )


def shown(value):
    """The value of a picture that the generator makes as `value` in [-1, 1]."""
    return value / 2 + 0.5


def test_a_unit_off_or_stronger_by_hand(toy):
    # 0.1 + 0.2 + 0.3
    assert torch.allclose(toy.synthesize(W), torch.full((1, 3, 64, 64), shown(0.6)))
    for scale, value in ((0.0, 0.4), (1.0, 0.6), (3.0, 1.0), (2.0, 0.8)):
        found = units.changed(toy, W, {8: {1: scale}})
        assert torch.allclose(found, torch.full((1, 3, 64, 64), shown(value))), scale
    both = units.changed(toy, W, {8: {0: 0.0, 2: 2.0}})
    assert torch.allclose(both, torch.full((1, 3, 64, 64), shown(0.8)))
    assert torch.equal(units.changed(toy, W, {}), toy.synthesize(W))


def test_a_unit_off_inside_cells_by_hand(toy):
    found = units.changed(toy, W, {8: {1: 0.0}}, cells=[0, 9])
    expected = torch.full((64, 64), shown(0.6))
    expected[:8, :8] = expected[8:16, 8:16] = shown(0.4)
    assert torch.allclose(found[0], expected.expand(3, -1, -1))


def test_masks_of_every_size():
    for side in (64, 32, 16, 8):
        mask = units.mask([1], side)
        cell = side // 8
        assert mask.sum() == cell**2
        assert mask[:cell, cell : 2 * cell].min() == 1
    assert units.mask([1], 4)[0, 0] == 0.25
    assert units.mask(range(64), 4).min() == 1


def test_units_are_ranked_by_the_change_by_hand(toy):
    ranked = units.rank(toy, W.expand(2, -1, -1), 8)
    assert [unit for unit, _ in ranked[:4]] == [2, 1, 0, 3]
    # Pictures in [0, 1] are half as far apart as those in [-1, 1].
    assert [change for _, change in ranked[:4]] == pytest.approx([0.15, 0.1, 0.05, 0], abs=1e-6)
    assert len(ranked) == style_shape(8)[0]
    assert [change for _, change in units.rank(toy, W, 4)] == [0] * style_shape(4)[0]


def test_a_heat_map_is_the_activation_at_the_pictures_size(toy):
    heat = units.heat_map(toy, W, 8, 4)
    assert heat.shape == (64, 64)
    assert torch.allclose(heat, torch.full((64, 64), 0.5))
    assert units.heat_map(toy, W, 0, 0).shape == (64, 64)


def test_nothing_is_left_behind(toy):
    before = toy.synthesize(W)
    units.changed(toy, W, {8: {1: 0.0}})
    units.rank(toy, W, 8)
    units.heat_map(toy, W, 8, 1)
    assert torch.equal(toy.synthesize(W), before)
    assert not any(module._forward_hooks for module in toy.generator.modules())
    assert not any(parameter.requires_grad for parameter in toy.generator.parameters())


def test_generators_without_style_layers_are_refused():
    gan = pretrained.load(registry.gan("dcgan_cats64"), torch.device("cpu"), AT)
    w = gan.style_codes(gan.latents([0]))
    assert torch.equal(units.changed(gan, w, {}), gan.synthesize(w))
    for ask in (
        lambda: units.changed(gan, w, {0: {0: 0.0}}),
        lambda: list(units.changes(gan, w, 0)),
        lambda: units.heat_map(gan, w, 0, 0),
    ):
        with pytest.raises(ValidationError, match="no style layers"):
            ask()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer": "9"}, "layer can't be 9"),
        ({"layer": 6}, "layer must be a text"),
        ({"units": []}, "1 to 32 units at once, not 0"),
        ({"units": [1] * 33}, "1 to 32 units at once, not 33"),
        ({"units": [64]}, "units must be from 0 to 63, not 64"),
        ({"layer": "8", "units": [32]}, "units must be from 0 to 31"),
        ({"units": [-1]}, "units must be from 0"),
        ({"units": [None]}, "units must be a number"),
        ({"units": "9"}, "units must be a list"),
        ({"scale": float("nan")}, "scale must be a number from 0 to 5"),
        ({"scale": -0.1}, "scale must be from 0 to 5"),
        ({"scale": 5.1}, "scale must be from 0 to 5"),
        ({"cells": [64]}, "cells must be from 0 to 63"),
        ({"cells": [0.5]}, "cells must be a whole number"),
    ],
)
def test_bad_settings_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        UnitSettings(**values)


def test_settings_are_completed():
    assert UnitSettings().layer == "6"
    assert UnitSettings(units=[9, 9.0, 44]).units == (9, 44)
    assert UnitSettings(layer="0", units=[255], cells=[]).cells == ()


STYLED = [spec for spec in registry.GAN_SPECS if spec.kind == "style"]


@pytest.mark.parametrize("spec", STYLED, ids=lambda spec: spec.name)
def test_the_units_listed_are_channels_of_their_layers(spec):
    assert spec.units
    for layer, numbers in spec.units:
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) < style_shape(layer)[0]


@pytest.mark.slow
@pytest.mark.parametrize("spec", STYLED, ids=lambda spec: spec.name)
def test_the_units_listed_are_the_strongest(spec):
    """`python -m training.units` prints them anew for another generator."""
    gan = load(spec.name)
    codes = gan.style_codes(gan.latents(range(16)), TRUNCATION)
    layer, listed = spec.units[-1]
    found = [unit for unit, _ in units.rank(gan, codes, layer)]
    assert set(found[:4]) <= set(listed)
    assert set(listed) <= set(found[:16])


def test_layer_groups_make_up_all_layers():
    parts = [LAYER_GROUPS[name] for name in ("coarse", "middle", "fine")]
    assert [layer for part in parts for layer in part] == list(LAYER_GROUPS["all"])
