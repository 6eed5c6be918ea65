import math

import pytest
import torch

from models.feature_visualization.transforms import (
    Transforms,
    resize,
    total_variation,
    transform,
)


def seeds(*numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def test_total_variation_of_a_2x2_picture():
    picture = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]]])
    # Across: 1 and 0.25, down: 0.25 and 1; their means are 0.625 each.
    assert total_variation(picture).item() == 1.25
    assert total_variation(torch.full((1, 3, 5, 4), 0.3)).item() == 0


def test_transforms_of_nothing_show_the_picture_itself():
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    still = torch.zeros(1, 13)
    torch.testing.assert_close(transform(picture, 8, still, Transforms().unlit()), picture)
    # The spotlight is half a picture's 0.95 wide: the middle is lit, the corners are background.
    seen = transform(picture, 8, still, Transforms())
    torch.testing.assert_close(seen[..., 3:5, 3:5], picture[..., 3:5, 3:5], atol=2e-3, rtol=0)
    corner = seen[0, :, 0, 0]
    torch.testing.assert_close(corner, torch.full((3,), 0.5), atol=0.03, rtol=0)


def test_the_largest_of_each_transform():
    grey = torch.full((1, 3, 8, 8), 0.75)
    brighter, redder = torch.zeros(1, 13), torch.zeros(1, 13)
    brighter[0, 4:6] = 1
    # 0.5 + 0.1 + (0.75 - 0.5) * 1.25
    seen = transform(grey, 8, brighter, Transforms().unlit())
    torch.testing.assert_close(seen, torch.full_like(grey, 0.9125))
    redder[0, 6] = 1
    red, green, blue = transform(grey, 8, redder, Transforms().unlit())[0, :, 4, 4].tolist()
    assert (red, green, blue) == pytest.approx((0.84, 0.75, 0.75))
    # A fifth of the picture to the side, of 10 pixels: two.
    picture = torch.rand(1, 3, 10, 10, generator=torch.Generator().manual_seed(1))
    moved = torch.zeros(1, 13)
    moved[0, 2] = 1
    seen = transform(picture, 10, moved, Transforms(shift=0.2, spotlight=None))
    torch.testing.assert_close(seen[..., :8], picture[..., 2:])


def test_a_flip_mirrors_every_second_picture():
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    largest = Transforms(spotlight=None, flip=True)
    drawn = torch.zeros(2, 14)
    drawn[1, 13] = -0.1
    plain, mirrored = transform(picture.repeat(2, 1, 1, 1), 8, drawn, largest)
    torch.testing.assert_close(plain, picture[0])
    torch.testing.assert_close(mirrored, picture[0].flip(2))


def test_what_is_shown_larger_is_seen_up_to_its_edges():
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    drawn = torch.zeros(1, 14)
    drawn[0, 1:3] = 1  # largest, and as far to the right as it goes
    half = Transforms(log_scale=math.log(2), shift=0.0, spotlight=None, flip=True)
    seen = transform(picture, 4, drawn, half)
    torch.testing.assert_close(seen, picture[..., 2:6, 4:])


def test_each_picture_has_transforms_of_its_own():
    pictures = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(9))
    largest = Transforms(flip=True)
    drawn = largest.draw(seeds(1, 2))
    assert drawn.shape == (2, 14)
    assert -1 <= drawn.min() <= drawn.max() <= 1
    together = transform(pictures.repeat(2, 1, 1, 1), 12, drawn, largest)
    assert together.shape == (2, 3, 12, 12)
    for n, seed in enumerate((1, 2)):
        alone = transform(pictures, 12, largest.draw(seeds(seed)), largest)
        torch.testing.assert_close(together[n : n + 1], alone)
    assert not torch.allclose(together[0], together[1])


def test_small_transforms_change_less():
    assert Transforms().small() == Transforms(
        rotation=3, log_scale=0.045, shift=0.015, contrast=0.075, brightness=0.03, tint=0.036
    )


@pytest.mark.parametrize("side", [4, 8, 16])
def test_resize_keeps_a_uniform_picture(side):
    seen = resize(torch.full((2, 3, 8, 8), 0.3), side)
    torch.testing.assert_close(seen, torch.full((2, 3, side, side), 0.3))
