"""Turns for heavy runs: one computes at a time, first come first served, so that all advance."""

from __future__ import annotations

import threading
from collections import deque
from time import perf_counter

SLICE = 0.3  # seconds; longer only where one step is


class Lane:
    """A lock whose waiters are let in in the order in which they came.

    Several networks at once would share the same cores, each with a team of threads on all of them:
    slower for everybody, and the activations of all in memory at the same time.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def enter(self, stop: threading.Event) -> bool:
        """Waits for a turn; False at once when `stop` is set meanwhile: its last step is short."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        while not turn.wait(0.1):
            if not stop.is_set():
                continue
            with self._lock:
                if not turn.is_set():
                    self._waiting.remove(turn)
                    return False
        return True

    def leave(self) -> None:
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


class Turn:
    """One run's side of a lane: in it while it computes, out of it while its picture is shown."""

    def __init__(self, lane: Lane, stop: threading.Event):
        self.lane, self.stop = lane, stop
        self._inside, self._since = False, 0.0

    def begin(self) -> None:
        """Before a step: waits if it has no turn, or has had its slice and others wait."""
        if self._inside and self.lane.waiting and perf_counter() - self._since >= SLICE:
            self.end()
        if not self._inside:
            self._inside = self.lane.enter(self.stop)
            self._since = perf_counter()

    def end(self) -> None:
        """Lets the next one in."""
        if self._inside:
            self._inside = False
            self.lane.leave()
