"""The race on the page: curves, time left, phases in words, and how a run is watched."""

import threading
from types import SimpleNamespace

import pytest

from demos.gan_lab import progressive as gym
from models.gan.training.progressive_schedule import PHASES, TOGETHER, Place


def leg(who="growing", spent=0, loss=None, place=TOGETHER, seconds=0.0, done=False, bad=False):
    return SimpleNamespace(
        who=who, spent=spent, budget=1_000_000, place=place, steps=1, loss_d=loss, loss_g=loss,
        samples=(), seconds=seconds, done=done, diverged=bad,
    )  # fmt: skip


class FakeRace:
    """Five slices each, by turns."""

    def __init__(self):
        self.slices = 0

    @property
    def done(self):
        return self.slices == 10

    def advance(self, seconds):
        assert seconds <= 0.15
        self.slices += 1
        who = "growing" if self.slices % 2 else "multi_scale"
        return leg(who, self.slices * 100_000, 1.0, seconds=0.1 * self.slices)


def turn(function, *arguments):
    turn.count += 1
    return function(*arguments)


@pytest.fixture(autouse=True)
def turns(monkeypatch):
    turn.count = 0
    monkeypatch.setattr(gym, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(gym, "REST", 0.0)


def test_every_slice_takes_its_turn_and_the_last_leg_of_both_is_shown():
    shown = list(gym.raced(FakeRace(), turn, threading.Event(), gym.Losses()))
    assert turn.count == 10
    assert set(shown[0]) == {"growing"}
    assert [shown[-1][who].spent for who in ("growing", "multi_scale")] == [900_000, 1_000_000]


def test_not_every_slice_is_shown(monkeypatch):
    monkeypatch.setattr(gym, "SECONDS_BETWEEN", 60.0)
    shown = list(gym.raced(FakeRace(), turn, threading.Event(), gym.Losses()))
    assert len(shown) == 2
    assert turn.count == 10


def test_stop_ends_it_after_the_slice_in_hand():
    stopped = threading.Event()
    watched = gym.raced(FakeRace(), turn, stopped, gym.Losses())
    next(watched)
    stopped.set()
    assert len(list(watched)) == 1
    assert turn.count == 2


def test_losses_are_averaged_over_parts_of_the_budget():
    losses = gym.Losses()
    for spent, loss in ((0, 1.0), (1000, 3.0), (500_000, 5.0), (500_001, None)):
        losses.add(leg("growing", spent, loss))
    losses.add(leg("multi_scale", 0, 4.0))
    assert losses.points("growing", "loss_d") == [(0.0, 2.0), (0.5, 5.0)]
    assert losses.points("multi_scale", "loss_g") == [(0.0, 4.0)]
    assert losses.points("nobody", "loss_d") == []
    drawn = losses.drawn("en", "growing", 32)
    assert drawn.startswith("<figure")
    assert ">5<" in drawn
    assert ">5<" in losses.drawn("en", "multi_scale", 32)
    losses.add(leg("growing", 900_000, 40.0))
    assert ">5<" in losses.drawn("en", "growing", 32)
    assert gym.Losses().drawn("en", "growing", 32).startswith("<figure")


def test_time_left_goes_by_steps_for_growing_and_by_pixels_for_the_other():
    # 3 of 7 phases in 6 s leave 8 s; half of the pixels in 4 s leave 4 s.
    legs = {
        "growing": leg("growing", round(PHASES[2].end * 1_000_000), seconds=6.0),
        "multi_scale": leg("multi_scale", 500_000, seconds=4.0),
    }
    assert gym.seconds_left(legs, 10.0) == pytest.approx(12.0, rel=1e-3)
    assert gym.seconds_left(legs, 20.0) == pytest.approx(24.0, rel=1e-3)
    legs["growing"] = leg("growing", 990_000, seconds=6.0, done=True)
    assert gym.seconds_left(legs, 10.0) == pytest.approx(4.0)
    assert gym.seconds_left({"growing": leg()}, 1.0) is None


@pytest.mark.parametrize("code", ["en", "mr", "ne", "hi"])
def test_where_a_runner_stands_is_said(code):
    fading = gym.standing(code, leg(place=Place("fading", 2, 0.25), spent=250_000, seconds=9))
    assert "16 px" in fading
    assert "0.25" in fading
    assert "width:25.0%" in fading
    assert fading.count("repeating-linear-gradient") == 3
    stable = gym.standing(code, leg(place=Place("stable", 0, 1.0)))
    assert "4 px" in stable
    assert "32" in gym.standing(code, leg("multi_scale"))
    assert "NaN" in gym.standing(code, leg(bad=True))


def test_the_knobs_suit_the_settings():
    from models.gan.training.progressive_schedule import Settings

    values = {name: value for name, value in gym.DEFAULTS.items() if name != "data"}
    for turned in ({}, *gym.EXPERIMENTS):
        Settings(**(values | turned))


def test_the_status_tells_the_time_left_the_stop_and_the_end():
    legs = {who: leg(who, 250_000, seconds=5.0) for who in gym.RUNNERS}
    assert "s left" in gym._line("en", legs, 10.0, False, False)
    assert "0.2 of 1 million" in gym._line("en", legs, 10.0, False, False)
    assert "stopped after 10 s" in gym._line("en", legs, 10.0, False, True)
    ended = {who: leg(who, 990_000, seconds=5.0, done=True) for who in gym.RUNNERS}
    assert 'value="1.000"' in gym._line("en", ended, 12.0, True, False)
    assert "12 s<" in gym._line("en", ended, 12.0, True, False)
