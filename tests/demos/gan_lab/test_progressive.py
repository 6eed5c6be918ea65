"""The comparison on the page: curves, time left, phases in words, and how a run is watched."""

import threading
from types import SimpleNamespace

import pytest

from demos.gan_lab import progressive as progressive
from models.gan.training.progressive_schedule import ALL_SIDES, PHASES, Stage


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
    monkeypatch.setattr(progressive, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(progressive, "REST", 0.0)


def test_every_slice_takes_its_turn_and_the_last_snapshot_of_both_is_shown():
    shown = list(progressive.raced(FakeComparison(), turn, threading.Event(), progressive.Losses()))
    assert turn.count == 10
    assert set(shown[0]) == {"growing"}
    assert [shown[-1][method].spent for method in ("growing", "multi_scale")] == [
        900_000,
        1_000_000,
    ]


def test_not_every_slice_is_shown(monkeypatch):
    monkeypatch.setattr(progressive, "SECONDS_BETWEEN", 60.0)
    shown = list(progressive.raced(FakeComparison(), turn, threading.Event(), progressive.Losses()))
    assert len(shown) == 2
    assert turn.count == 10


def test_stop_ends_it_after_the_slice_in_hand():
    stopped = threading.Event()
    watched = progressive.raced(FakeComparison(), turn, stopped, progressive.Losses())
    next(watched)
    stopped.set()
    assert len(list(watched)) == 1
    assert turn.count == 2


def test_losses_are_averaged_over_parts_of_the_budget():
    losses = progressive.Losses()
    for spent, loss in ((0, 1.0), (1000, 3.0), (500_000, 5.0), (500_001, None)):
        losses.add(snapshot("growing", spent, loss))
    losses.add(snapshot("multi_scale", 0, 4.0))
    assert losses.points("growing", "loss_d") == [(0.0, 2.0), (0.5, 5.0)]
    assert losses.points("multi_scale", "loss_g") == [(0.0, 4.0)]
    assert losses.points("nobody", "loss_d") == []
    drawn = losses.drawn("en", "growing", 32)
    assert drawn.startswith("<figure")
    assert ">5<" in drawn
    assert ">5<" in losses.drawn("en", "multi_scale", 32)
    losses.add(snapshot("growing", 900_000, 40.0))
    assert ">5<" in losses.drawn("en", "growing", 32)
    assert progressive.Losses().drawn("en", "growing", 32).startswith("<figure")


def test_time_left_goes_by_steps_for_growing_and_by_pixels_for_the_other():
    # 3 of 7 phases in 6 s leave 8 s; half of the pixels in 4 s leave 4 s.
    snapshots = {
        "growing": snapshot("growing", round(PHASES[2].end * 1_000_000), seconds=6.0),
        "multi_scale": snapshot("multi_scale", 500_000, seconds=4.0),
    }
    assert progressive.seconds_left(snapshots, 10.0) == pytest.approx(12.0, rel=1e-3)
    assert progressive.seconds_left(snapshots, 20.0) == pytest.approx(24.0, rel=1e-3)
    snapshots["growing"] = snapshot("growing", 990_000, seconds=6.0, done=True)
    assert progressive.seconds_left(snapshots, 10.0) == pytest.approx(4.0)
    assert progressive.seconds_left({"growing": snapshot()}, 1.0) is None


@pytest.mark.parametrize("code", ["en", "mr", "ne", "hi"])
def test_where_a_runner_stands_is_said(code):
    fading = progressive.standing(
        code, snapshot(stage=Stage("fading", 2, 0.25), spent=250_000, seconds=9)
    )
    assert "16 px" in fading
    assert "0.25" in fading
    assert "width:25.0%" in fading
    assert fading.count("repeating-linear-gradient") == 3
    stable = progressive.standing(code, snapshot(stage=Stage("stable", 0, 1.0)))
    assert "4 px" in stable
    assert "32" in progressive.standing(code, snapshot("multi_scale"))
    assert "NaN" in progressive.standing(code, snapshot(diverged=True))


def test_the_knobs_suit_the_settings():
    from models.gan.training.progressive_schedule import ProgressiveSettings

    values = {name: value for name, value in progressive.DEFAULTS.items() if name != "data"}
    for turned in ({}, *progressive.EXPERIMENTS):
        ProgressiveSettings(**(values | turned))


def test_the_status_tells_the_time_left_the_stop_and_the_end():
    snapshots = {method: snapshot(method, 250_000, seconds=5.0) for method in progressive.METHODS}
    assert "s left" in progressive._line("en", snapshots, 10.0, False, False)
    assert "0.2 of 1 million" in progressive._line("en", snapshots, 10.0, False, False)
    assert "stopped after 10 s" in progressive._line("en", snapshots, 10.0, False, True)
    ended = {
        method: snapshot(method, 990_000, seconds=5.0, done=True) for method in progressive.METHODS
    }
    assert 'value="1.000"' in progressive._line("en", ended, 12.0, True, False)
    assert "12 s<" in progressive._line("en", ended, 12.0, True, False)
