import pytest
import torch

from models.feature_visualization.transforms import random_transform, resize, total_variation


def seeds(*numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def test_total_variation_of_a_2x2_picture():
    picture = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]]])
    # Across: 1 and 0.25, down: 0.25 and 1; their means are 0.625 each.
    assert total_variation(picture).item() == 1.25
    assert total_variation(torch.full((1, 3, 5, 4), 0.3)).item() == 0


def test_a_still_generator_shows_the_picture_itself(monkeypatch):
    # Draws of one half are moves of nothing.
    monkeypatch.setattr(torch, "rand", lambda n, generator: torch.full((n,), 0.5))
    picture = torch.rand_like(torch.empty(1, 3, 8, 8))
    torch.testing.assert_close(random_transform(picture, 8, [None], spotlight=False), picture)
    # The spotlight is half a picture's 0.95 wide: the middle is lit, the corners are background.
    seen = random_transform(picture, 8, [None])
    torch.testing.assert_close(seen[..., 3:5, 3:5], picture[..., 3:5, 3:5], atol=2e-3, rtol=0)
    corner = seen[0, :, 0, 0]
    torch.testing.assert_close(corner, torch.full((3,), 0.5), atol=0.03, rtol=0)


def test_each_picture_has_transforms_of_its_own():
    pictures = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(9))
    together = random_transform(pictures.repeat(2, 1, 1, 1), 12, seeds(1, 2))
    assert together.shape == (2, 3, 12, 12)
    for n, seed in enumerate((1, 2)):
        torch.testing.assert_close(together[n : n + 1], random_transform(pictures, 12, seeds(seed)))
    assert not torch.allclose(together[0], together[1])


def test_small_transforms_change_less():
    picture = torch.full((1, 3, 8, 8), 0.25)
    large = random_transform(picture, 8, seeds(3), spotlight=False)
    small = random_transform(picture, 8, seeds(3), small=True, spotlight=False)
    assert (small - picture).abs().max() < (large - picture).abs().max()


@pytest.mark.parametrize("side", [4, 8, 16])
def test_resize_keeps_a_uniform_picture(side):
    seen = resize(torch.full((2, 3, 8, 8), 0.3), side)
    torch.testing.assert_close(seen, torch.full((2, 3, side, side), 0.3))
