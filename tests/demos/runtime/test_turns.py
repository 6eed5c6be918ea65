"""Work in turns: in order, errors to whoever asked, and a thread that dies is replaced."""

import threading

import pytest

from demos.runtime.batch import Batch
from demos.runtime.turns import Turns


def test_in_order_and_in_one_thread():
    turns, log = Turns("test"), []

    def work(number):
        log.append((number, threading.get_ident()))
        return number * 2

    futures = [turns.submit(work, number) for number in range(20)]
    assert [future.result(10) for future in futures] == list(range(0, 40, 2))
    assert [number for number, _ in log] == list(range(20))
    assert len({thread for _, thread in log}) == 1


def test_an_error_reaches_who_asked_and_nobody_else():
    turns = Turns("test")
    bad, good = turns.submit(lambda: 1 / 0), turns.submit(lambda value: value, value=3)
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    assert good.result(10) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_replaced():
    begun = []
    turns = Turns("test", lambda: begun.append(threading.get_ident()))

    def die():
        raise SystemExit

    def slow(gate):
        gate.wait(10)

    gate = threading.Event()
    turns.submit(int).result(10)
    thread = turns._thread
    first, dying, after = turns.submit(slow, gate), turns.submit(die), turns.submit(lambda: "well")
    gate.set()
    first.result(10)
    with pytest.raises(RuntimeError, match="has died"):
        dying.result(10)
    assert after.result(10) == "well"
    assert turns.submit(lambda: "still").result(10) == "still"
    thread.join(10)  # or its end is told in another test
    assert len(begun) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_between_two_tasks_is_replaced():
    turns = Turns("test")
    turns.submit(int).result(10)
    turns._tasks.put(None)  # what no task looks like: the loop itself breaks
    turns._thread.join(10)
    assert turns.submit(lambda: "well").result(10) == "well"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_batch_outlives_its_thread():
    turns, deaths = Turns("test"), [True]

    def work(items):
        if deaths:
            deaths.pop()
            raise SystemExit
        return items

    look = Batch(turns, work, 4)
    turns.submit(int).result(10)
    thread = turns._thread
    with pytest.raises(BaseException):  # noqa: B017, PT011
        look("a")
    thread.join(10)
    assert look("b") == "b"


def test_what_is_cancelled_is_not_done():
    turns, gate, log = Turns("test"), threading.Event(), []
    turns.submit(gate.wait, 10)
    unwanted = turns.submit(log.append, "unwanted")
    assert unwanted.cancel()
    gate.set()
    turns.submit(int).result(10)
    assert log == []
