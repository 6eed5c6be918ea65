"""The yardsticks on numbers whose answers are known."""

import pytest
import torch

from training import evaluate_gan


def test_frechet_distance_of_two_gaussians_on_a_line():
    a = torch.tensor([[-1.0, 0.0], [1.0, 0.0]]).double()
    b = torch.tensor([[1.0, 0.0], [7.0, 0.0]]).double()
    # Means 0 and 4, deviations sqrt(2) and sqrt(18): 16 + (sqrt(18) - sqrt(2))^2 = 16 + 8.
    assert evaluate_gan.frechet(a, b) == pytest.approx(24.0)


def test_frechet_distance_to_itself_is_nothing():
    a = torch.randn(50, 4, dtype=torch.double)
    assert evaluate_gan.frechet(a, a) == pytest.approx(0, abs=1e-8)


def test_kernel_distance_tells_apart():
    torch.manual_seed(0)
    a, b = torch.randn(2, 400, 8).double()
    assert abs(evaluate_gan.kernel_distance(a, b, 5, 200)) < 0.05
    assert evaluate_gan.kernel_distance(a, b + 1, 5, 200) > 1


def test_shares_inside():
    line = torch.arange(10.0)[:, None]
    # The third neighbour of an inner point is 2 away, of the ends 3.
    assert evaluate_gan.radii(line)[[0, 5]].tolist() == [3.0, 2.0]
    assert evaluate_gan.share_inside(line, line) == 1.0
    assert evaluate_gan.share_inside(line + 100, line) == 0.0
    points = torch.tensor([[4.5], [50.0]])
    assert evaluate_gan.share_inside(points, line) == 0.5
