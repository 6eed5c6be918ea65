"""Losses and weights that are NaN or infinite: back to the last good checkpoint."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from models.gan.training import trainer as trainer_module
from tests.models.gan.training.helpers import RING, WHOLE, all_finite, made, same


@dataclass(frozen=True)
class Spoiling:
    """The ring, until `after` draws are made; then every number is `value`."""

    after: int
    value: float
    drawn: list
    shape = (2,)

    def draw(self, count, generator):
        self.drawn.append(count)
        points = RING.draw(count, generator)
        return points if len(self.drawn) <= self.after else torch.full_like(points, self.value)


def grown(network, factor):
    """Weights as after very many steps that were far too long."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(factor)


@pytest.mark.parametrize(
    ("loss", "values", "factor"),
    [
        ("least_squares", {}, 1e8),  # d ~ 1e24, d^2 is no float any more
        ("non_saturating", {"r1": 1.0}, 1e8),  # |grad d|^2
        ("wasserstein", {}, 1e8),
        ("hinge", {}, 1e14),  # d itself
    ],
)
def test_a_rate_of_10_that_blows_up(loss, values, factor):
    trainer = made(loss=loss, lr_d=10, lr_g=10, **values)
    trainer.train(rounds=3)
    assert not trainer.diverged
    good = trainer.state()
    grown(trainer.D, factor)
    snapshot = trainer.advance(WHOLE, rounds=5)
    assert snapshot.diverged
    assert same(trainer.state(), good)
    assert all_finite(trainer)
    assert snapshot.samples.isfinite().all()
    assert (snapshot.rounds, snapshot.steps_d, snapshot.examples) == (3, 3, 24)
    # What led there is forgotten, but not the blow.
    assert (snapshot.loss_d, snapshot.loss_g, snapshot.grad_norm_d) == (None, None, None)
    trainer.configure(trainer.settings.replace(lr_d=1e-3, lr_g=1e-3))
    after = trainer.advance(WHOLE, rounds=5)
    assert not after.diverged
    assert after.rounds == 8
    assert all_finite(trainer)
    assert after.update_ratio_d > 0
    assert all(weight.requires_grad for weight in trainer.D.parameters())


def test_a_gradient_whose_square_is_not_finite():
    """Loss and gradient are numbers, but Adam keeps a mean of squares: it would stand still."""
    trainer = made(loss="least_squares")
    trainer.train(rounds=3)
    good = trainer.state()
    grown(trainer.D, 1e6)
    logits = trainer.logits(RING.draw(100, torch.Generator().manual_seed(0)))
    assert 1e12 < logits.abs().max() < 1e18  # squared, still far from 3e38
    trainer.train(rounds=1, phase="discriminator")
    assert trainer.diverged
    assert same(trainer.state(), good)


@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_a_rate_of_10_keeps_finite_weights(architecture):
    trainer = made(architecture, lr_d=10, lr_g=10, loss="least_squares")
    for _ in range(6):
        snapshot = trainer.advance(WHOLE, rounds=5)
        assert all_finite(trainer)
        assert snapshot.samples.isfinite().all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_data_that_are_no_numbers(value):
    trainer = made(data=Spoiling(0, value, []))
    before = trainer.state()
    snapshots = list(trainer.run(seconds=WHOLE, rounds=10))
    assert [snapshot.diverged for snapshot in snapshots] == [True]
    assert (snapshots[0].rounds, snapshots[0].loss_d) == (0, None)
    assert same(trainer.state(), before)


def test_the_last_good_state_is_the_last_slice_s_end():
    trainer = made(data=Spoiling(5, torch.nan, []), ema=0.9)
    for _ in range(2):
        trainer.train(rounds=2)
    good = trainer.state()
    assert trainer.train(rounds=2) == 1  # the fifth round was done, the sixth was not
    assert trainer.diverged
    assert trainer.rounds == 4
    assert same(trainer.state(), good)


def test_a_state_that_takes_long_to_keep_is_kept_seldom(monkeypatch):
    """Keeping takes 1 s on this clock: the next time is 10 s later at the earliest."""
    clock = SimpleNamespace(now=100.0)
    trainer = made()
    state = trainer.state

    def slow():
        clock.now += 1
        return state()

    monkeypatch.setattr(trainer_module, "CHEAP_CHECKPOINT", 0.005)
    monkeypatch.setattr(trainer_module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(trainer, "state", slow)
    kept = []
    for _ in range(15):
        before = trainer._last_good
        trainer.train(rounds=1)
        kept.append(trainer._last_good is not before)
        clock.now += 1.5
    # Kept at 100 s; then 102.5, 104, ..., and 110 or later again.
    assert [n for n, known in enumerate(kept) if known] == [0, 6, 12]
    good = trainer.rounds - 2
    grown(trainer.D, torch.inf)
    trainer.train(rounds=1)
    assert (trainer.diverged, trainer.rounds) == (True, good)


def test_the_generator_s_loss_may_break_first():
    trainer = made("dense")
    trainer.train(rounds=2)
    good = trainer.state()
    with torch.no_grad():
        trainer.G.layers[0].weight.fill_(torch.nan)
    snapshot = trainer.advance(WHOLE, rounds=1, phase="generator")
    assert snapshot.diverged
    assert same(trainer.state(), good)
    assert all(weight.requires_grad for weight in trainer.D.parameters())
    assert trainer.advance(WHOLE, rounds=1).diverged is False


def test_statistics_that_are_no_numbers_are_not_kept():
    trainer = made("dense")
    trainer.train(rounds=1)
    good = trainer.state()
    trainer.G.layers[1].running_var.fill_(torch.inf)
    trainer.train(rounds=1)
    assert trainer.diverged
    assert same(trainer.state(), good)
