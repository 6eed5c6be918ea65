"""Equalized layers, worked out by hand."""

import math

import torch

from models.gan.networks.layers import Conv2d, Linear, fold_gains, leaky


def test_linear_by_hand():
    layer = Linear(4, 1, bias=3.0)
    layer.weight.data = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    # 1 / sqrt(4) * (1 + 2 + 3 + 4) + 3
    assert layer(torch.ones(1, 4)).item() == 8.0


def test_a_smaller_learning_rate_starts_from_the_same_function():
    torch.manual_seed(0)
    slow = Linear(4, 2, lr_multiplier=0.01, bias=3.0)
    assert slow.weight.std() > 10
    torch.testing.assert_close(slow(torch.zeros(1, 4)), torch.full((1, 2), 3.0))


def test_convolution_by_hand():
    layer = Conv2d(1, 1, kernel=3, gain=math.sqrt(2))
    layer.weight.data.fill_(3.0)
    middle = layer(torch.ones(1, 1, 3, 3))[0, 0, 1, 1].item()
    assert math.isclose(middle, 9 * 3 * math.sqrt(2) / 3, rel_tol=1e-6)


def test_leaky():
    assert leaky(torch.tensor([-1.0, 2.0])).tolist() == [torch.tensor(-0.2).item(), 2.0]


def test_folding_changes_no_result_and_happens_once():
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        Linear(6, 5, lr_multiplier=0.01, bias=1.0), Linear(5, 2, gain=2.0)
    )
    x = torch.randn(3, 6)
    before = network(x)
    fold_gains(network)
    torch.testing.assert_close(network(x), before)
    fold_gains(network)
    torch.testing.assert_close(network(x), before)
