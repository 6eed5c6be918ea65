"""models.train_gan: a whole training in one call."""

import pytest
import torch

import models
from models.gan.training import presets
from models.gan.training.trainer import Trainer
from models.validation import ValidationError
from tests.models.gan.training.helpers import RING, pictures, same


def test_the_ring():
    trainer = models.train_gan("ring", steps=20, device="cpu")
    assert trainer.rounds == 20
    assert trainer.snapshot().samples.shape == (1024, 2)
    expected = Trainer(RING, presets.POINTS)
    expected.train(rounds=20)
    assert same(trainer.state(), expected.state())
    assert trainer.sample(torch.zeros(3, 2)).shape == (3, 2)


def test_settings_and_own_data():
    trainer = models.train_gan(pictures(), 2, device="cpu", width=4, batch=8, seed=3)
    settings = trainer.settings
    assert (settings.architecture, settings.augment, settings.seed) == ("dcgan", True, 3)
    assert trainer.snapshot().samples.shape == (16, 1, 16, 16)
    dense = models.train_gan(pictures(), 1, "dense", "cpu", width=4, batch=8)
    assert dense.settings.architecture == "dense"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"data": "cube"}, "data can't be cube"),
        ({"data": "drawn"}, "data can't be drawn"),
        ({"architecture": "dcgan"}, "architecture can't be dcgan"),
        ({"lr_d": 11}, "lr_d must be from 0 to 10"),
        ({"device": "abacus"}, "device can't be abacus"),
    ],
)
def test_bad_input(options, text):
    with pytest.raises(ValidationError, match=text):
        models.train_gan(**options)
