"""Matches and distances worked out by hand, and beside the same written plainly."""

import math

import pytest
import torch
from torch.nn import functional as F

from models.style_transfer import neighbours
from models.style_transfer.losses import MomentsLoss, moments
from models.style_transfer.neighbours import (
    BALANCE,
    MOMENTS,
    NeighboursLoss,
    columns,
    matching_losses,
)


def maps(*places, width=None):
    """Activations (1, C, h, width) from one list of C values per place."""
    return torch.tensor(places).T.view(1, len(places[0]), -1, width or len(places))


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_distance_by_hand():
    """Angles of 0, 90 and 45 degrees: 1 - cos is 0, 1 and 1 - 1/sqrt(2)."""
    found = maps([5.0, 0.0], [1.0, 0.0], [4.0, 4.0])
    loss = NeighboursLoss(torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]]), moments([found]))
    assert loss(found).item() == pytest.approx(BALANCE * (2 - 1 / math.sqrt(2)) / 3)


def test_a_place_where_nothing_is_active_has_a_gentle_slope():
    """As a cosine's it would be infinite there. The mean length of the targets is 2."""
    found = maps([0.0, 0.0], [3.0, 0.0]).requires_grad_(True)
    loss = NeighboursLoss(torch.tensor([[1.0, 0.0], [3.0, 0.0]]), moments([found.detach()]))
    loss(found).backward()
    slope = BALANCE / 2 / (neighbours.SHORT * 2)
    assert found.grad[0, :, 0, 0].tolist() == pytest.approx([-slope, 0.0])


def test_half_of_the_moments_is_added():
    """Brighter is no farther by cosine, but by the moments."""
    x, style = random(1, 5, 3, 4, seed=1), moments([random(1, 5, 6, 6, seed=2)])
    loss = NeighboursLoss(random(12, 5), style)
    added = [MOMENTS * MomentsLoss(style)(maps) for maps in (x, 3 * x)]
    assert (loss(3 * x) - added[1]).item() == pytest.approx((loss(x) - added[0]).item(), rel=1e-4)


def test_the_nearest_by_hand():
    style = F.normalize(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), dim=1)
    own = F.normalize(torch.tensor([[3.0, 1.0], [-1.0, -2.0], [1.0, 2.0]]), dim=1)
    assert neighbours.nearest(own, style).tolist() == [0, 2, 1]


def test_the_nearest_in_parts(monkeypatch):
    own, style = F.normalize(random(50, 4), dim=1), F.normalize(random(30, 4, seed=1), dim=1)
    whole = neighbours.nearest(own, style)
    monkeypatch.setattr(neighbours, "CHUNK", 60)  # two rows at a time
    assert neighbours.nearest(own, style).equal(whole)
    assert whole.equal((own @ style.T).argmax(1))


def test_columns_by_hand():
    """Two layers, one of half the size: means 2 and 6 are taken off; every layer has the mean
    square 1, so that both count alike, and each place length 1."""
    fine = maps([0.0], [2.0], [2.0], [4.0], width=4)
    found = columns([fine, maps([4.0], [8.0])], (1, 2))
    # Averages over a place 1 and 3: -1 and 1. The second layer: -2 and 2, scaled to -1 and 1.
    half = math.sqrt(0.5)
    assert torch.allclose(found, torch.tensor([[-half, -half], [half, half]]))


def plain(start, styles, shares):
    """The targets of every layer, place by place; every layer has the size of the matched."""
    own = columns(start, start[0].shape[-2:])
    theirs = [columns(style, style[0].shape[-2:]) for style in styles]
    best = [[max((float(o @ t), -n) for n, t in enumerate(c)) for o in own] for c in theirs]
    taken = [0] * len(own)
    if len(styles) > 1:
        gains = [b[0] - a[0] for a, b in zip(*best, strict=True)]
        order = sorted(range(len(own)), key=lambda n: (-gains[n], n))
        for n in order[: round(shares[1] * len(own))]:
            taken[n] = 1
    return [
        torch.stack([
            styles[s][layer][0].flatten(1)[:, -best[s][n][1]] for n, s in enumerate(taken)
        ])
        for layer in range(len(start))
    ]  # fmt: skip


@pytest.mark.parametrize("shares", [[1.0], [1.0, 0.0], [0.6, 0.4], [0.0, 1.0]])
def test_matches_are_those_of_the_plain_way(shares):
    start = [random(1, 3, 4, 5, seed=1), random(1, 6, 4, 5, seed=2)]
    styles = [
        [random(1, 3, 6, 3, seed=10 + n), random(1, 6, 6, 3, seed=20 + n)]
        for n in range(len(shares))
    ]
    found = matching_losses(start, styles, shares)
    for loss, target in zip(found, plain(start, styles, shares), strict=True):
        assert torch.allclose(loss.target, F.normalize(target, dim=1))


def test_a_style_matched_with_itself_is_its_own_neighbour():
    layers = [random(1, 4, 8, 12), random(1, 6, 4, 6, seed=1), random(1, 8, 2, 3, seed=2)]
    for loss, own in zip(matching_losses(layers, [layers], [1.0]), layers, strict=True):
        assert 0 <= loss(own).item() < 1e-5


def test_a_match_takes_the_whole_patch_of_a_finer_layer(monkeypatch):
    """Two matched places, which change places; the finer layer has two columns in each."""
    monkeypatch.setattr(neighbours, "PLACES", 2)
    fine, coarse = maps([1.0], [2.0], [3.0], [4.0], width=4), maps([0.0, 1.0], [1.0, 0.0])
    style = [fine, coarse.flip(3)]
    places, within = neighbours._cells((1, 4), (1, 2))
    assert places.tolist() == [0, 0, 1, 1]
    taken = neighbours._taken(style[0], (1, 2), torch.tensor([1, 0])[places], within)
    assert taken.flatten().tolist() == [3.0, 4.0, 1.0, 2.0]


def test_the_matched_layer_is_the_finest_with_few_places(monkeypatch):
    monkeypatch.setattr(neighbours, "PLACES", 30)
    layers = [torch.zeros(1, 1, side, side) for side in (16, 8, 5, 4)]
    assert neighbours._matched(layers) == (5, 5)
    assert neighbours._matched(layers[:2]) == (8, 8)


def test_flat_pictures_give_numbers():
    flat = [torch.zeros(1, 3, 4, 4), torch.ones(1, 5, 2, 2)]
    for loss, layer in zip(matching_losses(flat, [flat], [1.0]), flat, strict=True):
        x = layer.clone().requires_grad_(True)
        loss(x).backward()
        assert x.grad.isfinite().all()
