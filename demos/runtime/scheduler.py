"""Who computes when.

Short computations go through few threads (`Worker`), several visitors' at a time (`Batcher`). Heavy
runs take slices in the order in which they came (`RunQueue`), and show a step now and then
(`schedule`).
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing
from typing import Protocol, TypeVar

from demos.runtime.events import Event, Progress, Result, Waiting

SLICE = 0.3  # seconds that a run computes while others wait; longer only where one step is
POLL = 0.1  # seconds between looks whether Stop was pressed
SECONDS_BETWEEN = 0.3  # between steps shown
SHOWING_SHARE = 0.12  # of the time, that showing steps may take
REST = 0.03  # between slices of a live training: the browser needs some time on two cores


class Worker(Executor):
    """One thread, or a few, that work off what is submitted, first come first served.

    `ThreadPoolExecutor` does so too, but where its threads die (no memory left between two
    tasks), whoever comes next waits for ever; here a new thread takes over.

    Args:
        name: of the threads.
        begin: called in every new thread before anything else.
        threads: how many work at the same time.
    """

    def __init__(self, name: str, begin: Callable[[], None] = lambda: None, threads: int = 1):
        self.name, self.begin, self.threads = name, begin, threads
        self._tasks: queue.SimpleQueue = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._working: set[threading.Thread] = set()

    def submit(self, function: Callable, /, *args, **options) -> Future:
        """A future of `function(*args, **options)`."""
        future: Future = Future()
        self._tasks.put((future, function, args, options))
        self._ensure_thread()
        return future

    def _ensure_thread(self) -> None:
        with self._lock:
            self._working = {thread for thread in self._working if thread.is_alive()}
            if len(self._working) < self.threads:
                thread = threading.Thread(target=self._work, name=self.name, daemon=True)
                thread.start()
                self._working.add(thread)

    def _work(self) -> None:
        future = None
        try:
            self.begin()
            while True:
                future, *task = self._tasks.get()
                if future.set_running_or_notify_cancel():
                    _compute(future, *task)
                future = task = None  # keeps no visitor's data alive
        finally:
            # Only a thread that dies comes here: its caller must not wait for ever.
            if future is not None and not future.done():
                future.set_exception(RuntimeError("the thread that computed this has died"))
            with self._lock:
                self._working.discard(threading.current_thread())
            if not self._tasks.empty():
                self._ensure_thread()


def _compute(future: Future, function: Callable, args: tuple, options: dict) -> None:
    try:
        result = function(*args, **options)
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)


class Batcher:
    """Gathers the items that wait while a batch is computed, and computes them as the next batch.

    Args:
        worker: computes the batches.
        compute: list of items -> list of results, in order.
        largest: most items in a batch.
    """

    def __init__(self, worker: Executor, compute: Callable[[list], list], largest: int):
        self.worker, self.compute, self.largest = worker, compute, largest
        self._waiting: deque[tuple[object, Future]] = deque()

    def __call__(self, item):
        """The result of `item`; raises what `compute` raises."""
        future: Future = Future()
        self._waiting.append((item, future))
        self.worker.submit(self._run)
        return future.result()

    def _run(self) -> None:
        # May find nothing left: an earlier batch took the item along.
        taken = [self._waiting.popleft() for _ in range(min(self.largest, len(self._waiting)))]
        if not taken:
            return
        try:
            results = self.compute([item for item, _ in taken])
        except BaseException as error:
            reason = error if isinstance(error, Exception) else RuntimeError("the batch was lost")
            for _, future in taken:
                future.set_exception(reason)
            raise
        for (_, future), result in zip(taken, results, strict=True):
            future.set_result(result)


class RunQueue:
    """A lock whose waiters are let in in the order in which they came.

    Several networks at once would share the same cores, each with a team of threads on all of them:
    slower for everybody, and the activations of all in memory at the same time.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def join(self) -> threading.Event:
        """A place in the queue: an event that is set when its turn comes."""
        place = threading.Event()
        with self._lock:
            if self._taken:
                self._waiting.append(place)
            else:
                self._taken = True
                place.set()
        return place

    def cancel(self, place: threading.Event) -> bool:
        """Gives a place up; False if its turn has come, which `release` must then end."""
        with self._lock:
            if place.is_set():
                return False
            self._waiting.remove(place)
            return True

    def ahead(self, place: threading.Event) -> int:
        """How many turns come before that place's."""
        with self._lock:
            return 0 if place.is_set() else self._waiting.index(place) + 1

    def acquire(self, stop: threading.Event) -> bool:
        """Waits for a turn; False as soon as `stop` is set: a run's last step waits for nobody."""
        place = self.join()
        while not place.wait(POLL):
            if stop.is_set() and self.cancel(place):
                return False
        return True

    def release(self) -> None:
        """Ends a turn; the one who has waited longest is next."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)


# A linear probe is trained in two seconds: it does not wait for style transfers and attacks.
HEAVY_RUNS, HEAD_RUNS = RunQueue(), RunQueue()


class Turn:
    """One run's side of a queue: holds it while it computes, releases it while a step is shown."""

    def __init__(self, runs: RunQueue, stop: threading.Event):
        self.runs, self.stop = runs, stop
        self._holds, self._since = False, 0.0

    def first(self, seconds: float = 1.0) -> Iterator[int]:
        """Waits for the first turn; yields every so many `seconds` how many come before it."""
        place = self.runs.join()
        told = time.perf_counter()
        try:
            while not place.wait(POLL) and not self.stop.is_set():
                if time.perf_counter() - told >= seconds:
                    yield self.runs.ahead(place)
                    told = time.perf_counter()
            self._holds, self._since = place.is_set(), time.perf_counter()
        finally:
            if not self._holds and not self.runs.cancel(place):
                self.runs.release()

    def begin(self) -> None:
        """Before a step: waits if it has no turn, or has had its slice and others wait."""
        if self._holds and self.runs.waiting and time.perf_counter() - self._since >= SLICE:
            self.end()
        if not self._holds:
            self._holds = self.runs.acquire(self.stop)
            self._since = time.perf_counter()

    def end(self) -> None:
        """Lets the next one in."""
        if self._holds:
            self._holds = False
            self.runs.release()


