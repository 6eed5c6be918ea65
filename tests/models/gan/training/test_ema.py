"""The moving average of the generator's weights."""

import pytest
import torch
from torch import nn

from models.gan.training.ema import EMA, warmed_up
from tests.models.gan.training.helpers import made, weights


@pytest.mark.parametrize(
    ("ema", "shares"),
    # Growing from 2/11, 3/12, 4/13 up to what was asked for.
    [(0.99, (2 / 11, 3 / 12, 4 / 13)), (0.2, (2 / 11, 0.2, 0.2)), (0.1, (0.1, 0.1, 0.1))],
)
def test_the_running_average(ema, shares):
    trainer = made(ema=ema, lr_g=0.1)
    expected = weights(trainer.G)
    for share in shares:
        trainer.train(rounds=1)
        expected = share * expected + (1 - share) * weights(trainer.G)
        torch.testing.assert_close(weights(trainer.ema.module), expected)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    shown = trainer.sample(z)
    assert torch.equal(shown, trainer.ema.module(z))
    trainer.configure(trainer.settings.replace(ema=0))
    torch.testing.assert_close(trainer.sample(z), trainer.G(z).detach())
    assert (shown - trainer.sample(z)).abs().max() > 1e-3


def test_statistics_are_averaged_too_and_counts_are_copied():
    trainer = made("dense", ema=0.5)
    norm, average = trainer.G.layers[1], trainer.ema.module.layers[1]
    expected = norm.running_mean.clone()
    for share in (2 / 11, 3 / 12):
        trainer.train(rounds=1)
        expected = share * expected + (1 - share) * norm.running_mean
    torch.testing.assert_close(average.running_mean, expected)
    assert int(average.num_batches_tracked) == int(norm.num_batches_tracked) == 2


def test_an_average_turned_on_in_mid_run_begins_there():
    trainer = made(lr_g=0.1)
    trainer.train(rounds=20)
    trainer.configure(trainer.settings.replace(ema=0.99))
    at = weights(trainer.G)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(trainer.sample(z), trainer.G(z).detach())
    trainer.train(rounds=1)
    share = 22 / 31
    torch.testing.assert_close(
        weights(trainer.ema.module), share * at + (1 - share) * weights(trainer.G)
    )


def test_no_average_shows_the_generator():
    trainer = made("dcgan")
    trainer.train(rounds=2)
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    shown = trainer.sample(z)
    trainer.G.load_state_dict(made("dcgan", seed=1).G.state_dict())
    assert not torch.equal(trainer.sample(z), shown)


def test_the_average_is_a_frozen_copy_of_its_own():
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    ema = EMA(network)
    assert not ema.module.training
    assert not any(weight.requires_grad for weight in ema.module.parameters())
    with torch.no_grad():
        network[0].weight.fill_(1.0)
        ema.module[0].weight.fill_(0.0)
    network[1].num_batches_tracked.fill_(7)
    ema.update(network, 0.75)
    assert ema.module[0].weight.unique().tolist() == [0.25]
    assert int(ema.module[1].num_batches_tracked) == 7
    ema.update(network, 0.0)
    assert torch.equal(ema.module[0].weight, network[0].weight)


@pytest.mark.parametrize(
    ("decay", "steps", "expected"),
    [(0.99, 0, 0.1), (0.99, 1, 2 / 11), (0.99, 1000, 0.99), (0.0, 50, 0.0), (0.2, 1, 2 / 11)],
)
def test_warming_up(decay, steps, expected):
    assert warmed_up(decay, steps) == pytest.approx(expected)
