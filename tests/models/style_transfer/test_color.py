"""Colours moved from one picture to another."""

import numpy as np
import torch
from PIL import Image

from models import images
from models.style_transfer import color


def picture(seed: int, size=(48, 32)) -> Image.Image:
    generator = torch.Generator().manual_seed(seed)
    return images.to_image(torch.rand(3, size[1], size[0], generator=generator))


def test_match_color_matches_mean_and_covariance():
    grey = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.3 + 0.3
    palette = grey.flip(0) * torch.tensor([0.5, 1.0, 1.2]).view(3, 1, 1)
    own, wanted = images.to_image(grey), images.to_image(palette)
    moved, goal = (
        images.to_tensor(image)[0].flatten(1) for image in (color.match_color(own, wanted), wanted)
    )
    assert torch.allclose(moved.mean(1), goal.mean(1), atol=5e-3)
    assert torch.allclose(torch.cov(moved), torch.cov(goal), atol=5e-4)


def test_match_color_leaves_a_picture_of_its_own_colours_alone():
    own = picture(1)
    moved = color.match_color(own, own)
    assert (images.to_tensor(moved) - images.to_tensor(own)).abs().max() <= 1 / 255 + 1e-6


def test_match_color_towards_two_palettes_lies_between():
    dark, light = (Image.new("RGB", (8, 8), (v, v, v)) for v in (60, 180))
    moved = color.match_color(picture(1), dark, light, shares=(0.75, 0.25))
    assert abs(np.asarray(moved).mean() - 90) < 3


def test_matched_histograms_have_the_palettes_levels():
    own, palette = picture(1), picture(2).point(lambda v: v // 4 + 100)
    moved = np.asarray(color.match_histogram(own, palette))
    wanted = np.asarray(palette)
    for channel in range(3):
        got, goal = (np.sort(x[..., channel].ravel()).astype(int) for x in (moved, wanted))
        assert abs(got - goal).mean() < 1.5


def test_a_grey_palette_makes_grey():
    grey = picture(3).convert("L").convert("RGB")
    moved = np.asarray(color.match_histogram(picture(1), grey)).astype(int)
    assert (moved.max(2) - moved.min(2)).mean() < 12


def test_matching_a_flat_picture_is_flat():
    flat = Image.new("RGB", (32, 32), (90, 120, 30))
    moved = color.match_histogram(picture(1), flat)
    assert moved.getcolors() == [(48 * 32, (90, 120, 30))]
