"""Interrupted, sliced, measured or resumed: a run goes on as if nothing had happened."""

import copy

import pytest
import torch

from models.gan.training import metrics
from tests.models.gan.training.helpers import WHOLE, made, same, weights

COURSES = [
    ("mlp", {"r1": 0.1}),
    ("mlp", {"spectral": True, "ema": 0.9, "beta1": 0.5}),
    ("mlp", {"loss": "wasserstein", "d_steps": 3}),
    ("mlp", {"skip_below": 1.38, "g_steps": 2}),
    ("dense", {"ema": 0.9, "r1": 0.5}),
    ("dense", {}),
    ("dcgan", {}),
    ("dcgan", {"augment": True, "ema": 0.99, "beta1": 0.5}),
    ("dcgan", {"augment": True, "ema": 0.99, "r1": 1.0, "spectral": True}),
    ("dcgan", {"loss": "wasserstein", "augment": True, "ema": 0.5}),
]


@pytest.mark.parametrize(("architecture", "values"), COURSES)
def test_stopped_and_resumed_is_uninterrupted(architecture, values):
    whole, first, second = (made(architecture, **values) for _ in range(3))
    whole.train(rounds=7)
    first.train(rounds=3)
    second.load(first.state())
    assert same(second.state(), first.state())
    second.train(rounds=4)
    assert same(second.state(), whole.state())
    assert torch.equal(second.snapshot().samples, whole.snapshot().samples)
    assert (second.rounds, first.rounds) == (7, 3)


@pytest.mark.parametrize(("architecture", "values"), COURSES)
def test_slices_and_looks_make_no_difference(architecture, values):
    whole, sliced, other = (made(architecture, **values) for _ in range(3))
    whole.train(rounds=8)
    examples = sliced.data.draw(4, torch.Generator().manual_seed(0))
    before = torch.get_rng_state()
    for index in range(4):
        torch.manual_seed(index)
        sliced.train(seconds=0)  # one round at least
        metrics.measure(sliced)
        sliced.sample(torch.randn(4, 3))
        sliced.logits(examples)
        if architecture == "mlp":
            sliced.descent_directions(examples)
        other.train(rounds=1)
        sliced.advance(WHOLE, rounds=1)
        torch.randn(5)
        sliced.snapshot()
    torch.set_rng_state(before)
    assert sliced.rounds == 8
    assert same(sliced.state(), whole.state())


def test_single_steps_are_rounds():
    whole, stepped = made("dcgan", augment=True), made("dcgan", augment=True)
    whole.train(rounds=3)
    for _ in range(3):
        stepped.train(rounds=1, phase="discriminator")
        stepped.train(rounds=1, phase="generator")
    assert same(stepped.G.state_dict(), whole.G.state_dict())
    assert same(stepped.D.state_dict(), whole.D.state_dict())
    assert (stepped.rounds, stepped.steps_d, stepped.steps_g) == (0, 3, 3)


@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_the_global_generator_plays_no_part(architecture):
    runs = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        trainer = made(architecture, augment=True, spectral=True, seed=5)
        trainer.train(rounds=2)
        assert torch.equal(torch.get_rng_state(), before)
        runs.append(trainer.state())
    assert same(*runs)
    other = made(architecture, augment=True, spectral=True, seed=6)
    assert not torch.equal(weights(other.G), weights(made(architecture, seed=5).G))


@pytest.mark.parametrize("ema", [0, 0.9])
def test_looking_leaves_modes_and_statistics(ema):
    trainer = made("dcgan", ema=ema)
    trainer.train(rounds=2)
    before = trainer.state()
    networks = trainer.G, trainer.D, trainer.ema.module
    modes = [m.training for network in networks for m in network.modules()]
    trainer.sample(torch.zeros(3, 3))
    trainer.logits(torch.zeros(3, 1, 16, 16))
    metrics.measure(trainer)
    trainer.snapshot()
    assert same(trainer.state(), before)
    assert modes == [m.training for network in networks for m in network.modules()]


def test_states_are_copies():
    trainer = made("dcgan", ema=0.9)
    trainer.train(rounds=2)
    kept = trainer.state()
    frozen = copy.deepcopy(kept)
    trainer.train(rounds=2)
    assert same(kept, frozen)
    ahead = trainer.state()
    for _ in range(2):
        trainer.load(kept)
        trainer.train(rounds=2)
        assert same(trainer.state(), ahead)
        assert same(kept, frozen)


def test_loading_keeps_the_knobs_as_they_are_turned():
    trainer = made()
    trainer.train(rounds=2)
    state = trainer.state()
    trainer.configure(trainer.settings.replace(lr_d=0, lr_g=0))
    trainer.load(state)
    trainer.train(rounds=2)
    assert same(trainer.G.state_dict(), state["G"])
    assert same(trainer.D.state_dict(), state["D"])
