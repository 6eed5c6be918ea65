"""Every method on toy networks, against what is worked out by hand."""

import math

import pytest
import torch

from models.explanations import activation_map, integrated_gradients, occlusion, smoothgrad
from models.explanations.settings import ExplanationSettings
from tests.models.explanations.toys import (
    Smooth,
    Toy,
    against_nothing,
    last_map,
    noise_picture,
    red,
    red_squared,
    red_sum,
)

BLACK = ExplanationSettings(baseline="black")


def same(found, expected):
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-6)


def test_with_a_pooled_linear_head_the_activation_map_is_the_weighed_sum_of_the_maps():
    weights = torch.tensor([[1.0, -2.0, 0.0], [0.0, 1.0, 0.0]])
    network = Toy(lambda maps: maps.mean((2, 3)) @ weights.T + 7)
    picture = torch.tensor([[[[1.0, 0.5]], [[0.25, 1.0]], [[1.0, 1.0]]]])
    same(last_map(activation_map.steps(network, picture, 0, BLACK)), [[0.5, -1.5]])
    same(last_map(activation_map.steps(network, picture, 1, BLACK)), [[0.25, 1.0]])


def test_with_another_head_the_activation_map_weighs_by_the_gradient():
    # z = mean^2, so dz/dA = 2 mean / 2 at both places; their sum is 2 mean = 1.5
    network = Toy(lambda maps: against_nothing(maps[:, 0].mean((1, 2)) ** 2))
    same(last_map(activation_map.steps(network, red([1.0, 0.5]), 0, BLACK)), [[1.5, 0.75]])


def test_integrated_gradients_of_a_linear_network_are_its_terms():
    same(
        last_map(integrated_gradients.steps(Toy(red_sum), red([1.0, 0.25]), 0, BLACK)), [[1, 0.25]]
    )
    grey = ExplanationSettings()
    found = last_map(integrated_gradients.steps(Toy(red_sum), red([1.0, 0.25]), 0, grey))
    same(found, [[0.5, -0.25]])


@pytest.mark.parametrize("steps", [1, 5, 32])
def test_integrated_gradients_are_complete(steps):
    """Their sum is z(x) - z(b): for a square the midpoint rule is exact."""
    settings = ExplanationSettings(path_steps=steps)
    found = last_map(integrated_gradients.steps(Toy(red_squared), red([1.0, 0.0]), 0, settings))
    same(found, [[0.75, -0.25]])


def test_occlusion_is_the_mean_fall_over_the_windows_that_cover_a_pixel():
    rows = [[1.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    settings = ExplanationSettings(baseline="black", window=0.5)
    found = last_map(occlusion.steps(Toy(red_sum), red(*rows), 0, settings))
    same(found, [[1, 0.5, 0, 0], [0.5, 0.25, 0, 0], [0.0, 0, 0, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize(
    ("length", "side", "expected"),
    [(4, 2, [0, 1, 2]), (5, 5, [0]), (7, 4, [0, 2, 3]), (3, 1, [0, 1, 2])],
)
def test_the_last_window_ends_at_the_edge(length, side, expected):
    assert occlusion.starts(length, side) == expected


def test_smoothgrad_of_a_linear_network_is_its_weights_whatever_the_noise():
    network = Toy(lambda x: against_nothing((x[:, 0] - 3 * x[:, 1]).sum((1, 2))))
    for noise in (0.0, 0.5):
        settings = ExplanationSettings(samples=3, noise=noise)
        same(last_map(smoothgrad.steps(network, red([1.0, 0.5]), 0, settings)), [[3.0, 3.0]])


def test_smoothgrad_without_noise_is_the_gradients_magnitude():
    settings = ExplanationSettings(samples=2, noise=0)
    same(last_map(smoothgrad.steps(Toy(red_squared), red([1.0, 0.25]), 0, settings)), [[2, 0.5]])


@pytest.mark.parametrize(
    ("method", "passes"),
    [
        (activation_map, [1]),
        (integrated_gradients, [4, 8, 10]),
        (smoothgrad, [4, 8, 9]),
        (occlusion, [4, 8, 9]),
    ],
)
def test_a_step_is_a_batch_and_gives_the_map_so_far(method, passes, monkeypatch):
    monkeypatch.setattr("models.device.PIXELS_AT_ONCE", 4 * 12 * 12)
    settings = ExplanationSettings(path_steps=10, samples=9, window=0.5)
    steps = [*method.steps(Smooth(), noise_picture(), 2, settings)]
    assert [step.step for step in steps] == passes
    assert {step.steps for step in steps} == {passes[-1]}
    assert all(step.map.isfinite().all() for step in steps)


def test_a_photo_with_nothing_in_it_is_covered_without_effect():
    plain = torch.full((1, 3, 12, 12), 0.5)
    for method in (integrated_gradients, occlusion):
        found = last_map(method.steps(Smooth(), plain, 0, ExplanationSettings()))
        assert found.abs().max() < 1e-5


def test_noise_is_fixed_by_the_seed():
    def found(seed):
        settings = ExplanationSettings(samples=2, seed=seed)
        return last_map(smoothgrad.steps(Smooth(), noise_picture(), 1, settings))

    assert found(3).equal(found(3))
    assert not math.isclose(found(3).sum(), found(4).sum(), rel_tol=1e-6)
