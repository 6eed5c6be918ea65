"""Sliders found for a generator: on generators whose directions are known."""

import pytest
import torch

from models.gan.training import directions
from models.gan.training.directions import Directions, Search
from tests.models.gan.training.helpers import made


def found(generate, latent):
    search = Search(generate, latent)
    shares = list(search.turns())
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return search.found


def test_directions_of_a_linear_generator_are_its_principal_components():
    """x = 5 + 3 z_1 e_0 + 2 z_0 e_1 + z_2 e_2: the variances are 9, 4 and 1 of 14."""
    matrix = torch.tensor([[0.0, 2.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    result = found(lambda z: z @ matrix + 5, 3)
    expected = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert torch.allclose(result.vectors, expected, atol=1e-5)
    # The variance of the drawn z is not exactly 1.
    assert result.shares == pytest.approx((9 / 14, 4 / 14, 1 / 14), abs=0.03)


def test_plus_is_the_brighter_end():
    result = found(lambda z: -3 * z, 1)
    assert result.vectors.tolist() == [[-1.0]]
    assert result.shares == pytest.approx((1.0,), abs=0.05)


def test_what_is_even_in_z_is_no_direction():
    """x = (z_0^2, z_1 / 10): the square varies more, but its ends are alike."""
    result = found(lambda z: torch.stack([z[:, 0] ** 2, z[:, 1] / 10], 1), 2)
    assert torch.allclose(result.vectors[0].abs(), torch.tensor([0.0, 1.0]), atol=1e-3)


def test_a_generator_with_few_numbers_has_few_directions():
    assert found(lambda z: z, 2).vectors.shape == (2, 2)
    many = found(lambda z: z * torch.arange(1, 31), 30)
    assert many.vectors.shape == (directions.MAX_DIRECTIONS, 30)
    assert many.vectors.abs().argmax(1).tolist() == [29, 28, 27, 26]
    assert list(many.shares) == sorted(many.shares, reverse=True)


def test_sliders_move_z_along_the_directions():
    result = Directions(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), (0.5, 0.1), 8)
    z = torch.tensor([[1.0, 2.0]])
    assert result.moved(z, [3, -1]).tolist() == [[0.0, 5.0]]
    assert result.moved(z, []).tolist() == [[1.0, 2.0]]
    assert result.moved(z, [0, 0, 2.5, 2.5]).tolist() == [[1.0, 2.0]]


def test_directions_are_orthonormal_and_always_the_same():
    trainer = made("dense", width=4, latent=6)
    first, second = (found(trainer.sample, 6) for _ in range(2))
    assert torch.equal(first.vectors, second.vectors)
    assert torch.allclose(first.vectors @ first.vectors.T, torch.eye(4), atol=1e-5)
    assert first.samples == directions.MIN_SAMPLES


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_generator_that_makes_one_picture_has_none(value):
    with pytest.raises(ArithmeticError):
        found(lambda z: torch.full((len(z), 4), value), 2)
