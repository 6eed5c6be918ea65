"""The worker thread, its batches, and what happens when the thread dies."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos.runtime.scheduler import Batcher, Worker


def test_in_order_and_in_one_thread():
    worker, log = Worker("test"), []

    def work(number):
        log.append((number, threading.get_ident()))
        return number * 2

    futures = [worker.submit(work, number) for number in range(20)]
    assert [future.result(10) for future in futures] == list(range(0, 40, 2))
    assert [number for number, _ in log] == list(range(20))
    assert len({thread for _, thread in log}) == 1


def test_several_threads_work_at_the_same_time():
    worker, met = Worker("test", threads=3), threading.Barrier(3)
    futures = [worker.submit(met.wait, 10) for _ in range(9)]
    assert sorted(future.result(10) for future in futures) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len(worker._working) == 3


def test_an_error_reaches_who_asked_and_nobody_else():
    worker = Worker("test")
    bad, good = worker.submit(lambda: 1 / 0), worker.submit(lambda value: value, value=3)
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    assert good.result(10) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_replaced():
    begun = []
    worker = Worker("test", lambda: begun.append(threading.get_ident()))

    def die():
        raise SystemExit

    def slow(gate):
        gate.wait(10)

    gate = threading.Event()
    worker.submit(int).result(10)
    (thread,) = worker._working
    first, dying, after = (
        worker.submit(slow, gate),
        worker.submit(die),
        worker.submit(lambda: "well"),
    )
    gate.set()
    first.result(10)
    with pytest.raises(RuntimeError, match="has died"):
        dying.result(10)
    assert after.result(10) == "well"
    assert worker.submit(lambda: "still").result(10) == "still"
    thread.join(10)  # or its end is told in another test
    assert len(begun) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_between_two_tasks_is_replaced():
    worker = Worker("test")
    worker.submit(int).result(10)
    worker._tasks.put(None)  # what no task looks like: the loop itself breaks
    (thread,) = worker._working
    thread.join(10)
    assert worker.submit(lambda: "well").result(10) == "well"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_batch_outlives_its_thread():
    worker, deaths = Worker("test"), [True]

    def work(items):
        if deaths:
            deaths.pop()
            raise SystemExit
        return items

    look = Batcher(worker, work, 4)
    worker.submit(int).result(10)
    (thread,) = worker._working
    with pytest.raises(BaseException):  # noqa: B017, PT011
        look("a")
    thread.join(10)
    assert look("b") == "b"


def test_what_is_cancelled_is_not_done():
    worker, gate, log = Worker("test"), threading.Event(), []
    worker.submit(gate.wait, 10)
    unwanted = worker.submit(log.append, "unwanted")
    assert unwanted.cancel()
    gate.set()
    worker.submit(int).result(10)
    assert log == []


def test_one_alone_does_not_wait():
    with ThreadPoolExecutor(1) as worker:
        assert Batcher(worker, lambda items: [2 * n for n in items], 8)(21) == 42


def test_those_who_wait_are_taken_together():
    begun, gate, sizes = threading.Event(), threading.Event(), []

    def work(items):
        begun.set()
        gate.wait(10)
        sizes.append(len(items))
        return [-n for n in items]

    with ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(20) as visitors:
        batch = Batcher(worker, work, 8)
        answers = [visitors.submit(batch, 0)]
        assert begun.wait(10)  # the first one goes alone; all others wait for it
        answers += [visitors.submit(batch, n) for n in range(1, 20)]
        while len(batch._waiting) < 19:
            time.sleep(0.001)
        gate.set()
        assert [a.result(10) for a in answers] == [-n for n in range(20)]
    assert max(sizes) == 8
    assert sum(sizes) == 20


def test_an_error_reaches_all_and_the_next_goes_on():
    def work(items):
        if "bad" in items:
            raise ValueError("bad")
        return items

    with ThreadPoolExecutor(1) as worker:
        batch = Batcher(worker, work, 8)
        with pytest.raises(ValueError, match="bad"):
            batch("bad")
        assert batch("good") == "good"
