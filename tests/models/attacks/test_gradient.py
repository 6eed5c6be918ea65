"""FGSM, PGD and MI-FGSM, step by step."""

import pytest
import torch
from torch import nn

from models.attacks.attack import attack
from models.attacks.quantization import to_8bit
from models.attacks.settings import AttackSettings
from tests.models.attacks.toys import (
    GOLDFISH,
    SHARK,
    THREE,
    Linear,
    grid_pictures,
    levels,
    pixel,
    random_network,
    result,
)


def test_fgsm_moves_away_from_the_label_by_epsilon():
    # grad of -log p1 = p0 w0 + p1 w1 + p2 w2 - w1: signs (p0 - 2 p2 > 0, p1 - 1 < 0, p2 > 0).
    step = result(Linear(THREE), pixel(100, 150, 0), AttackSettings("fgsm", epsilon=7))
    assert levels(step.adversarial) == [107, 143, 7]
    assert (step.step, step.steps) == (1, 1)


def test_fgsm_moves_towards_the_target():
    # grad of log p2 = w2 - (p0 w0 + p1 w1 + p2 w2), negative, negative and positive:
    # (-2 - p0 + 2 p2, -p1, 1 - p2).
    step = result(
        Linear(THREE), pixel(100, 150, 0), AttackSettings("fgsm", target=SHARK, epsilon=7)
    )
    assert levels(step.adversarial) == [93, 143, 7]


def test_pgd_projects_onto_the_ball_and_the_unit_range():
    settings = AttackSettings(epsilon=5, steps=3, step_size=3, target=SHARK, random_start=False)
    path = [levels(s.adversarial) for s in attack(Linear(THREE), pixel(3, 255, 254), settings)]
    assert path == [[3, 255, 254], [0, 252, 255], [0, 250, 255], [0, 250, 255]]


def test_labels_may_be_given():
    # Away from class 0, although the network says 1: -grad log p0 = (p0 - 1 - 2 p2, p1, p2).
    label = torch.tensor([0])
    step = result(
        Linear(THREE), pixel(100, 150, 0), AttackSettings("fgsm", epsilon=7), labels=label
    )
    assert levels(step.adversarial) == [93, 157, 7]


def test_ends_at_an_iterate_that_fooled_if_the_last_does_not():
    # Class 1 within a window: logits (0, 1 - |x0 - 104| in levels), so step 4 of 6 is in, 6 is out.
    class Window(nn.Module):
        def forward(self, pictures):
            x0 = pictures[:, 0, 0, 0] * 255
            # A push to the right that the argmax does not see.
            push = x0 - x0.detach()
            inside = 1.5 - (x0.detach() - 104).abs()
            return torch.stack([torch.zeros_like(x0), inside + push], 1)

    settings = AttackSettings(target=GOLDFISH, epsilon=6, steps=6, random_start=False)
    steps = list(attack(Window(), pixel(100, 0, 0), settings))
    assert [levels(s.adversarial)[0] for s in steps] == [100, 101, 102, 103, 104, 105, 105]
    assert steps[-1].step == steps[-1].steps == 6
    assert steps[-1].target == steps[-2].target


def test_repairs_what_rounding_undoes():
    # Over x0 = 102.3 is class 1. Two steps of 1.2 reach 102.4, which rounds to 102.
    network = Linear([[0, 0, 0], [1, 0, 0]], sharpness=1000)
    network.forward = lambda x, w=network: (
        x.flatten(1) @ w.weight.T - x.new_tensor([0, 1000 * 102.3 / 255])
    )
    settings = AttackSettings(epsilon=4, steps=2, step_size=1.2, random_start=False)
    steps = list(attack(network, pixel(100, 0, 0), settings))
    assert [levels(s.adversarial)[0] for s in steps] == [100, 101.2, 103]
    assert (steps[-1].step, steps[-1].steps) == (2, 2)
    assert network(steps[-1].adversarial).argmax() == 1


def test_seeds_matter_and_the_global_generator_does_not():
    network, clean = random_network(), grid_pictures()
    torch.manual_seed(0)
    state = torch.get_rng_state()
    a, b = (
        result(network, clean, AttackSettings(seed=seed, steps=1)).adversarial for seed in (0, 1)
    )
    assert not torch.equal(a, b)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("settings", "forwards"),
    [
        (AttackSettings("fgsm"), 2),
        (AttackSettings(steps=5, random_start=False), 6),
        (AttackSettings(steps=5), 7),
        (AttackSettings(steps=5, step_size=0.3, random_start=False), 7),
    ],
)
def test_makes_no_needless_forward_pass(settings, forwards):
    calls = []

    def flat(pictures):  # undecided, and never fooled: no repairs
        calls.append(1)
        return torch.stack([pictures.sum((1, 2, 3)) * 0 + 1, pictures.sum((1, 2, 3)) * 0], 1)

    result(flat, grid_pictures(), settings)
    assert len(calls) == forwards


def test_pictures_that_are_not_8_bit_are_not_rounded():
    clean = torch.full((1, 3, 6, 6), 0.4567)
    last = result(random_network(), clean, AttackSettings(epsilon=2, steps=3)).adversarial
    assert ((last - clean).abs() * 255).max() <= 2 + 1e-4
    assert not torch.equal(last, to_8bit(last))


