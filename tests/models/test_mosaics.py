"""Mosaics, by hand."""

import torch

from models import mosaics


def test_grid_order_and_empty_cells():
    cells = torch.arange(3.0).view(3, 1, 1, 1) / 4
    assert mosaics.grid(cells, 2)[0].tolist() == [[0.0, 0.25], [0.5, 1.0]]


def test_grid_gaps_are_white():
    cells = torch.zeros(2, 1, 1, 1)
    assert mosaics.grid(cells, 2, gap=1)[0].tolist() == [[0.0, 1.0, 0.0]]


def test_strongest_channels_first_and_stretched():
    maps = torch.tensor([[[[0.0, 1.0]], [[5.0, 5.0]], [[-4.0, 4.0]]]])
    assert mosaics.strongest(maps, 2)[:, 0].tolist() == [[[0.0, 1.0]], [[0.0, 1.0]]]
    assert mosaics.strongest(maps, 3)[2, 0].tolist() == [[0.0, 0.0]]


def test_overlay_is_red_above_and_blue_below_zero():
    picture = torch.full((1, 3, 1, 3), 0.5)
    shown = mosaics.overlay(picture, torch.tensor([[2.0, 0.0, -2.0]]))[0, :, 0]
    assert shown[0, 0] > shown[2, 0]
    assert torch.allclose(shown[:, 1], torch.full((3,), 0.5))
    assert shown[2, 2] > shown[0, 2]


def test_no_heat_is_no_colour():
    picture = torch.rand(1, 3, 4, 4)
    shown = mosaics.overlay(picture, torch.zeros(4, 4))
    assert torch.allclose(shown[:, 0], picture.mean(1))
