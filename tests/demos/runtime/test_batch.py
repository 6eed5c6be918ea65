"""Batches: what waits is computed together, in order, and errors reach everyone concerned."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos.runtime.batch import Batch


def test_one_alone_does_not_wait():
    with ThreadPoolExecutor(1) as turns:
        assert Batch(turns, lambda items: [2 * n for n in items], 8)(21) == 42


def test_those_who_wait_are_taken_together():
    begun, gate, sizes = threading.Event(), threading.Event(), []

    def work(items):
        begun.set()
        gate.wait(10)
        sizes.append(len(items))
        return [-n for n in items]

    with ThreadPoolExecutor(1) as turns, ThreadPoolExecutor(20) as visitors:
        batch = Batch(turns, work, 8)
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

    with ThreadPoolExecutor(1) as turns:
        batch = Batch(turns, work, 8)
        with pytest.raises(ValueError, match="bad"):
            batch("bad")
        assert batch("good") == "good"
