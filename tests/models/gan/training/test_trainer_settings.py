"""Settings that are changed while training goes on."""

import pytest
import torch

from models.gan.training.settings import LOSSES
from models.gan.training.trainer import Trainer
from tests.models.gan.training.helpers import WHOLE, made, same, weights

TURNS = [
    ("mlp", {"lr_d": 0.01}),
    ("mlp", {"lr_g": 0.01}),
    ("mlp", {"beta1": 0.9}),
    ("mlp", {"batch": 16}),
    ("mlp", {"r1": 5.0}),
    ("mlp", {"smoothing": 0.3}),
    ("mlp", {"d_steps": 2}),
    ("mlp", {"g_steps": 2}),
    ("mlp", {"skip_below": 100.0}),
    ("dense", {"augment": True}),
    ("dcgan", {"augment": True}),
    *(("mlp", {"loss": loss}) for loss in LOSSES[1:]),
]


@pytest.mark.parametrize(("architecture", "values"), TURNS)
def test_a_turned_knob_counts_from_the_next_step(architecture, values):
    still, turned = made(architecture), made(architecture)
    for trainer in (still, turned):
        trainer.train(rounds=3)
    before = turned.state()
    turned.configure(turned.settings.replace(**values))
    assert same(turned.state()["G"], before["G"])
    for trainer in (still, turned):
        trainer.train(rounds=1)
    assert not torch.equal(weights(still.G), weights(turned.G))
    # And it is the same as if a fresh run had been told so at that point.
    fresh = Trainer(turned.data, turned.settings)
    fresh.load(before)
    fresh.train(rounds=1)
    assert same(fresh.state(), turned.state())


def test_turned_back_is_as_if_never_turned():
    still, turned = made(), made()
    for trainer in (still, turned):
        trainer.train(rounds=2)
    turned.configure(turned.settings.replace(lr_d=1, lr_g=1, beta1=0.9, loss="hinge", batch=32))
    turned.configure(still.settings)
    for trainer in (still, turned):
        trainer.train(rounds=2)
    assert same(still.state(), turned.state())


def test_steps_are_as_long_as_the_rate_now():
    trainer = made()
    trainer.train(rounds=3)
    state, moved = trainer.state(), []
    for rate in (1e-3, 3e-3):
        trainer.load(state)
        trainer.configure(trainer.settings.replace(lr_d=rate))
        before, of_g = weights(trainer.D), weights(trainer.G)
        trainer.step_discriminator()
        moved.append(weights(trainer.D) - before)
        assert torch.equal(weights(trainer.G), of_g)
    torch.testing.assert_close(moved[1], 3 * moved[0], atol=1e-6, rtol=1e-3)


def test_the_batch_is_as_large_as_wanted_now():
    trainer = made(batch=8)
    trainer.train(rounds=2)
    trainer.configure(trainer.settings.replace(batch=32))
    trainer.train(rounds=1)
    assert trainer.examples == 2 * 8 + 32


@pytest.mark.parametrize(
    "values",
    [{"width": 8}, {"latent": 2}, {"seed": 1}, {"spectral": True}, {"architecture": "dense"}],
)
def test_what_needs_new_networks_is_refused(values):
    trainer = made()
    settings = trainer.settings
    with pytest.raises(ValueError, match="new networks"):
        trainer.configure(settings.replace(lr_d=1.0, **values))
    assert trainer.settings is settings
    assert trainer._adams["d"].param_groups[0]["lr"] == 1e-3


def test_steps_of_each():
    trainer = made(d_steps=3, g_steps=2, batch=4)
    snapshot = trainer.advance(WHOLE, rounds=4)
    assert (snapshot.rounds, snapshot.steps_d, snapshot.steps_g) == (4, 12, 8)
    assert (snapshot.examples, snapshot.skipped, snapshot.phase) == (48, 0, "both")
    assert trainer.train(rounds=3, phase="generator") == 3
    assert trainer.train(rounds=2, phase="discriminator") == 2
    assert (trainer.rounds, trainer.steps_d, trainer.steps_g) == (4, 14, 11)
    assert trainer.snapshot().phase == "discriminator"
    assert trainer.train(rounds=0) == 0


@pytest.mark.parametrize(
    ("architecture", "values"),
    [("mlp", {}), ("dense", {"r1": 1.0}), ("dcgan", {}), ("dcgan", {"augment": True})],
)
def test_a_skipped_step_leaves_d_as_it_is(architecture, values):
    trainer = made(architecture, skip_below=100.0, d_steps=2, **values)
    before, of_g = weights(trainer.D), weights(trainer.G)
    snapshot = trainer.advance(WHOLE, rounds=3)
    assert torch.equal(weights(trainer.D), before)
    assert not trainer._adams["d"].state
    assert not torch.equal(weights(trainer.G), of_g)
    assert (snapshot.skipped, snapshot.steps_d, snapshot.steps_g) == (6, 0, 3)
    assert snapshot.examples == 6 * 8
    assert snapshot.loss_d is not None
    assert (snapshot.grad_norm_d, snapshot.update_ratio_d) == (None, None)


def test_d_skips_only_while_its_loss_is_below():
    """log 4 = 1.386 is a coin's; an untrained D is near it."""
    for threshold, skipped in ((1.0, 0), (2.0, 1)):
        trainer = made(skip_below=threshold)
        trainer.train(rounds=1)
        assert (trainer.skipped, trainer.steps_d) == (skipped, 1 - skipped)
    losses, steps = [], []
    trainer = made(skip_below=1.38, width=16, lr_d=0.01)
    for _ in range(30):
        before = trainer.steps_d
        losses.append(trainer.advance(WHOLE, rounds=1).loss_d)
        steps.append(trainer.steps_d - before)
    assert steps == [int(loss >= 1.38) for loss in losses]
    assert 0 < sum(steps) < 30


def test_learning_rate_0_changes_nothing():
    for architecture in ("mlp", "dense", "dcgan"):
        trainer = made(architecture, lr_d=0, lr_g=0, ema=0.5)
        before = weights(trainer.G), weights(trainer.D), weights(trainer.ema.module)
        snapshot = trainer.advance(WHOLE, rounds=3)
        after = weights(trainer.G), weights(trainer.D), weights(trainer.ema.module)
        assert same(before, after)
        assert (snapshot.steps_d, snapshot.update_ratio_d, snapshot.update_ratio_g) == (3, 0, 0)
        assert snapshot.grad_norm_d > 0
