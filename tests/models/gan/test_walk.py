"""Walks through several pictures: each stretch is the walk between its two ends."""

import pytest
import torch

from models import store
from models.gan import walk
from models.gan.pretrained import BATCH


@pytest.fixture(scope="module")
def gan():
    return store.Store("cpu").get("dcgan_cats64")


def test_slerp_ends_are_exact(gan):
    a, b = gan.latents([0, 1])
    assert torch.equal(walk.slerp(a, b, 0.0), a)
    assert torch.equal(walk.slerp(a, b, 1.0), b)


def test_slerp_by_hand():
    half = walk.slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    assert torch.allclose(half, torch.full((2,), 0.5**0.5))
    a = torch.tensor([1.0, 0.0])
    third = walk.slerp(a, torch.tensor([0.0, 1.0]), 1 / 3)
    assert torch.allclose(third, torch.tensor([3**0.5 / 2, 0.5]))
    assert torch.equal(walk.slerp(a, a, 0.3), a)


def test_a_walk_is_its_stretches_joined(gan):
    whole = walk.latents(gan, [3, 8, 5], 5)
    first, second = walk.latents(gan, [3, 8], 5), walk.latents(gan, [8, 5], 5)
    assert torch.equal(whole, torch.cat([first, second[1:]]))
    assert torch.equal(whole[[0, 4, 8]], gan.latents([3, 8, 5]))


def test_a_closed_walk_ends_before_it_would_repeat_its_first_picture(gan):
    there = walk.latents(gan, [3, 8], 5)
    closed = walk.latents(gan, [3, 8], 5, closed=True)
    assert torch.equal(closed[:5], there)
    assert torch.allclose(closed[5:], there[1:-1].flip(0), atol=1e-5)
    assert len(walk.latents(gan, [1, 2, 3, 4], 6, closed=True)) == 20


def test_a_stop_may_come_twice(gan):
    still = walk.latents(gan, [3, 3], 4)
    assert torch.allclose(still, gan.latents([3] * 4))


@pytest.mark.parametrize("count", [1, 2, BATCH, BATCH + 1, 2 * BATCH + 1, 2 * BATCH + 2])
def test_pictures_made_in_turns_are_those_made_at_once(gan, count):
    codes = gan.style_codes(gan.latents(range(count)))
    parts = walk.turns(codes)
    assert torch.equal(torch.cat(parts), codes)
    assert torch.equal(torch.cat([gan.synthesize(part) for part in parts]), gan.synthesize(codes))
