"""Epsilon balls in grey levels, by hand and by their invariants."""

import pytest
import torch

from models.attacks.norms import L2Ball, LinfBall


def one(*values):
    return torch.tensor(values, dtype=torch.float32).view(1, 3, 1, 1)


def flat(x):
    return [round(value, 3) for value in x.flatten().tolist()]


def test_linf_by_hand():
    ball = LinfBall(one(3, 100, 254), 5)
    assert flat(ball.project(one(-9, 102, 300))) == [0, 102, 255]
    assert flat(ball.project(one(20, 80, 240))) == [8, 95, 249]
    assert flat(ball.direction(one(-0.1, 0, 7))) == [-1, 0, 1]
    assert ball.keeps_whole(2)
    assert not ball.keeps_whole(2.5)


def test_l2_by_hand():
    # 1/51 is 5 levels.
    ball = L2Ball(one(100, 100, 100), 1 / 51)
    assert flat(ball.project(one(106, 108, 100))) == [103, 104, 100]
    assert flat(ball.project(one(101, 102, 100))) == [101, 102, 100]
    assert flat(ball.direction(one(-3, 0, 4))) == [-0.6, 0, 0.8]
    assert flat(ball.direction(one(0, 0, 0))) == [0, 0, 0]
    # Cut after it is drawn back.
    assert flat(L2Ball(one(1, 100, 100), 1 / 51).project(one(-5, 108, 100))) == [0, 104, 100]


@pytest.mark.parametrize(
    ("change", "radius", "whole"),
    [
        # Rounded as it is, (2, 1, 0) is 2.24 long, the change 2.02.
        ((1.8, 0.8, 0.45), 9, (1, 1, 0)),
        # Below half a level everywhere: what counts most is kept.
        ((0.4, 0.3, 0.1), 0.5, (0, 0, 0)),
        ((1.2, 0.4, 0.3), 9, (1, 0, 0)),
        ((-3.4, 1.2, 0.6), 9, (-3, 1, 1)),
        ((0, 0, 0), 9, (0, 0, 0)),
    ],
)
def test_l2_in_whole_levels_by_hand(change, radius, whole):
    centre = one(100, 100, 100)
    found = L2Ball(centre, radius / 255).quantize(centre + one(*change))
    assert flat(found - centre) == list(whole)


def test_a_faint_change_becomes_a_sparse_one_of_its_length():
    generator = torch.Generator().manual_seed(0)
    centre = torch.randint(20, 235, (2, 3, 40, 40), generator=generator).float()
    change = torch.randn(centre.shape, generator=generator) * 0.15
    found = L2Ball(centre, 64).quantize(centre + change) - centre
    for q, c in zip(found, change, strict=True):
        assert torch.equal(q, q.round())
        assert 0.9 * c.norm() < q.norm() <= c.norm() * 1.0001
        # Rounding loses nearly all of it; this does not.
        assert (q * c).sum() > 0.35 * c.square().sum()
        assert (c.round() * c).sum() < 0.1 * c.square().sum()


@pytest.mark.parametrize("make", [LinfBall, L2Ball])
def test_random_starts_lie_in_the_ball(make):
    centre = torch.full((4, 3, 8, 8), 100.0)
    ball = make(centre, 3)
    for whole in (False, True):
        start = ball.random(7, whole)
        assert torch.equal(start, ball.random(7, whole))
        assert not torch.equal(start, ball.random(8, whole))
        assert torch.allclose(ball.project(start.clone()), start, atol=1e-3)
        if make is LinfBall:
            assert (start - centre).abs().max() <= 3
            assert torch.equal(start, start.round()) == whole
    edge = make(torch.tensor([0.0, 255.0, 128.0]).view(1, 3, 1, 1), 9)
    assert 0 <= edge.random(1, False).min() <= edge.random(1, False).max() <= 255


def test_l2_starts_are_spread_evenly():
    # In three dimensions a half of the radius holds an eighth of the ball.
    start = L2Ball(torch.full((4000, 3, 1, 1), 128.0), 0.2).random(0, False) - 128
    inner = (start.flatten(1).norm(dim=1) < 25.5).float().mean()
    assert inner == pytest.approx(1 / 8, abs=0.02)