class Step(Protocol):
    """What runs yield: the number of the step, which may be a fraction, and of all steps."""

    @property
    def step(self) -> float: ...

    @property
    def steps(self) -> int: ...


S = TypeVar("S", bound=Step)


def schedule(
    steps: Iterator[S],
    stop: threading.Event,
    runs: RunQueue | None = HEAVY_RUNS,
    seconds: float = SECONDS_BETWEEN,
) -> Generator[Event[S], None, None]:
    """Computes a run in turn with the others of its queue.

    Yields `Waiting` every second until the first turn, then the first step, one about every so many
    `seconds` (fewer where showing one, by encoding and sending it, would take more than an eighth
    of the time), and the last as a `Result`. When `stop` is set the step in hand is the last; a
    run that was replaced (`demos.runtime.places`) takes none. The generator `steps` is closed, and
    the turn ended, whatever happens.

    Args:
        steps: what computes; the last step has `step >= steps`.
        runs: whose turns are taken; None where it computes elsewhere and holds up nobody.
    """
    turn = Turn(runs or RunQueue(), stop)
    with closing(steps):  # type: ignore[type-var]  # a generator, or another process's steps
        for ahead in turn.first():
            yield Waiting(ahead, max(1, round(ahead * SLICE)))
        start = due = time.perf_counter()
        try:
            while True:
                turn.begin()
                if getattr(stop, "replaced", False):
                    return  # a last step would be shown to nobody
                step = next(steps, None)
                if step is None:
                    return
                now = time.perf_counter()
                last = step.step >= step.steps or stop.is_set()
                if last or step.step == 0 or now >= due:
                    turn.end()
                    yield (Result if last else Progress)(step, now - start)
                    shown = time.perf_counter()
                    due = shown + max(seconds, (shown - now) / SHOWING_SHARE)
                if last:
                    return
        finally:
            turn.end()
