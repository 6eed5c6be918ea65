"""Edges that go on instead of zeros, by hand."""

import pytest
import torch
from timm.layers import Conv2dSame
from torch import nn
from torch.nn import functional as F

from models.backbones.padding import ReplicatePadded, replicate


def test_replicate_by_hand():
    row = torch.tensor([[1.0, 2.0]])
    assert replicate(row, 1, 1, 2).tolist() == [[1, 1, 2, 2, 2]]
    assert replicate(row, 1, 0, 0) is row


@pytest.mark.parametrize("conv", [nn.Conv2d(3, 2, 3, 2, 1), Conv2dSame(3, 2, 3, 2)], ids=str)
def test_a_flat_picture_stays_flat_up_to_its_edges(conv):
    flat = torch.full((1, 3, 8, 7), 0.7)
    maps = ReplicatePadded(conv)(flat)
    assert maps.shape == conv(flat).shape
    assert torch.allclose(maps, maps[..., :1, :1].expand_as(maps), atol=1e-6)


def test_as_torchs_own_padding():
    conv, x = nn.Conv2d(3, 4, 5, padding=2), torch.rand(2, 3, 9, 6)
    expected = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), conv.weight, conv.bias)
    assert torch.allclose(ReplicatePadded(conv)(x), expected, atol=1e-6)
