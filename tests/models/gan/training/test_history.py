"""A run's story: when samples are looked at, what is kept, and that it stays bounded."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from models.gan.training import data as gan_data
from models.gan.training import diagnosis, landscape
from models.gan.training import history as gan_journal
from models.gan.training import metrics as gan_figures
from models.gan.training.data import Pictures
from models.gan.training.history import Journal
from models.gan.training.metrics import Figures
from models.gan.training.settings import Settings
from models.gan.training.trainer import Moment, Trainer

FIGURES = Figures(0.9, 8, 8, 0.9, 0.9, None)
MOMENT = Moment(
    rounds=0, steps_d=0, steps_g=0, skipped=0, examples=0, phase="both", loss_d=1.0, loss_g=2.0,
    accuracy_real=0.7, accuracy_fake=0.6, slope_d=0.1, slope_g=0.1, change_d=0.01, change_g=0.01,
    samples=torch.zeros(16, 3, 8, 8), diverged=False,
)  # fmt: skip


def moment(at, **values):
    return replace(MOMENT, rounds=at, steps_d=at, steps_g=at, **values)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand; looking costs nothing."""
    clock = SimpleNamespace(now=1000.0, looks=0)

    def take(_):
        clock.looks += 1
        return FIGURES

    monkeypatch.setattr(gan_journal, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(gan_figures, "take", take)
    monkeypatch.setattr(
        landscape, "plane", lambda trainer, moment, side: Image.new("RGB", (side, side))
    )
    return clock


def run(shape=(3, 8, 8), **values):
    settings = Settings(architecture="mlp" if len(shape) == 1 else "dcgan", **values)
    return SimpleNamespace(data=SimpleNamespace(shape=shape), settings=settings)


@pytest.mark.parametrize(("shape", "seconds"), [((2,), 0.5), ((3, 8, 8), 1.5)])
def test_samples_are_looked_at_now_and_then(clock, shape, seconds):
    journal, trainer = Journal(), run(shape)
    assert journal.add(trainer, moment(1)) is FIGURES  # the first at once
    clock.now += seconds - 0.01
    assert journal.add(trainer, moment(2)) is None
    assert clock.looks == len(journal.readings) == 1
    clock.now += 0.01
    assert journal.add(trainer, moment(3)) is FIGURES
    assert journal.add(trainer, moment(4)) is None
    assert journal.add(trainer, moment(5), now=True) is FIGURES
    clock.now += seconds - 0.01
    assert journal.add(trainer, moment(6)) is None  # a look that was asked for counts as one
    assert [reading.moment.rounds for reading in journal.readings] == [1, 3, 5]
    assert len(journal.curves["loss_d"]) == 6


def test_a_blow_is_noted_at_once(clock):
    journal, trainer = Journal(), run()
    journal.add(trainer, moment(1))
    assert journal.add(trainer, moment(1, diverged=True)) is FIGURES
    assert journal.verdict(trainer).name == "no_number"


def test_what_a_divergence_takes_back_is_forgotten(clock):
    """The run is back at round 1: time must not run backwards in plots, strip and readings."""
    journal, trainer = Journal(), run()
    for at in (1, 2, 3):
        journal.add(trainer, moment(at, loss_d=float(at)), now=True)
    journal.add(trainer, moment(1, loss_d=9.0, diverged=True))
    assert journal.curves["loss_d"] == [(2, 1.0), (2, 9.0)]
    assert [reading.moment.rounds for reading in journal.readings] == [1, 1]
    assert [at for at, _ in journal.strip.moments] == [2, 2]
    journal.add(trainer, moment(2), now=True)
    assert [at for at, _ in journal.strip.moments] == [2, 2, 4]


def test_curves_run_along_the_steps_of_both(clock):
    journal = Journal()
    journal.add(run(), replace(MOMENT, steps_d=3, skipped=4, steps_g=5))
    assert journal.curves == {
        "loss_d": [(12, 1.0)],
        "loss_g": [(12, 2.0)],
        "accuracy_real": [(12, 0.7)],
        "accuracy_fake": [(12, 0.6)],
    }
    assert [at for at, _ in journal.strip.moments] == [12]


def test_what_there_is_not_makes_no_point(clock):
    journal = Journal()
    journal.add(run(), moment(1, loss_d=None, accuracy_real=None, accuracy_fake=None))
    assert {name: len(points) for name, points in journal.curves.items()} == {
        "loss_d": 0, "loss_g": 1, "accuracy_real": 0, "accuracy_fake": 0,
    }  # fmt: skip
    journal.add(run(), moment(2, loss_d=0.0))
    assert journal.curves["loss_d"] == [(4, 0.0)]


def test_curves_are_thinned_out_and_keep_their_ends(clock):
    journal, trainer = Journal(), run()
    for at in range(1, 401):
        journal.add(trainer, moment(at, loss_d=float(at)))
    assert journal.curves["loss_d"] == [(2 * at, float(at)) for at in range(1, 401)]
    journal.add(trainer, moment(401, loss_d=401.0))
    assert journal.curves["loss_d"] == [(2 * at, float(at)) for at in range(1, 402, 2)]
    for at in range(402, 5000):
        journal.add(trainer, moment(at, loss_d=float(at)))
        assert len(journal.curves["loss_g"]) <= 400
    times = [at for at, _ in journal.curves["loss_d"]]
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (2, 9998)


def test_readings_are_bounded_and_hold_no_samples(clock):
    journal, trainer = Journal(), run()
    for at in range(50):
        journal.add(trainer, moment(at), now=True)
    assert [reading.moment.rounds for reading in journal.readings] == list(range(34, 50))
    assert len(journal.readings) == 2 * diagnosis.WINDOW
    for reading in journal.readings:
        assert reading.figures is FIGURES
        assert reading.moment.samples.untyped_storage().nbytes() == 0
    assert MOMENT.samples.shape == (16, 3, 8, 8)


def test_the_strip_shows_samples_or_the_plane(clock):
    journal = Journal()
    journal.add(run(), moment(1, samples=torch.ones(16, 3, 8, 8)))
    ((_, shown),) = journal.strip.moments
    assert shown.shape == (16, 3, 8, 8)
    assert shown.unique().tolist() == [255]
    journal = Journal()
    journal.add(run((2,)), moment(1, samples=torch.zeros(1024, 2)))
    assert journal.strip.moments[0][1].size == (240, 240)


@pytest.mark.parametrize(
    ("loss", "loss_d", "expected"),
    [
        ("non_saturating", 4.0, "too_early"),  # 3 coins are 4.16
        ("non_saturating", 4.3, "high_rate"),
        ("least_squares", 0.7, "too_early"),  # 0.75
        ("least_squares", 0.8, "high_rate"),
        ("wasserstein", 1e6, "too_early"),  # has no coin
    ],
)
def test_the_doctor_is_told_what_a_coin_costs(clock, loss, loss_d, expected):
    journal, trainer = Journal(), run(loss=loss)
    assert journal.verdict(trainer).name == "too_early"
    journal.add(trainer, moment(5, loss_d=loss_d))
    assert journal.verdict(trainer).name == expected


@pytest.mark.parametrize(("shape", "expected"), [((2,), "too_early"), ((3, 8, 8), "healthy")])
def test_the_doctor_is_told_the_architecture(clock, shape, expected):
    journal, trainer = Journal(), run(shape)
    journal.add(trainer, moment(400, samples=torch.zeros(16, *shape)))
    assert journal.verdict(trainer).name == expected


@pytest.mark.parametrize("architecture", ["mlp", "dcgan"])
def test_real_runs(architecture):
    cells = torch.randint(0, 256, (20, 1, 8, 8), generator=torch.Generator().manual_seed(0)).byte()
    data = gan_data.plane("ring") if architecture == "mlp" else Pictures("own", cells, cells[:4])
    trainer = Trainer(data, Settings(architecture=architecture, width=4, batch=8, r1=0.0))
    journal, before = Journal(), trainer.chance.get_state()
    figures = journal.add(trainer, trainer.moment())
    assert figures.of == (8 if architecture == "mlp" else None)
    assert torch.equal(trainer.chance.get_state(), before)
    assert all(points == [] for points in journal.curves.values())
    journal.add(trainer, trainer.advance(float("inf"), 3), now=True)
    assert journal.curves["loss_d"][0][0] == 6
    assert [at for at, _ in journal.strip.moments] == [0, 6]
    assert journal.verdict(trainer).name == "too_early"