# The score of class 1 falls along (3, 4, 0), so the unit vector away from it is (-0.6, -0.8, 0).
SLOPE = [[0, 0, 0], [3, 4, 0]]


def test_l2_steps_have_the_length_they_are_told():
    # Not 8-bit, so not rounded; 0.2 is 51 levels.
    step = result(
        Linear(SLOPE, 1), pixel(100.5, 150.5, 0.5), AttackSettings("fgsm", norm="l2", epsilon=0.2)
    )
    assert levels(step.adversarial) == [69.9, 109.7, 0.5]
    # 38.25 levels, and from there pulled back to 51.
    settings = AttackSettings(norm="l2", epsilon=0.2, steps=2, step_size=0.15, random_start=False)
    path = [
        levels(s.adversarial) for s in attack(Linear(SLOPE, 1), pixel(100.5, 150.5, 0.5), settings)
    ]
    assert path == [[100.5, 150.5, 0.5], [77.55, 119.9, 0.5], [69.9, 109.7, 0.5]]


def test_an_l2_change_in_whole_levels_stays_in_its_ball():
    # (-30.6, -40.8) rounds to (-31, -41), 51.4 long; (-30, -41) is 50.8.
    step = result(
        Linear(SLOPE, 1), pixel(100, 150, 0), AttackSettings("fgsm", norm="l2", epsilon=0.2)
    )
    assert levels(step.adversarial) == [70, 109, 0]


class Turning(nn.Module):
    """Log-odds of class 0 with one gradient after the other."""

    def __init__(self, *gradients):
        super().__init__()
        self.gradients = [torch.tensor(gradient).view(1, 3, 1, 1) for gradient in gradients]
        self.count = 0

    def forward(self, pictures):
        gradient = self.gradients[min(self.count, len(self.gradients) - 1)]
        self.count += 1
        score = (pictures * gradient).sum((1, 2, 3))
        return torch.stack([score, 0 * score], 1)


@pytest.mark.parametrize(("momentum", "first"), [(1, 94), (0.1, 100), (0, 100)])
def test_momentum_outweighs_a_gradient_that_turns(momentum, first):
    # -g / |g|_1 is (-0.25, -0.75, 0), then (0.2, -0.8, 0): together (-0.05, -1.55, 0).
    network = Turning([1.0, 3.0, 0.0], [-1.0, 4.0, 0.0])
    settings = AttackSettings("mi_fgsm", epsilon=10, steps=2, step_size=3, momentum=momentum)
    steps = list(attack(network, pixel(100, 150, 50), settings, labels=torch.tensor([0])))
    assert [levels(s.adversarial) for s in steps] == [
        [100, 150, 50], [97, 147, 50], [first, 144, 50],
    ]  # fmt: skip


def lucky(pictures):
    """Class 1 from 104 on in the first value, and no gradient that would lead there."""
    x = pictures[:, 0, 0, 0] * 255
    score = (x.detach() - 103.5) * 20 + 0 * x
    return torch.stack([0 * score, score], 1)


def test_restarts_go_on_until_every_picture_fools():
    clean = torch.cat([pixel(100, 0, 0)] * 4)
    once = list(attack(lucky, clean, AttackSettings(steps=2)))
    assert [step.step for step in once] == [0, 1, 2]
    assert not (lucky(once[-1].adversarial).argmax(1) == 1).all()

    settings, steps = AttackSettings(steps=2, restarts=20), []
    for step in attack(lucky, clean, settings):
        # What was reached is not given up again.
        fooled = lucky(step.adversarial).argmax(1) == 1
        if steps and steps[-1].step % 2 == 0:
            assert not (lucky(steps[-1].adversarial).argmax(1).bool() & ~fooled).any()
        steps.append(step)
    assert fooled.all()
    made = steps[-1].step
    assert [step.step for step in steps] == list(range(made + 1))
    assert 4 < made < 40
    assert made % 2 == 0
    assert steps[-1].steps == made
    assert steps[-2].steps == 40
    assert all(p < 0.01 for p in steps[-1].true)


def test_restarts_need_random_starts():
    settings = AttackSettings(steps=2, restarts=5, random_start=False)
    steps = list(attack(lucky, pixel(100, 0, 0), settings))
    assert [(step.step, step.steps) for step in steps] == [(0, 2), (1, 2), (2, 2)]


def test_a_gradient_that_is_one_number_everywhere():
    def bright(pictures):
        return torch.cat(
            [pictures.sum((1, 2, 3))[:, None], pictures.new_zeros(len(pictures), 1)], 1
        )

    last = result(bright, torch.full((1, 3, 2, 2), 0.8), AttackSettings("fgsm", epsilon=51))
    assert levels(last.adversarial) == [153] * 12


def test_large_pictures_go_through_the_network_a_few_at_a_time(monkeypatch):
    network, clean, sizes = random_network(), grid_pictures(5), []

    def counted(pictures):
        sizes.append(len(pictures))
        return network(pictures)

    settings = AttackSettings(steps=2, seed=3)
    together = result(network, clean, settings)
    monkeypatch.setattr("models.device.PIXELS_AT_ONCE", 2 * 36)
    parted = result(counted, clean, settings)
    assert sizes == [2, 2, 1] * 4
    torch.testing.assert_close(parted.adversarial, together.adversarial)
    assert parted.true == pytest.approx(together.true, rel=1e-4)
