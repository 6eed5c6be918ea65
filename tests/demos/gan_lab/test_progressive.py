"""The comparison on the page: curves, time left, phases in words, and how a run is watched."""

import threading
from types import SimpleNamespace

import pytest

from demos.gan_lab import progressive, progressive_runs
from demos.gan_lab.progressive_runs import METHODS, Losses, Standing, compare
from demos.runtime.events import Result
from models.gan.training.progressive_schedule import (
    ALL_SIDES,
    PHASES,
    ProgressiveSettings,
    Stage,
)


def snapshot(method="growing", spent=0, loss=None, stage=ALL_SIDES, **more):
    values = {"steps": 1, "samples": (), "seconds": 0.0, "done": False, "diverged": False} | more
    losses = {"loss_d": loss, "loss_g": loss}
    fixed = {"method": method, "spent": spent, "budget": 1_000_000, "stage": stage}
    return SimpleNamespace(**fixed, **losses, **values)


class FakeComparison:
    """Five slices each, by turns."""

    def __init__(self):
        self.slices = 0

    @property
    def done(self):
        return self.slices == 10

    def advance(self, seconds):
        assert seconds <= 0.15
        self.slices += 1
        method = "growing" if self.slices % 2 else "multi_scale"
        return snapshot(method, self.slices * 100_000, 1.0, seconds=0.1 * self.slices)


def turn(function, *arguments):
    turn.count += 1
    return function(*arguments)


@pytest.fixture(autouse=True)
def turns(monkeypatch):
    turn.count = 0
    monkeypatch.setattr(progressive_runs, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(progressive_runs, "REST", 0.0)


def test_every_slice_takes_its_turn_and_the_last_snapshot_of_both_is_shown():
    shown = list(compare(FakeComparison(), turn, threading.Event()))
    assert turn.count == 10
    assert set(shown[0].value.snapshots) == {"growing"}
    last = shown[-1].value
    assert [last.snapshots[method].spent for method in METHODS] == [900_000, 1_000_000]
    assert last.done
    assert [isinstance(event, Result) for event in shown] == [False] * 9 + [True]


def test_not_every_slice_is_shown(monkeypatch):
    monkeypatch.setattr(progressive_runs, "SECONDS_BETWEEN", 60.0)
    shown = list(compare(FakeComparison(), turn, threading.Event()))
    assert len(shown) == 2
    assert turn.count == 10


def test_stop_ends_it_after_the_slice_in_hand():
    stopped = threading.Event()
    watched = compare(FakeComparison(), turn, stopped)
    next(watched)
    stopped.set()
    (last,) = watched
    assert isinstance(last, Result)
    assert not last.value.done
    assert turn.count == 2


def test_losses_are_averaged_over_parts_of_the_budget():
    losses = Losses()
    for spent, loss in ((0, 1.0), (1000, 3.0), (500_000, 5.0), (500_001, None)):
        losses.add(snapshot("growing", spent, loss))
    losses.add(snapshot("multi_scale", 0, 4.0))
    assert losses.points("growing", "loss_d") == [(0.0, 2.0), (0.5, 5.0)]
    assert losses.points("multi_scale", "loss_g") == [(0.0, 4.0)]
    assert losses.points("nobody", "loss_d") == []
    drawn = progressive.loss_plot("en", losses, "growing", 32)
    assert drawn.startswith("<figure")
    assert ">5<" in drawn
    assert ">5<" in progressive.loss_plot("en", losses, "multi_scale", 32)
    losses.add(snapshot("growing", 900_000, 40.0))
    assert ">5<" in progressive.loss_plot("en", losses, "growing", 32)
    assert progressive.loss_plot("en", Losses(), "growing", 32).startswith("<figure")


def test_time_left_goes_by_steps_for_growing_and_by_pixels_for_the_other():
    # 3 of 7 phases in 6 s leave 8 s; half of the pixels in 4 s leave 4 s.
    snapshots = {
        "growing": snapshot("growing", round(PHASES[2].end * 1_000_000), seconds=6.0),
        "multi_scale": snapshot("multi_scale", 500_000, seconds=4.0),
    }
    standing = Standing(snapshots, Losses(), False)
    assert standing.seconds_left(10.0) == pytest.approx(12.0, rel=1e-3)
    assert standing.seconds_left(20.0) == pytest.approx(24.0, rel=1e-3)
    snapshots["growing"] = snapshot("growing", 990_000, seconds=6.0, done=True)
    assert standing.seconds_left(10.0) == pytest.approx(4.0)
    snapshots["multi_scale"] = snapshot("multi_scale")
    assert standing.seconds_left(1.0) is None
    assert Standing({"growing": snapshot()}, Losses(), False).seconds_left(1.0) is None


@pytest.mark.parametrize("language", ["en", "mr", "ne", "hi"])
def test_where_a_runner_stands_is_said(language):
    fading = progressive.phase_bar(
        language, snapshot(stage=Stage("fading", 2, 0.25), spent=250_000, seconds=9)
    )
    assert "16 px" in fading
    assert "0.25" in fading
    assert "width:25.0%" in fading
    assert fading.count("repeating-linear-gradient") == 3
    stable = progressive.phase_bar(language, snapshot(stage=Stage("stable", 0, 1.0)))
    assert "4 px" in stable
    assert "32" in progressive.phase_bar(language, snapshot("multi_scale"))
    assert "NaN" in progressive.phase_bar(language, snapshot(diverged=True))


def test_the_experiments_suit_the_settings():
    values = {name: value for name, value in progressive.DEFAULTS.items() if name != "data"}
    assert list(values) == list(ProgressiveSettings.described())
    for changed in ({}, *progressive.EXPERIMENTS):
        ProgressiveSettings(**(values | changed))


def test_the_status_tells_the_time_left_the_stop_and_the_end():
    snapshots = {method: snapshot(method, 250_000, seconds=5.0) for method in METHODS}
    standing = Standing(snapshots, Losses(), False)
    assert "s left" in progressive.status("en", standing, 10.0, False)
    assert "0.2 of 1 million" in progressive.status("en", standing, 10.0, False)
    assert "stopped after 10 s" in progressive.status("en", standing, 10.0, True)
    ended = {method: snapshot(method, 990_000, seconds=5.0, done=True) for method in METHODS}
    done = Standing(ended, Losses(), True)
    assert 'value="1.000"' in progressive.status("en", done, 12.0, True)
    assert "12 s<" in progressive.status("en", done, 12.0, True)
