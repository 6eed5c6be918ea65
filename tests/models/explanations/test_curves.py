"""Deletion and insertion, worked out by hand."""

import math

import pytest
import torch

from models.explanations import curves
from models.explanations.settings import ExplanationSettings
from tests.models.explanations.toys import Toy, against_nothing, red

BLACK = ExplanationSettings(baseline="black")
# Only the upper left pixel counts: p = 3/4 where it is red, 1/2 where it is black.
CORNER = Toy(lambda x: against_nothing(math.log(3) * x[:, 0, 0, 0]))
PICTURE = red([1.0, 0, 0, 0], *[[0.0] * 4] * 3)


def measured(found):
    *_, last = curves.steps(CORNER, PICTURE, found, 0, BLACK)
    assert last.step == last.steps == 34
    for points in (last.deletion, last.insertion):
        assert [share for share, _ in points] == [k / 16 for k in range(17)]
    deletion, insertion = ([p for _, p in points] for points in (last.deletion, last.insertion))
    return last, deletion, insertion


def test_the_pixel_that_decides_named_first():
    last, deletion, insertion = measured(PICTURE[0, 0])
    assert deletion == pytest.approx([0.75] + [0.5] * 16)
    assert curves.area(last.deletion) == pytest.approx((0.625 + 15 * 0.5) / 16)
    assert 0.5 < insertion[0] < 0.7
    assert insertion[1:] == pytest.approx([0.75] * 16)


def test_the_pixel_that_decides_named_last():
    last, deletion, insertion = measured(-PICTURE[0, 0])
    assert deletion == pytest.approx([0.75] * 16 + [0.5])
    assert curves.area(last.deletion) == pytest.approx((15 * 0.75 + 0.625) / 16)
    assert insertion[15] == pytest.approx(insertion[0])
    assert insertion[16] == pytest.approx(0.75)


def test_ranks_of_a_coarse_map_and_of_equal_values():
    coarse = torch.tensor([[1.0, 2.0]])
    found = curves.ranks(coarse, torch.zeros(1, 3, 1, 4))
    assert found.flatten().tolist() == [3, 2, 1, 0]
    equal = curves.ranks(torch.zeros(2, 2), torch.zeros(1, 3, 2, 2))
    assert equal.flatten().tolist() == [0, 1, 2, 3]


def test_a_plain_picture_stays_as_it_is_when_blurred():
    plain = torch.full((1, 3, 7, 9), 0.25)
    torch.testing.assert_close(curves.blurred(plain), plain)


def test_a_dot_is_blurred_to_a_gaussian():
    picture = torch.zeros(1, 3, 21, 21)
    picture[..., 10, 10] = 1
    found = curves.blurred(picture)[0, 0]
    assert found.sum() == pytest.approx(1)
    assert found[10, 15] / found[10, 10] == pytest.approx(math.exp(-0.5))
    assert found[10, 16] == 0


def test_the_area_under_a_straight_line():
    assert curves.area([(0, 1.0), (0.5, 0.5), (1, 0.0)]) == 0.5
