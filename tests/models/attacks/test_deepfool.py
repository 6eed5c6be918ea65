"""DeepFool on linear networks, where its first step is exact."""

import pytest
import torch

from models.attacks.attack import attack
from models.attacks.settings import AttackSettings
from tests.models.attacks.toys import levels, pixel, result


def affine(*rows):
    """Logits w . x - b in levels, one row (w0, w1, w2, b) a class."""
    weight = torch.tensor(rows, dtype=torch.float32)

    def network(pictures):
        return pictures.flatten(1) * 255 @ weight[:, :3].T - weight[:, 3]

    return network


# Class 1 ahead by 49.5, with gradient (3, 4, 0): the boundary is 9.9 levels away.
AHEAD = affine((0, 0, 0, 0), (3, 4, 0, 850.5))


def test_goes_straight_over_the_boundary():
    # (9.9 + 0.0001 * 255) * 1.02 = 10.124 along (-0.6, -0.8, 0); left where it falls, not rounded.
    clean = pixel(100.5, 150.5, 50.5)
    network = affine((0, 0, 0, 0), (3, 4, 0, 854.0))
    step = result(network, clean, AttackSettings("deepfool", norm="l2"))
    assert levels(step.adversarial) == pytest.approx([94.426, 142.401, 50.5], abs=2e-3)
    assert (step.step, step.steps) == (1, 1)
    # 49.5 / 7 levels of each value, and as little beyond: 7.239.
    step = result(network, clean, AttackSettings("deepfool", norm="linf"))
    assert levels(step.adversarial) == pytest.approx([93.261, 143.261, 50.5], abs=2e-3)
    far = result(network, clean, AttackSettings("deepfool", norm="linf", overshoot=0.5))
    assert levels(far.adversarial)[0] == pytest.approx(100.5 - 7.0969 * 1.5, abs=2e-3)


def test_whole_levels_that_fool_come_of_whole_levels():
    # (-6.07, -8.1) rounds to (-6, -8), 10 long; by 7.24 each rounds to 7, which is too little.
    clean = pixel(100, 150, 50)
    step = result(AHEAD, clean, AttackSettings("deepfool", norm="l2"))
    assert levels(step.adversarial) == [94, 142, 50]
    step = result(AHEAD, clean, AttackSettings("deepfool", norm="linf"))
    assert levels(step.adversarial) == [92, 142, 50]


def test_the_nearest_boundary_is_not_that_of_the_runner_up():
    # Class 0 is 41 behind with gradient 4: 10.25 levels. Class 2 only 20, with gradient 1: 20.
    network = affine((4, 0, 0, 441), (0, 0, 0, 0), (0, 1, 0, 170))
    step = result(network, pixel(100, 150, 50), AttackSettings("deepfool", norm="l2"))
    assert levels(step.adversarial) == [111, 150, 50]


def test_a_picture_that_is_misclassified_already_stays():
    clean = torch.cat([pixel(100, 150, 50), pixel(100, 150, 50)])
    steps = list(attack(AHEAD, clean, AttackSettings("deepfool"), labels=torch.tensor([0, 1])))
    assert torch.equal(steps[-1].adversarial[0], clean[0])
    assert levels(steps[-1].adversarial[1]) == [92, 142, 50]
    alone = list(attack(AHEAD, clean[:1], AttackSettings("deepfool"), labels=torch.tensor([0])))
    assert [(step.step, step.steps) for step in alone] == [(0, 20), (1, 1)]
    assert torch.equal(alone[-1].adversarial, clean[:1])


def test_ends_after_the_steps_it_has():
    # The gradient shrinks on the way, so that every step falls short.
    def network(pictures):
        x = pictures[:, 0, 0, 0]
        return torch.stack([0 * x, (x * 10).exp() - 1.5], 1)

    clean = pixel(200, 0, 0)
    steps = list(attack(network, clean, AttackSettings("deepfool", norm="l2", steps=3)))
    assert [(step.step, step.steps) for step in steps] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert network(steps[-1].adversarial).argmax() == 1
    enough = list(attack(network, clean, AttackSettings("deepfool", norm="l2", steps=50)))
    assert network(enough[-1].adversarial).argmax() == 0
    assert 3 < enough[-1].step == enough[-1].steps < 50
