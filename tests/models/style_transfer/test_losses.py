"""The losses of style transfer, worked out by hand."""

import pytest
import torch

from models.style_transfer import losses


def known(*layers, shares=(1.0,)):
    return losses.moments(layers, shares)


def maps(*channels):
    """Activations (1, C, 1, n) from one list of values per channel."""
    return torch.tensor(channels).view(1, len(channels), 1, -1)


def test_moments_by_hand():
    covariance, mean = losses.covariance_and_mean(maps([0.0, 2.0], [1.0, 5.0]))
    assert mean.tolist() == [1.0, 3.0]
    assert covariance.tolist() == [[1.0, 2.0], [2.0, 4.0]]


def test_gram_by_hand():
    assert losses.gram(maps([0.0, 2.0], [1.0, 5.0])).tolist() == [[2.0, 5.0], [5.0, 13.0]]


def test_moments_gradient_is_the_numerical_one():
    points = torch.randn(5, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(losses._Moments.apply, points)


def test_moments_loss_by_hand(monkeypatch):
    monkeypatch.setattr(losses, "DEVIATION_FLOOR", 0.0)
    loss = losses.MomentsLoss(known(maps([0.0, 4.0])))  # mean 2, variance 4, deviation 2
    # In units of the deviation: mean 1, variance 1. Of (0, 8): mean 2, variance 4.
    assert loss(maps([0.0, 4.0])).item() == pytest.approx(0.0)
    assert loss(maps([0.0, 8.0])).item() == pytest.approx((4 - 1) ** 2 / 1 + (2 - 1) ** 2)


def test_gram_loss_by_hand(monkeypatch):
    monkeypatch.setattr(losses, "DEVIATION_FLOOR", 0.0)
    loss = losses.GramLoss(known(maps([0.0, 4.0])))  # G = 8, in units of the variance 2
    assert loss(maps([0.0, 4.0])).item() == pytest.approx(0.0)
    assert loss(maps([4.0, 4.0])).item() == pytest.approx((4 - 2) ** 2 / 2**2)  # G = 16, so 4


def test_content_loss_by_hand(monkeypatch):
    monkeypatch.setattr(losses, "DEVIATION_FLOOR", 0.0)
    loss = losses.ContentLoss(maps([0.0, 4.0]))  # deviation 2
    assert loss(maps([2.0, 4.0])).item() == pytest.approx((1 + 0) / 2)


def test_variation_by_hand():
    x = torch.tensor([[0.0, 1.0], [0.0, 3.0]]).view(1, 1, 2, 2)
    # Down: 0, 2 -> mean square 2. Across: 1, 3 -> mean square 5.
    assert losses.total_variation(x).item() == pytest.approx(7.0)


def test_gram_of_two_maps_of_two_by_two():
    """F = [[1, 0], [0, 1]] and [[2, 2], [0, 0]]: mean squares 1/2 and 2, mean product 1/2."""
    x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 2.0], [0.0, 0.0]]])[None]
    assert losses.gram(x).tolist() == [[0.5, 0.5], [0.5, 2.0]]


def test_covariance_of_two_maps_of_two_by_two():
    """Means 1/2 and 1: variances 1/4 and 1, covariance 1/2 - 1/2 = 0."""
    x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 2.0], [0.0, 0.0]]])[None]
    covariance, mean = losses.covariance_and_mean(x)
    assert mean.tolist() == [0.5, 1.0]
    assert covariance.tolist() == [[0.25, 0.0], [0.0, 1.0]]


def test_variation_of_a_checkerboard():
    """Every neighbour differs by 1: 1 down plus 1 across."""
    rows, columns = torch.meshgrid(torch.arange(6), torch.arange(4), indexing="ij")
    board = ((rows + columns) % 2).float()[None, None]
    assert losses.total_variation(board).item() == 2.0


def test_two_styles_blend_into_one_canvas():
    """Half (0, 4) and half (2, 2): values 0, 4, 2, 2 with mean 2 and variance 2."""
    both = known(maps([0.0, 4.0]), maps([2.0, 2.0]), shares=(0.5, 0.5))
    assert both.mean.tolist() == [2.0]
    assert both.covariance.tolist() == [[2.0]]
    alone = known(maps([0.0, 4.0]), maps([2.0, 2.0]), shares=(1.0, 0.0))
    assert alone.covariance.tolist() == [[4.0]]


def test_wasserstein_loss_by_hand(monkeypatch):
    """Two Gaussians on a line: (m - m*)^2 + (s - s*)^2, here in units of the deviation 2."""
    monkeypatch.setattr(losses, "DEVIATION_FLOOR", 0.0)
    loss = losses.WassersteinLoss(known(maps([0.0, 4.0])))  # mean 1, deviation 1
    assert loss(maps([0.0, 4.0])).item() == pytest.approx(0.0, abs=1e-5)
    assert loss(maps([0.0, 8.0])).item() == pytest.approx((2 - 1) ** 2 + (2 - 1) ** 2, rel=1e-4)


def test_wasserstein_loss_of_independent_channels_adds_up(monkeypatch):
    monkeypatch.setattr(losses, "DEVIATION_FLOOR", 0.0)
    loss = losses.WassersteinLoss(known(maps([0.0, 4.0, 0.0, 4.0], [0.0, 0.0, 2.0, 2.0])))
    other = maps([0.0, 8.0, 0.0, 8.0], [0.0, 0.0, 2.0, 2.0])
    assert loss(other).item() == pytest.approx((1 + 1) / 2, rel=1e-3)


def test_wasserstein_gradient_is_the_numerical_one():
    torch.manual_seed(0)
    root = torch.randn(4, 4, dtype=torch.double)
    root = root @ root.T
    half = torch.randn(4, 6, dtype=torch.double)

    def trace(points):
        return losses._TraceOfRoot.apply(points @ points.T, root)

    assert torch.autograd.gradcheck(trace, half.requires_grad_(True))


@pytest.mark.parametrize("kind", losses.STYLE_LOSSES)
def test_flat_styles_give_numbers(kind):
    loss = losses.STYLE_LOSSES[kind](known(maps([1.0, 1.0], [0.0, 0.0])))
    x = maps([1.0, 1.0], [0.0, 0.0]).requires_grad_(True)
    value = loss(x)
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()
