"""Turns for heavy runs: one computes at a time, first come first served, so that all advance."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from time import perf_counter

SLICE = 0.3  # seconds; longer only where one step is
LOOK = 0.1  # seconds between looks whether Stop was pressed


class Lane:
    """A lock whose waiters are let in in the order in which they came.

    Several networks at once would share the same cores, each with a team of threads on all of them:
    slower for everybody, and the activations of all in memory at the same time.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def line_up(self) -> threading.Event:
        """A place in the line: an event that is set when its turn comes."""
        place = threading.Event()
        with self._lock:
            if self._taken:
                self._waiting.append(place)
            else:
                self._taken = True
                place.set()
        return place

    def give_up(self, place: threading.Event) -> bool:
        """Leaves the line; False if the turn has come, which `leave` must then end."""
        with self._lock:
            if place.is_set():
                return False
            self._waiting.remove(place)
            return True

    def ahead(self, place: threading.Event) -> int:
        """How many turns come before that place's."""
        with self._lock:
            return 0 if place.is_set() else self._waiting.index(place) + 1

    def enter(self, stop: threading.Event) -> bool:
        """Waits for a turn; False at once when `stop` is set meanwhile: its last step is short."""
        place = self.line_up()
        while not place.wait(LOOK):
            if stop.is_set() and self.give_up(place):
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

    def lined_up(self, seconds: float = 1.0) -> Iterator[int]:
        """Waits for the first turn, and tells every so many `seconds` how many come before it."""
        place = self.lane.line_up()
        told = perf_counter()
        try:
            while not place.wait(LOOK) and not self.stop.is_set():
                if perf_counter() - told >= seconds:
                    yield self.lane.ahead(place)
                    told = perf_counter()
            self._inside, self._since = place.is_set(), perf_counter()
        finally:
            if not self._inside and not self.lane.give_up(place):
                self.lane.leave()

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
