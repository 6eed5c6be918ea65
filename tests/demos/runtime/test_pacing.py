from dataclasses import dataclass
from itertools import pairwise
from threading import Event

from demos.runtime.pacing import paced


@dataclass
class Step:
    step: int
    steps: int = 100


def steps(log):
    try:
        for number in range(101):
            log.append(number)
            yield Step(number)
    finally:
        log.append("closed")


def test_first_and_last_are_shown_and_the_rest_is_thinned():
    log = []
    shown = [step.step for step, _, _ in paced(steps(log), Event(), seconds=1000)]
    assert shown == [0, 100]
    assert log[-1] == "closed"


def test_every_step_when_there_is_time(monkeypatch):
    monkeypatch.setattr("demos.runtime.pacing.SHOWING_SHARE", 1e9)
    shown = list(paced(steps([]), Event(), seconds=0))
    assert len(shown) == 101
    assert [last for _, last, _ in shown] == [False] * 100 + [True]


def test_slow_showing_is_done_seldom(monkeypatch):
    clock = iter(range(10_000))  # showing takes a second, and so does a step
    monkeypatch.setattr("demos.runtime.pacing.time.perf_counter", lambda: next(clock))
    shown = [step.step for step, _, _ in paced(steps([]), Event(), seconds=0)]
    gaps = {later - sooner for sooner, later in pairwise(shown[1:-1])}
    assert gaps == {9}  # 1 / 0.12, the next whole second


def test_stop_makes_the_step_in_hand_the_last(monkeypatch):
    monkeypatch.setattr("demos.runtime.pacing.SHOWING_SHARE", 1e9)
    log, stop = [], Event()
    for step, last, _ in paced(steps(log), stop, seconds=0):
        if step.step == 3:
            stop.set()
        if last:
            assert step.step == 4
    assert log == [0, 1, 2, 3, 4, "closed"]


def test_closing_closes_what_is_inside():
    log = []
    run = paced(steps(log), Event())
    next(run)
    run.close()
    assert log == [0, "closed"]
