"""Codes as texts, boxes, and whitened coordinates."""

import base64
import math

import numpy as np
import pytest
import torch

from models import registry
from models.device import Placement
from models.gan import pretrained
from models.gan.inversion import code
from models.gan.inversion.settings import Box, InversionSettings
from models.gan.inversion.whitening import Whitening
from models.validation import ValidationError

CPU = Placement(torch.device("cpu"), torch.float32, torch.channels_last, "test")


def text(values) -> str:
    return base64.b64encode(np.asarray(values, "<f2").tobytes()).decode()


def test_a_code_goes_there_and_back():
    styles = torch.tensor([[0.5, -2.0, 1.0], [0.25, 3.0, -1.5]])
    assert code.to_text(styles) == text([[0.5, -2, 1], [0.25, 3, -1.5]])
    assert torch.equal(code.from_text(code.to_text(styles), 2, 3), styles)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("", "code_length"),
        ("abc", "code_unreadable"),
        ("ä", "code_unreadable"),
        (text([1.0] * 5), "code_length"),
        (text([1.0] * 7), "code_length"),
        (base64.b64encode(b"12345").decode(), "code_length"),
        (text([1, 2, 3, 4, 5, math.nan]), "code_not_finite"),
        (text([1, 2, 3, 4, 5, math.inf]), "code_not_finite"),
    ],
)
def test_what_is_no_code_is_refused(given, key):
    with pytest.raises(ValidationError) as refused:
        code.from_text(given, 2, 3)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("name", "values", "key"),
    [
        ("dcgan_cats64", [0.0] * 1152, "no_style_layers"),
        ("stylegan_cats64", [0.0] * 100, "code_length"),
        ("stylegan_cats64", [900.0] * 1152, "code_other_generator"),
    ],
)
def test_a_code_of_another_generator_is_refused(name, values, key):
    gan = pretrained.load(registry.gan(name), CPU.device, CPU)
    with pytest.raises(ValidationError) as refused:
        code.of_generator(text(values), gan)
    assert refused.value.key == key


def test_a_box_has_a_middle_and_is_rounded_for_reports():
    box = Box.checked([10, 20.25, 40], 100, 80)
    assert box.middle == (30, 40.25)
    assert box.values == [10, 20.2, 40]
    assert Box.around(30, 40, 20) == Box(20, 30, 20)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([1, 2], "box_numbers"),
        ([1, 2, 3, 4], "box_numbers"),
        ("abc", "box_numbers"),
        ({"x": 1}, "box_numbers"),
        ([0, 0, math.nan], "box_numbers"),
        ([0, math.inf, 40], "box_numbers"),
        ([0, 0, True], "box_numbers"),
        ([0, 0, "40"], "box_numbers"),
        ([10, 10, 20], "face_too_small"),
        ([10, 10, -40], "face_too_small"),
        ([90, 10, 40], "box_outside"),
        ([10, -30, 40], "box_outside"),
        ([-80, -80, 210], "box_outside"),
    ],
)
def test_a_box_that_holds_no_face_is_refused(values, key):
    with pytest.raises(ValidationError) as refused:
        Box.checked(values, 100, 80)
    assert refused.value.key == key


def test_a_face_may_be_cut_by_the_edge():
    assert Box.checked([-20, 50, 50], 100, 80).values == [-20, 50, 50]


def test_whitened_points_have_mean_0_and_deviation_1():
    draws = torch.Generator().manual_seed(0)
    points = torch.randn(500, 3, generator=draws) @ torch.tensor(
        [[3.0, 1.0, 0.0], [0.0, 2.0, 0.5], [0.0, 0.0, 0.1]]
    ) + torch.tensor([1.0, -2.0, 5.0])
    whitening = Whitening.of(points)
    u = whitening.to_u(points)
    assert torch.allclose(u.mean(0), torch.zeros(3), atol=1e-4)
    assert torch.allclose(torch.cov(u.T), torch.eye(3), atol=1e-3)
    assert torch.allclose(whitening.to_w(u), points, atol=1e-4)
    assert whitening.deviations[0] > whitening.deviations[1] > whitening.deviations[2]
    again = Whitening.from_tensors(whitening.tensors())
    assert torch.equal(again.axes, whitening.axes)


@pytest.mark.parametrize("change", [{"space": "z"}, {"steps": 0}, {"model": "vae_cats64"}])
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValidationError):
        InversionSettings(**change)
