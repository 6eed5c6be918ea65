"""An update of one network leaves the other untouched; penalties and augmentation."""

import pytest
from torch import nn

from models.gan.training import losses
from models.gan.training import trainer as trainer_module
from tests.models.gan.training.helpers import copied, made, same

APART = [
    ("mlp", {}),
    ("mlp", {"spectral": True}),
    ("mlp", {"r1": 1.0}),
    ("mlp", {"loss": "wasserstein", "r1": 1.0}),
    ("mlp", {"spectral": True, "loss": "wasserstein", "ema": 0.9}),
    ("dense", {}),
    ("dense", {"spectral": True, "r1": 1.0}),
    ("dense", {"loss": "wasserstein", "augment": True}),
    ("dcgan", {}),
    ("dcgan", {"augment": True, "ema": 0.9}),
    ("dcgan", {"spectral": True}),
    ("dcgan", {"r1": 1.0, "augment": True}),
    ("dcgan", {"loss": "wasserstein"}),
    ("dcgan", {"spectral": True, "loss": "wasserstein", "r1": 1.0, "augment": True}),
]


@pytest.mark.parametrize(("architecture", "values"), APART)
def test_a_step_of_one_leaves_the_other_untouched(architecture, values):
    trainer = made(architecture, **values)
    trainer.train(rounds=2)
    d, g = (trainer.D, trainer._adams["d"]), (trainer.G, trainer.ema, trainer._adams["g"])
    for step, training, frozen in (
        (trainer.step_discriminator, d, g),
        (trainer.step_generator, g, d),
    ):
        for weight in frozen[0].parameters():
            weight.grad = None
        before, moved = copied(*frozen), copied(*training)
        modes = [module.training for module in frozen[0].modules()]
        step()
        assert same(copied(*frozen), before)
        assert not same(copied(*training), moved)
        assert all(weight.grad is None for weight in frozen[0].parameters())
        assert all(weight.requires_grad for weight in frozen[0].parameters())
        assert [module.training for module in frozen[0].modules()] == modes
        for module in frozen[0].modules():
            assert getattr(module, "track_running_stats", True)


@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
def test_statistics_move_with_their_own_network(architecture):
    trainer = made(architecture)
    norms = [m for m in trainer.G.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    for _ in range(3):
        trainer.step_discriminator()
    assert [int(norm.num_batches_tracked) for norm in norms] == [0] * len(norms)
    for _ in range(2):
        trainer.step_generator()
    assert [int(norm.num_batches_tracked) for norm in norms] == [2] * len(norms)


def test_batch_norm_never_mixes_real_and_generated():
    trainer, seen = made("dcgan", batch=6), []
    forward = trainer.D.forward
    trainer.D.forward = lambda x: seen.append(len(x)) or forward(x)
    trainer.train(rounds=1)
    assert seen == [6, 6, 6]
    trainer, seen = made("dcgan", batch=6, spectral=True), []
    forward = trainer.D.forward
    trainer.D.forward = lambda x: seen.append(len(x)) or forward(x)
    trainer.train(rounds=1)
    assert seen == [12, 6]


@pytest.mark.parametrize(("architecture", "steps"), [("mlp", range(9)), ("dense", [0, 4, 8])])
def test_r1_on_pictures_is_taken_every_fourth_step(monkeypatch, architecture, steps):
    trainer, taken = made(architecture, r1=1.0), []
    real = losses.squared_gradient
    monkeypatch.setattr(
        losses,
        "squared_gradient",
        lambda *args: taken.append(trainer.steps_d) or real(*args),
    )
    trainer.train(rounds=9)
    assert taken == list(steps)


def test_both_are_augmented_alike_and_points_are_not(monkeypatch):
    calls = []

    def spy(examples, policy, generator):
        calls.append((len(examples), policy, generator))
        return examples

    monkeypatch.setattr(trainer_module, "augment", spy)
    trainer = made("dcgan", augment=True)
    trainer.train(rounds=1)
    policy = ("translation", "cutout")
    assert calls == [(16, policy, trainer.rng), (8, policy, trainer.rng)]
    calls.clear()
    made(augment=True).train(rounds=1)
    made("dcgan").train(rounds=1)
    assert calls == []
