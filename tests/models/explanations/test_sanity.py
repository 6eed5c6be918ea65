"""The check with random weights, and the rank correlation."""

import pytest
import torch
from torch import nn

from models import images
from models.explanations import sanity
from models.explanations.settings import METHODS, ExplanationSettings


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 2, 3], [10, 20, 400], 1),
        ([1, 2, 3], [3, 2, 1], -1),
        ([1, 1, 2], [1, 2, 3], 0.75**0.5),
        ([1, 2, 3], [5, 5, 5], 0),
    ],
)
def test_rank_correlation(one, other, expected):
    maps = (torch.tensor([values], dtype=torch.float32) for values in (one, other))
    assert sanity.rank_correlation(*maps) == pytest.approx(expected)


def test_maps_of_two_sizes_are_compared_at_the_larger():
    coarse, fine = torch.tensor([[1.0, 2.0]]), torch.arange(8.0).view(1, 8)
    found = sanity.rank_correlation(coarse, fine)
    assert found == sanity.rank_correlation(fine, coarse)
    assert 0.9 < found < 1


def test_weights_keep_their_mean_and_deviation_and_nothing_else():
    layer = nn.Conv2d(8, 64, 3)
    before = {name: value.detach().clone() for name, value in layer.named_parameters()}
    sanity.draw_weights(layer, seed=5)
    for name, now in layer.named_parameters():
        assert not torch.isclose(now, before[name]).all()
    std, mean = layer.weight.std().item(), layer.weight.mean().item()
    assert std == pytest.approx(before["weight"].std().item(), rel=0.05)
    assert mean == pytest.approx(before["weight"].mean().item(), abs=0.003)
    again = nn.Conv2d(8, 64, 3)
    again.load_state_dict(before)
    sanity.draw_weights(again, seed=5)
    assert again.weight.equal(layer.weight)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "pets_lite0"])
def test_the_trained_network_is_left_as_it_is(store, name):
    network = store.get(name)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        before = network(picture)
        copy = sanity.with_random_weights(network)
        assert network(picture).equal(before)
        found = copy(picture)
    assert found.shape == before.shape
    assert found.isfinite().all()
    assert not torch.allclose(found, before, atol=0.1)
    trained = {each.data_ptr() for each in store.get("efficientnet_lite0").parameters()}
    assert not trained & {each.data_ptr() for each in copy.parameters()}


def test_random_weights_explain_something_else(lite0, photo):
    picture = images.classifier_input(photo("chelsea"), 224)
    settings = ExplanationSettings(path_steps=4, samples=4, window=0.5)
    steps = [*sanity.check(lite0, picture, 282, settings)]
    shares = [step.step for step in steps]
    assert shares == sorted(shares)
    assert (steps[-1].step, steps[-1].steps) == (4, 4)
    assert list(steps[-1].found) == list(METHODS)
    for pair in steps[-1].found.values():
        assert pair.random.isfinite().all()
        assert pair.correlation == sanity.rank_correlation(pair.trained, pair.random)
        assert abs(pair.correlation) < 0.9
