"""Heavy runs: one computes at a time, in order, and their steps are shown now and then."""

import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import pytest

from demos.runtime import scheduler
from demos.runtime.events import Progress, Result, Waiting
from demos.runtime.scheduler import RunQueue, Turn, schedule
from demos.ui import progress


def test_first_come_first_served():
    runs, never, order = RunQueue(), threading.Event(), []
    assert runs.acquire(never)

    def wait(name):
        assert runs.acquire(never)
        order.append(name)
        runs.release()

    threads = []
    for count, name in enumerate("abc", 1):
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        while runs.waiting < count:
            time.sleep(0.001)
    assert order == []
    runs.release()
    for thread in threads:
        thread.join(10)
    assert order == ["a", "b", "c"]
    assert runs.acquire(never)  # it is free again


def test_a_stopped_one_does_not_wait():
    runs, stop = RunQueue(), threading.Event()
    assert runs.acquire(threading.Event())
    stop.set()
    assert not runs.acquire(stop)
    assert runs.waiting == 0
    runs.release()
    assert runs.acquire(stop)


def steps(log, name, count):
    for number in range(count + 1):
        log.append(name)
        time.sleep(0.001)
        yield SimpleNamespace(step=number, steps=count)


def test_runs_take_turns(monkeypatch):
    """Two runs of many steps, slices of no length: neither is done before the other has begun."""
    monkeypatch.setattr(scheduler, "SLICE", 0.0)
    runs, log = RunQueue(), []
    together = threading.Barrier(2)

    def run(name):
        for number, _ in enumerate(schedule(steps(log, name, 200), threading.Event(), runs, 0.0)):
            if number == 0:
                together.wait(10)

    threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(log) == ["a"] * 201 + ["b"] * 201
    changes = sum(one != other for one, other in pairwise(log))
    assert changes > 50
    assert runs.acquire(threading.Event())


@pytest.mark.parametrize("how", ["closed", "failed"])
def test_the_queue_is_free_after_a_run_that_ends_early(how):
    runs = RunQueue()

    def failing():
        yield SimpleNamespace(step=0, steps=9)
        raise RuntimeError

    going = schedule(failing(), threading.Event(), runs, 0.0)
    next(going)
    if how == "closed":
        going.close()
    else:
        with pytest.raises(RuntimeError):
            next(going)
    assert Turn(runs, threading.Event()).runs.acquire(threading.Event())


def test_nobody_is_kept_out_while_a_picture_is_shown():
    """A visitor whose browser takes its time holds nobody up."""
    runs = RunQueue()
    going = schedule(steps([], "a", 5), threading.Event(), runs, 0.0)
    next(going)
    assert runs.acquire(threading.Event())


def test_who_waits_is_told_of_the_others():
    runs = RunQueue()
    assert "others" not in progress.running("en", 1, 10, 0.1, 1.0, runs)
    assert runs.acquire(threading.Event())
    stop = threading.Event()
    other = threading.Thread(target=runs.acquire, args=(stop,))
    other.start()
    while not runs.waiting:
        time.sleep(0.001)
    assert "takes turns with others: 1" in progress.running("en", 1, 10, 0.1, 1.0, runs)
    stop.set()
    other.join()


def test_a_newcomer_is_told_how_many_come_first():
    runs, stop = RunQueue(), threading.Event()
    assert runs.acquire(stop)
    before = runs.join()
    told = schedule(steps([], "a", 1), stop, runs)
    first = next(told)
    assert first == Waiting(2, 1)
    assert "2 before this one, about 1 s" in progress.waiting("en", first)
    assert runs.waiting == 2
    runs.release()
    assert before.is_set()
    assert next(told) == Waiting(1, 1)
    runs.release()
    assert [event.value.step for event in told] == [0, 1]
    assert runs.acquire(stop)  # it is free again


@pytest.mark.parametrize("how", ["closed", "stopped"])
def test_who_gives_up_waiting_leaves_the_line(how):
    runs, stop, log = RunQueue(), threading.Event(), []
    assert runs.acquire(threading.Event())
    told = schedule(steps(log, "a", 9), stop, runs)
    next(told)
    if how == "closed":
        told.close()
        assert log == []
    else:
        stop.set()
        assert [(event.value.step, isinstance(event, Result)) for event in told] == [(0, True)]
    assert runs.waiting == 0
    runs.release()
    assert runs.acquire(threading.Event())


@dataclass
class Step:
    step: int
    steps: int = 100


def hundred_steps(log):
    try:
        for number in range(101):
            log.append(number)
            yield Step(number)
    finally:
        log.append("closed")


def test_first_and_last_are_shown_and_the_rest_is_thinned():
    log = []
    shown = [
        event.value.step for event in schedule(hundred_steps(log), threading.Event(), seconds=1000)
    ]
    assert shown == [0, 100]
    assert log[-1] == "closed"


def test_every_step_when_there_is_time(monkeypatch):
    monkeypatch.setattr("demos.runtime.scheduler.SHOWING_SHARE", 1e9)
    shown = list(schedule(hundred_steps([]), threading.Event(), seconds=0))
    assert len(shown) == 101
    assert [type(event) for event in shown] == [Progress] * 100 + [Result]


def test_slow_showing_is_done_seldom(monkeypatch):
    clock = iter(range(10_000))  # showing takes a second, and so does a step
    monkeypatch.setattr("demos.runtime.scheduler.time.perf_counter", lambda: next(clock))
    shown = [
        event.value.step for event in schedule(hundred_steps([]), threading.Event(), seconds=0)
    ]
    gaps = {later - sooner for sooner, later in pairwise(shown[1:-1])}
    assert gaps == {8}  # 1 / 0.12 = 8.3 seconds, one of them in taking the turn anew


def test_stop_makes_the_step_in_hand_the_last(monkeypatch):
    monkeypatch.setattr("demos.runtime.scheduler.SHOWING_SHARE", 1e9)
    log, stop = [], threading.Event()
    for event in schedule(hundred_steps(log), stop, seconds=0):
        if event.value.step == 3:
            stop.set()
        if isinstance(event, Result):
            assert event.value.step == 4
    assert log == [0, 1, 2, 3, 4, "closed"]


def test_closing_closes_what_is_inside():
    log = []
    run = schedule(hundred_steps(log), threading.Event())
    next(run)
    run.close()
    assert log == [0, "closed"]
