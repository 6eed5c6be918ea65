"""A run's history: when samples are looked at, what is kept, and that it stays bounded."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from models.gan.training import data as gan_data
from models.gan.training import diagnosis, history, landscape, metrics
from models.gan.training.data import Pictures
from models.gan.training.history import History
from models.gan.training.metrics import Metrics
from models.gan.training.settings import TrainingSettings
from models.gan.training.snapshot import Snapshot
from models.gan.training.trainer import Trainer

METRICS = Metrics(0.9, 8, 8, 0.9, 0.9, None)
SNAPSHOT = Snapshot(
    rounds=0, steps_d=0, steps_g=0, skipped=0, examples=0, phase="both", loss_d=1.0, loss_g=2.0,
    accuracy_real=0.7, accuracy_fake=0.6, grad_norm_d=0.1, grad_norm_g=0.1, update_ratio_d=0.01,
    update_ratio_g=0.01, samples=torch.zeros(16, 3, 8, 8), diverged=False,
)  # fmt: skip


def snapshot(at, **values):
    return replace(SNAPSHOT, rounds=at, steps_d=at, steps_g=at, **values)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand; looking costs nothing."""
    clock = SimpleNamespace(now=1000.0, looks=0)

    def measure(_):
        clock.looks += 1
        return METRICS

    monkeypatch.setattr(history, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(metrics, "measure", measure)
    monkeypatch.setattr(
        landscape, "draw", lambda trainer, snapshot, side: Image.new("RGB", (side, side))
    )
    return clock


def run(shape=(3, 8, 8), **values):
    settings = TrainingSettings(architecture="mlp" if len(shape) == 1 else "dcgan", **values)
    return SimpleNamespace(data=SimpleNamespace(shape=shape), settings=settings)


@pytest.mark.parametrize(("shape", "seconds"), [((2,), 0.5), ((3, 8, 8), 1.5)])
def test_samples_are_looked_at_now_and_then(clock, shape, seconds):
    kept, trainer = History(), run(shape)
    assert kept.add(trainer, snapshot(1)) is METRICS  # the first at once
    clock.now += seconds - 0.01
    assert kept.add(trainer, snapshot(2)) is None
    assert clock.looks == len(kept.readings) == 1
    clock.now += 0.01
    assert kept.add(trainer, snapshot(3)) is METRICS
    assert kept.add(trainer, snapshot(4)) is None
    assert kept.add(trainer, snapshot(5), measure=True) is METRICS
    clock.now += seconds - 0.01
    assert kept.add(trainer, snapshot(6)) is None  # a look that was asked for counts as one
    assert [reading.snapshot.rounds for reading in kept.readings] == [1, 3, 5]
    assert len(kept.curves["loss_d"]) == 6


def test_a_divergence_is_noted_at_once(clock):
    kept, trainer = History(), run()
    kept.add(trainer, snapshot(1))
    assert kept.add(trainer, snapshot(1, diverged=True)) is METRICS
    assert kept.diagnose(trainer).name == "diverged"


def test_what_a_divergence_takes_back_is_forgotten(clock):
    """The run is back at round 1: time must not run backwards in plots, film strip and readings."""
    kept, trainer = History(), run()
    for at in (1, 2, 3):
        kept.add(trainer, snapshot(at, loss_d=float(at)), measure=True)
    kept.add(trainer, snapshot(1, loss_d=9.0, diverged=True))
    assert kept.curves["loss_d"] == [(2, 1.0), (2, 9.0)]
    assert [reading.snapshot.rounds for reading in kept.readings] == [1, 1]
    assert [at for at, _ in kept.film.frames] == [2, 2]
    kept.add(trainer, snapshot(2), measure=True)
    assert [at for at, _ in kept.film.frames] == [2, 2, 4]


def test_curves_run_along_the_steps_of_both(clock):
    kept = History()
    kept.add(run(), replace(SNAPSHOT, steps_d=3, skipped=4, steps_g=5))
    assert kept.curves == {
        "loss_d": [(12, 1.0)],
        "loss_g": [(12, 2.0)],
        "accuracy_real": [(12, 0.7)],
        "accuracy_fake": [(12, 0.6)],
    }
    assert [at for at, _ in kept.film.frames] == [12]


def test_what_there_is_not_makes_no_point(clock):
    kept = History()
    kept.add(run(), snapshot(1, loss_d=None, accuracy_real=None, accuracy_fake=None))
    assert {name: len(points) for name, points in kept.curves.items()} == {
        "loss_d": 0, "loss_g": 1, "accuracy_real": 0, "accuracy_fake": 0,
    }  # fmt: skip
    kept.add(run(), snapshot(2, loss_d=0.0))
    assert kept.curves["loss_d"] == [(4, 0.0)]


def test_curves_are_thinned_out_and_keep_their_ends(clock):
    kept, trainer = History(), run()
    for at in range(1, 401):
        kept.add(trainer, snapshot(at, loss_d=float(at)))
    assert kept.curves["loss_d"] == [(2 * at, float(at)) for at in range(1, 401)]
    kept.add(trainer, snapshot(401, loss_d=401.0))
    assert kept.curves["loss_d"] == [(2 * at, float(at)) for at in range(1, 402, 2)]
    for at in range(402, 5000):
        kept.add(trainer, snapshot(at, loss_d=float(at)))
        assert len(kept.curves["loss_g"]) <= 400
    times = [at for at, _ in kept.curves["loss_d"]]
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (2, 9998)


def test_readings_are_bounded_and_hold_no_samples(clock):
    kept, trainer = History(), run()
    for at in range(50):
        kept.add(trainer, snapshot(at), measure=True)
    assert [reading.snapshot.rounds for reading in kept.readings] == list(range(34, 50))
    assert len(kept.readings) == 2 * diagnosis.WINDOW
    for reading in kept.readings:
        assert reading.metrics is METRICS
        assert reading.snapshot.samples.untyped_storage().nbytes() == 0
    assert SNAPSHOT.samples.shape == (16, 3, 8, 8)


def test_the_film_strip_shows_samples_or_the_plane(clock):
    kept = History()
    kept.add(run(), snapshot(1, samples=torch.ones(16, 3, 8, 8)))
    ((_, shown),) = kept.film.frames
    assert shown.shape == (16, 3, 8, 8)
    assert shown.unique().tolist() == [255]
    kept = History()
    kept.add(run((2,)), snapshot(1, samples=torch.zeros(1024, 2)))
    assert kept.film.frames[0][1].size == (240, 240)


@pytest.mark.parametrize(
    ("loss", "loss_d", "expected"),
    [
        ("non_saturating", 4.0, "too_early"),  # 3 times 1.386 is 4.16
        ("non_saturating", 4.3, "high_rate"),
        ("least_squares", 0.7, "too_early"),  # 0.75
        ("least_squares", 0.8, "high_rate"),
        ("wasserstein", 1e6, "too_early"),  # has no equilibrium loss
    ],
)
def test_the_diagnosis_knows_the_equilibrium_loss(clock, loss, loss_d, expected):
    kept, trainer = History(), run(loss=loss)
    assert kept.diagnose(trainer).name == "too_early"
    kept.add(trainer, snapshot(5, loss_d=loss_d))
    assert kept.diagnose(trainer).name == expected


@pytest.mark.parametrize(("shape", "expected"), [((2,), "too_early"), ((3, 8, 8), "healthy")])
def test_the_diagnosis_knows_the_architecture(clock, shape, expected):
    kept, trainer = History(), run(shape)
    kept.add(trainer, snapshot(400, samples=torch.zeros(16, *shape)))
    assert kept.diagnose(trainer).name == expected


@pytest.mark.parametrize("architecture", ["mlp", "dcgan"])
def test_real_runs(architecture):
    cells = torch.randint(0, 256, (20, 1, 8, 8), generator=torch.Generator().manual_seed(0)).byte()
    data = gan_data.plane("ring") if architecture == "mlp" else Pictures("own", cells, cells[:4])
    trainer = Trainer(data, TrainingSettings(architecture=architecture, width=4, batch=8, r1=0.0))
    kept, before = History(), trainer.rng.get_state()
    measured = kept.add(trainer, trainer.snapshot())
    assert measured.of == (8 if architecture == "mlp" else None)
    assert torch.equal(trainer.rng.get_state(), before)
    assert all(points == [] for points in kept.curves.values())
    kept.add(trainer, trainer.advance(float("inf"), 3), measure=True)
    assert kept.curves["loss_d"][0][0] == 6
    assert [at for at, _ in kept.film.frames] == [0, 6]
    assert kept.diagnose(trainer).name == "too_early"
