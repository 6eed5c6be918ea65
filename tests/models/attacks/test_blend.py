"""Blends from a picture to its adversarial example, on a network worked out by hand."""

import math

import pytest
import torch

from models.attacks.blend import blend_levels, classify_blends
from tests.models.attacks.toys import GOLDFISH, TENCH, THREE, Linear, levels, pixel

# The logits of (r, g, b) are 10 r, 10 g and 10 (b - 2 r) over 255.
CLEAN, ADVERSARIAL = pixel(100, 150, 0), pixel(161, 100, 0)


def test_blends_are_whole_levels_between_the_two():
    # 115.25 and 137.5 (to even), 130.5 (to even) and 125, 145.75 and 112.5 (to even).
    found = blend_levels(CLEAN, ADVERSARIAL, count=4)
    assert found.view(5, 3).tolist() == [
        [100, 150, 0], [115, 138, 0], [130, 125, 0], [146, 112, 0], [161, 100, 0],
    ]  # fmt: skip


def test_each_blend_has_its_class_and_probability():
    found = classify_blends(Linear(THREE), CLEAN, ADVERSARIAL, count=4)
    assert [name for name, _ in found] == [GOLDFISH, GOLDFISH, TENCH, TENCH, TENCH]
    for (_, p), (r, g) in zip(found, [(100, 150), (115, 138), (130, 125)], strict=False):
        logits = [10 * r / 255, 10 * g / 255, -20 * r / 255]
        assert p == pytest.approx(math.exp(max(logits)) / sum(map(math.exp, logits)), rel=1e-5)


def test_sixteen_blends_whose_ends_are_the_pictures():
    found = blend_levels(CLEAN, ADVERSARIAL)
    assert len(found) == 17
    assert levels(found[[0, -1]] / 255) == [100, 150, 0, 161, 100, 0]


@pytest.mark.parametrize(
    ("pictures", "count"),
    [
        ((CLEAN, torch.zeros(1, 3, 2, 2)), 16),
        ((torch.cat([CLEAN, CLEAN]), torch.cat([CLEAN, CLEAN])), 16),
        ((CLEAN, ADVERSARIAL), 0),
    ],
)
def test_two_pictures_of_one_size_are_blended(pictures, count):
    with pytest.raises(ValueError, match="One picture each"):
        blend_levels(*pictures, count)
