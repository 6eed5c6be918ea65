"""One thread for short computations of many visitors, and another one should it ever die."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future


class Turns(Executor):
    """Works off what is submitted, one thing at a time, first come first served.

    `ThreadPoolExecutor` does so too, but where its thread dies (no memory left between two tasks),
    whoever comes next waits for ever.

    Args:
        name: of the thread.
        begin: called in every new thread before anything else.
    """

    def __init__(self, name: str, begin: Callable[[], None] = lambda: None):
        self.name, self.begin = name, begin
        self._tasks: queue.SimpleQueue = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, function: Callable, /, *args, **options) -> Future:
        """A future of `function(*args, **options)`."""
        future: Future = Future()
        self._tasks.put((future, function, args, options))
        self._see_to_thread()
        return future

    def _see_to_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        future = None
        try:
            self.begin()
            while True:
                future, *task = self._tasks.get()
                if future.set_running_or_notify_cancel():
                    _settle(future, *task)
                future = task = None  # nothing of a visitor stays
        finally:
            # Only a thread that dies comes here: who waits for it must not wait for ever.
            if future is not None and not future.done():
                future.set_exception(RuntimeError("the thread that computed this has died"))
            with self._lock:
                self._thread = None
            if not self._tasks.empty():
                self._see_to_thread()


def _settle(future: Future, function: Callable, args: tuple, options: dict) -> None:
    try:
        result = function(*args, **options)
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)
