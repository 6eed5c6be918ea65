"""Runs that yield snapshots, starting weights, and what a trainer tells of itself."""

import copy

import pytest
import torch
from torch import nn

from models.gan.training.trainer import Trainer
from tests.models.gan.training.helpers import RING, WHOLE, made, pictures, same


def test_a_run_yields_snapshots_until_its_rounds_are_done():
    trainer, plain = made(), made()
    snapshots = list(trainer.run(seconds=0, rounds=5))
    assert [snapshot.rounds for snapshot in snapshots] == [1, 2, 3, 4, 5]
    assert list(trainer.run(rounds=5)) == []
    plain.train(rounds=5)
    assert same(trainer.state(), plain.state())
    assert [snapshot.rounds for snapshot in trainer.run(seconds=WHOLE, rounds=9)] == [9]


def test_a_run_computes_only_when_asked_and_can_be_closed():
    trainer, plain = made(), made()
    run = trainer.run(seconds=0)
    assert trainer.rounds == 0
    for expected in (1, 2, 3):
        assert next(run).rounds == expected
    run.close()
    assert trainer.rounds == 3
    trainer.configure(trainer.settings.replace(lr_d=0.01))
    assert [snapshot.rounds for snapshot in trainer.run(seconds=WHOLE, rounds=6)] == [6]
    plain.train(rounds=3)
    plain.configure(trainer.settings)
    plain.train(rounds=3)
    assert same(trainer.state(), plain.state())


def test_knobs_turned_between_snapshots_count():
    trainer = made()
    run = trainer.run(seconds=0, rounds=4)
    next(run)
    trainer.configure(trainer.settings.replace(batch=16, d_steps=3))
    assert [snapshot.steps_d for snapshot in run] == [4, 7, 10]
    assert trainer.examples == 8 + 9 * 16


@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
def test_starting_from_weights(architecture):
    old = made(architecture)
    old.train(rounds=3)
    start = {"generator": old.G.state_dict(), "discriminator": old.D.state_dict()}
    kept = copy.deepcopy(start)
    new = Trainer(old.data, old.settings.replace(seed=9, ema=0.9), start=start)
    assert same(new.G.state_dict(), start["generator"])
    assert same(new.D.state_dict(), start["discriminator"])
    assert same(new.ema.module.state_dict(), start["generator"])
    assert (new.rounds, new.steps_d, new.diverged) == (0, 0, False)
    new.train(rounds=2)
    assert same(start, kept)
    with pytest.raises(RuntimeError, match="size mismatch"):
        Trainer(old.data, old.settings.replace(width=8), start=start)


@pytest.mark.parametrize(
    ("architecture", "data"), [("dense", RING), ("dcgan", RING), ("mlp", pictures())]
)
def test_data_that_do_not_fit(architecture, data):
    with pytest.raises(ValueError, match="does not make examples of shape"):
        made(architecture, data=data)


def test_memory_is_told():
    trainer = made(width=8, latent=3)
    count = (3 * 8 + 8) + (8 * 8 + 8) + (8 * 2 + 2) + (2 * 8 + 8) + (8 * 8 + 8) + (8 + 1)
    assert trainer.bytes == 36 * count
    bare = made("dcgan", data=pictures())
    count = sum(w.numel() for net in (bare.G, bare.D) for w in net.parameters())
    assert bare.bytes == 36 * count + 20 * 256


class Rightwards(nn.Module):
    """d(x, y) = 2 x."""

    def forward(self, points):
        return 2 * points[:, 0]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("non_saturating", 1.5),  # 2 sigmoid(-d), d = -log 3
        ("minimax", 0.5),  # 2 sigmoid(d)
        ("hinge", 2.0),
        ("wasserstein", 2.0),
        ("least_squares", 4.197225),  # 2 (1 - d)
    ],
)
def test_where_points_are_pulled(loss, expected):
    trainer = made(loss=loss)
    trainer.D = Rightwards()
    at = -torch.tensor(3.0).log() / 2
    for count in (1, 5):  # a point's pull does not depend on its company
        pull = trainer.descent_directions(torch.stack([at, torch.tensor(0.3)]).expand(count, 2))
        torch.testing.assert_close(pull, torch.tensor([[expected, 0.0]]).expand(count, 2))


def test_d_judges_without_learning():
    trainer = made("dcgan")
    trainer.train(rounds=2)
    examples = trainer.data.draw(6, torch.Generator().manual_seed(0))
    logits = trainer.logits(examples)
    assert logits.shape == (6,)
    # In eval mode the company does not matter.
    torch.testing.assert_close(trainer.logits(examples[:2]), logits[:2])
