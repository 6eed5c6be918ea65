"""DiffAugment: what must stay, and that gradients pass."""

import pytest
import torch

from models import diff_augment


def test_translation_moves_pixels_and_fills_with_black():
    torch.manual_seed(0)
    x = torch.ones(64, 1, 16, 16)
    y = diff_augment.translate(x)
    assert y.shape == x.shape
    assert set(y.unique().tolist()) == {-1.0, 1.0}
    # At most 2 of 16 columns can leave on either side.
    assert (y.mean((1, 2, 3)) >= (14 / 16) ** 2 * 2 - 1 - 1e-6).all()


def test_cutout_greys_a_quarter_at_most():
    torch.manual_seed(0)
    y = diff_augment.cutout(torch.ones(64, 3, 16, 16))
    share = (y == 0).float().mean((1, 2, 3))
    assert share.max() <= 0.25
    assert share.min() > 0


def test_color_keeps_a_grey_picture_grey():
    y = diff_augment.color(torch.zeros(4, 3, 8, 8))
    assert torch.allclose(y[:, 0], y[:, 1])
    assert (y.abs() <= 0.5).all()


@pytest.mark.parametrize("policy", [("color",), ("translation",), ("cutout",)])
def test_gradients_pass(policy):
    x = torch.rand(2, 3, 8, 8, requires_grad=True)
    diff_augment.augment(x, policy).sum().backward()
    assert x.grad.abs().sum() > 0
