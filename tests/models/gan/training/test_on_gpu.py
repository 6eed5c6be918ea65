"""Live trainings of the lab on a GPU."""

import math

import pytest
import torch

import models
from models.gan.training import data as gan_data
from models.gan.training import digit_classifier, landscape, metrics, presets
from models.gan.training.history import History
from models.gan.training.progressive_schedule import ProgressiveSettings
from models.gan.training.progressive_trainer import Comparison, sheet
from models.gan.training.settings import LOSSES
from models.gan.training.trainer import Trainer
from tests.models.gan.training.helpers import RING, all_finite, pictures, same
from tests.models.gan.training.test_trainer_classes import digits, told
from tests.models.gpu import needs

ALL = {"spectral": True, "augment": True, "ema": 0.99, "smoothing": 0.1}


def examples(architecture: str) -> gan_data.Data:
    return RING if architecture == "mlp" else pictures(side=32)


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(architecture, loss, gpu):
    data = examples(architecture)
    settings = presets.settings_for(data.name, None if architecture == "mlp" else architecture)
    trainer = Trainer(data, settings.replace(loss=loss, r1=1.0, batch=32, width=16), gpu)
    snapshot = trainer.advance(math.inf, rounds=6)
    assert not snapshot.diverged
    assert snapshot.rounds == 6
    assert snapshot.samples.device.type == "cpu"
    assert snapshot.samples.isfinite().all()
    assert all_finite(trainer)
    assert all(p.device.type == gpu.type for p in trainer.G.parameters())


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["mlp", "dense", "dcgan"])
def test_a_run_begins_as_on_the_cpu(architecture, gpu):
    data = examples(architecture)
    settings = presets.settings_for(data.name, None if architecture == "mlp" else architecture)
    there, here = (
        Trainer(data, settings.replace(batch=32, width=16), at).advance(math.inf, rounds=2)
        for at in (gpu, "cpu")
    )
    within = 0.02 if architecture == "dcgan" else 1e-3
    assert there.loss_d == pytest.approx(here.loss_d, rel=within)
    assert there.loss_g == pytest.approx(here.loss_g, rel=within)
    assert there.grad_norm_d == pytest.approx(here.grad_norm_d, rel=5 * within)


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["mlp", "dcgan"])
def test_states_go_back_and_divergence_is_noticed(architecture, gpu):
    data = examples(architecture)
    settings = presets.settings_for(data.name).replace(batch=16, width=8, **ALL)
    trainer = Trainer(data, settings, gpu)
    trainer.train(math.inf, rounds=3)
    state = trainer.state()
    trainer.train(math.inf, rounds=2)
    trainer.load(state)
    assert same(trainer.state(), state)
    with torch.no_grad():
        next(trainer.G.parameters()).fill_(math.nan)
    assert trainer.advance(math.inf, rounds=1).diverged
    assert all_finite(trainer)


@pytest.mark.gpu
def test_what_the_page_shows_of_a_ring(gpu):
    trainer = models.train_gan("ring", steps=20, device=gpu.type)
    snapshot, history = trainer.snapshot(), History()
    assert metrics.measure(trainer).of == 8
    landscape.draw(trainer, snapshot, 120, arrows=True, warp=True)
    history.add(trainer, snapshot, measure=True)
    assert history.diagnose(trainer).name == "too_early"


@pytest.mark.gpu
def test_digits(gpu):
    needs("digits", "digit_counter")
    trainer = models.train_gan("digits", steps=10, device=gpu.type)
    found = metrics.measure(trainer)
    assert found.of == 10
    assert 0 <= found.memorization <= 1
    digits, confidence = digit_classifier.classify(trainer.snapshot().samples.to(gpu))
    assert len(digits) == len(confidence) == 16


@pytest.mark.gpu
def test_progressive_and_multi_scale(gpu):
    run = Comparison(pictures(side=28), ProgressiveSettings(), gpu)
    for _ in range(4):
        snapshot = run.advance(0.2)
        assert not snapshot.diverged
        assert snapshot.steps
        assert sheet(snapshot).isfinite().all()


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
def test_networks_that_are_told_a_class(architecture, gpu):
    settings = told(architecture).settings
    trainer = Trainer(digits(28 if architecture == "dcgan" else 16), settings, gpu)
    snapshot = trainer.advance(math.inf, rounds=4)
    assert not snapshot.diverged
    assert snapshot.samples.isfinite().all()
    assert all_finite(trainer)
