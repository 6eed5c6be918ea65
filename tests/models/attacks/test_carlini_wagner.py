"""Carlini and Wagner on linear networks, where the shortest change is known."""

import pytest
import torch

from models.attacks.attack import attack
from models.attacks.quantization import to_8bit
from models.attacks.settings import AttackSettings
from tests.models.attacks.toys import GOLDFISH, SHARK, pixel, result


def network(pictures):
    """Class 0 ahead by 12 levels along (0.6, 0.8, 0); class 2 is 25 levels away along z."""
    x = pictures.flatten(1) * 255
    along = x @ torch.tensor([0.6, 0.8, 0.0])
    return torch.stack([0 * along, 168 - along, x[:, 2] - 75.5], 1) * 3


CLEAN = pixel(100.5, 150.5, 50.5)  # 0.6 * 100.5 + 0.8 * 150.5 = 180.7; not whole
SETTINGS = {
    "method": "carlini_wagner",
    "steps": 60,
    "step_size": 1,
    "searches": 4,
    "constant": 0.001,
}


def test_finds_the_shortest_change():
    last = result(network, CLEAN, AttackSettings(**SETTINGS))
    assert network(last.adversarial).argmax() == 1
    change = (last.adversarial - CLEAN) * 255
    assert 12.7 <= change.norm() < 12.7 * 1.05
    direction = change.flatten() / change.norm()
    assert direction.tolist() == pytest.approx([-0.6, -0.8, 0], abs=0.1)


def test_finds_the_shortest_change_to_a_target():
    last = result(network, CLEAN, AttackSettings(**SETTINGS, target=SHARK))
    assert network(last.adversarial).argmax() == 2
    change = (last.adversarial - CLEAN) * 255
    assert 25 <= change.norm() < 25 * 1.05
    assert last.target[0] > 1 / 3


def test_a_lead_of_kappa_is_kept():
    last = result(network, CLEAN, AttackSettings(**SETTINGS, kappa=15))
    scores = network(last.adversarial)[0]
    assert scores[1] - scores[0] >= 15
    # 15 are 5 levels.
    assert ((last.adversarial - CLEAN) * 255).norm() < 17.7 * 1.05


def test_whole_levels_fool_too():
    clean = pixel(100, 150, 50)
    last = result(network, clean, AttackSettings(**SETTINGS))
    assert torch.equal(last.adversarial, to_8bit(last.adversarial))
    assert network(last.adversarial).argmax() == 1
    assert ((last.adversarial - clean) * 255).norm() < 15


def test_streams_every_step_of_every_search():
    settings = AttackSettings("carlini_wagner", steps=3, searches=2, target=GOLDFISH)
    steps = list(attack(network, CLEAN, settings))
    assert [step.step for step in steps] == list(range(7))
    assert {step.steps for step in steps} == {6}
    # Each search starts at the clean picture.
    for number in (1, 4):
        torch.testing.assert_close(steps[number].adversarial, CLEAN, atol=1e-5, rtol=0)


def test_black_and_white_have_a_way_out():
    clean = pixel(0, 255, 0)

    def picky(pictures):
        x = pictures.flatten(1) * 255
        return torch.stack([0 * x[:, 0], x[:, 0] - x[:, 1] + 200], 1)

    last = result(picky, clean, AttackSettings(**SETTINGS | {"step_size": 64}))
    assert picky(last.adversarial).argmax() == 1
    assert torch.isfinite(last.adversarial).all()
