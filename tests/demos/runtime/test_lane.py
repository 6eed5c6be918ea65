"""Turns of heavy runs: one at a time, in order, and a stopped one waits for nobody."""

import threading
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from demos.runtime import lane as module
from demos.runtime.lane import Lane, Turn
from demos.runtime.pacing import paced
from demos.ui import progress as status


def test_first_come_first_served():
    lane, never, order = Lane(), threading.Event(), []
    assert lane.enter(never)

    def wait(name):
        assert lane.enter(never)
        order.append(name)
        lane.leave()

    threads = []
    for count, name in enumerate("abc", 1):
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        while lane.waiting < count:
            time.sleep(0.001)
    assert order == []
    lane.leave()
    for thread in threads:
        thread.join(10)
    assert order == ["a", "b", "c"]
    assert lane.enter(never)  # it is free again


def test_a_stopped_one_does_not_wait():
    lane, stop = Lane(), threading.Event()
    assert lane.enter(threading.Event())
    stop.set()
    assert not lane.enter(stop)
    assert lane.waiting == 0
    lane.leave()
    assert lane.enter(stop)


def steps(log, name, count):
    for number in range(count + 1):
        log.append(name)
        time.sleep(0.001)
        yield SimpleNamespace(step=number, steps=count)


def test_runs_take_turns(monkeypatch):
    """Two runs of many steps, slices of no length: neither is done before the other has begun."""
    monkeypatch.setattr(module, "SLICE", 0.0)
    lane, log = Lane(), []
    together = threading.Barrier(2)

    def run(name):
        for number, _ in enumerate(paced(steps(log, name, 200), threading.Event(), 0.0, lane)):
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
    assert lane.enter(threading.Event())


@pytest.mark.parametrize("how", ["closed", "failed"])
def test_the_lane_is_free_after_a_run_that_ends_early(how):
    lane = Lane()

    def failing():
        yield SimpleNamespace(step=0, steps=9)
        raise RuntimeError

    going = paced(failing(), threading.Event(), 0.0, lane)
    next(going)
    if how == "closed":
        going.close()
    else:
        with pytest.raises(RuntimeError):
            next(going)
    assert Turn(lane, threading.Event()).lane.enter(threading.Event())


def test_nobody_is_kept_out_while_a_picture_is_shown():
    """A visitor whose browser takes its time holds nobody up."""
    lane = Lane()
    going = paced(steps([], "a", 5), threading.Event(), 0.0, lane)
    next(going)
    assert lane.enter(threading.Event())


def test_who_waits_is_told_of_the_others():
    lane = Lane()
    assert "others" not in status.running("en", 1, 10, 0.1, 1.0, lane)
    assert lane.enter(threading.Event())
    stop = threading.Event()
    other = threading.Thread(target=lane.enter, args=(stop,))
    other.start()
    while not lane.waiting:
        time.sleep(0.001)
    assert "takes turns with others: 1" in status.running("en", 1, 10, 0.1, 1.0, lane)
    stop.set()
    other.join()


def test_a_newcomer_is_told_how_many_come_first():
    lane, stop = Lane(), threading.Event()
    assert lane.enter(stop)
    before = lane.line_up()
    told = status.in_turn("en", steps([], "a", 1), stop, lane)
    first = next(told)
    assert "2 before this one, about 1 s" in first
    assert lane.waiting == 2
    lane.leave()
    assert before.is_set()
    assert "1 before this one" in next(told)
    lane.leave()
    assert [step.step for step, _, _ in told] == [0, 1]
    assert lane.enter(stop)  # it is free again


@pytest.mark.parametrize("how", ["closed", "stopped"])
def test_who_gives_up_waiting_leaves_the_line(how):
    lane, stop, log = Lane(), threading.Event(), []
    assert lane.enter(threading.Event())
    told = status.in_turn("en", steps(log, "a", 9), stop, lane)
    next(told)
    if how == "closed":
        told.close()
        assert log == []
    else:
        stop.set()
        assert [(step.step, last) for step, last, _ in told] == [(0, True)]
    assert lane.waiting == 0
    lane.leave()
    assert lane.enter(threading.Event())
