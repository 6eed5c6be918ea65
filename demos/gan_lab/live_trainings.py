"""The live trainings of all visitors: bounded by memory, freed when nobody watches any more.

They are the one thing of a visitor that outlives an event. A run in the plane needs a megabyte or
two, one of pictures up to some hundred, so that room is counted in bytes and not in runs. Who finds
none waits in line, and gets in by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import psutil

from demos.gan_lab.runs import TURN_SECONDS, LiveTraining
from demos.runtime.events import Waiting
from demos.runtime.idle_registry import IdleRegistry
from models.validation import ValidationError

MAX_RUN_BYTES = 320 << 20
MAX_BYTES, MEMORY_SHARE = 2 << 30, 0.25  # of all runs, and of this computer's memory at most
OVERHEAD_BYTES = 4 << 20  # of a run, besides its tensors: history, threads, what is being sent
# A run is given up when nobody has watched it for so long; when room is short, sooner.
IDLE_SECONDS, IDLE_SECONDS_WHEN_FULL = 300.0, 20.0
SWEEP_SECONDS = 15.0
LOOK_SECONDS = 0.5  # between two looks for a place


class LiveTrainings(IdleRegistry[str | None, LiveTraining]):
    """Runs by visitor's session.

    Args:
        max_run_bytes, max_bytes: what one of them and all together may hold on to; None takes what
            this computer has room for.
        idle_seconds: how long a run may be unwatched.
    """

    def __init__(
        self,
        max_run_bytes: int = MAX_RUN_BYTES,
        max_bytes: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ):
        super().__init__(idle_seconds, SWEEP_SECONDS)
        room = min(MAX_BYTES, int(MEMORY_SHARE * psutil.virtual_memory().total))
        self.max_bytes = max_bytes or room
        self.max_run_bytes = min(max_run_bytes, self.max_bytes)
        self._line: list[object] = []  # who waits for a place, first come first served

    def ended(self, item: LiveTraining) -> None:
        """Its loop ends."""
        item.paused.set()

    def get(self, key: str | None) -> LiveTraining | None:
        """The run of `key`, if it is still there."""
        with self._lock:
            return self._items.get(key)

    def started(self, key: str | None) -> LiveTraining:
        """As `get`, of a run that there is something to see of; somebody is watching it.

        Raises:
            ValidationError: there is none.
        """
        run = self.get(key)
        if run is None or run.snapshot is None:
            raise ValidationError("lab_no_run")
        run.touch()
        return run

    def open(self, key: str | None, make: Callable[[], LiveTraining]) -> LiveTraining:
        """A new run of `key` at once; an older one of the same key ends.

        Raises:
            ValidationError: it needs more memory than a run may have, or every place is taken by a
                run that somebody watches.
        """
        self.close(key)
        run = self._made(make)
        if not self._placed(key, run, None):
            raise ValidationError("lab_full", count=len(self))
        return run

    def enter(
        self,
        key: str | None,
        make: Callable[[], LiveTraining],
        wanted: Callable[[], bool] = lambda: True,
        own: LiveTraining | None = None,
    ) -> Generator[Waiting, None, LiveTraining]:
        """As `open`, but waits for a place; yields `Waiting` twice a second meanwhile, where
        `ahead` come first and a place is free after `seconds` at most, as far as is known.

        Args:
            own: the visitor's run whose turn is over, to go on with if it is still there when the
                visitor is first in line; None ends the visitor's run.

        Raises:
            InterruptedError: it is not `wanted` any more: data take their time, and so does
                waiting, and the visitor has stopped it or started something newer.
            ValidationError: it needs more memory than a run may have.
        """
        if own is None:
            self.close(key)
        made = None
        if own is None and not self._line:
            made = self._made(make)
            if self._placed(key, made, None, wanted):
                return made
        with self._in_line() as ticket:
            while True:
                if not wanted():
                    raise InterruptedError
                if self._line[0] is ticket:
                    if own is not None and self.get(key) is own:
                        own.touch()
                        return own
                    # Only who is first holds on to a run that has no place yet.
                    made = made or self._made(make)
                    if self._placed(key, made, ticket, wanted):
                        return made
                else:
                    made = None
                yield self._forecast(ticket)
                time.sleep(LOOK_SECONDS)

    def others_wait(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._line)

    def gives_way(self, run: LiveTraining) -> bool:
        """Whether a run whose turn is over is to give its place to who waits: of those that are
        watched, the longest first, and only as many as wait."""
        with self._lock:
            leaving = sum(one.gave_way for one in self._items.values())
            watched = [one for one in self._items.values() if one.is_watched]
            watched.sort(key=lambda one: one.turn_began)
            return run in watched[: max(0, len(self._line) - leaving)]

    def close(self, key: str | None) -> None:
        """Ends the run of `key`, and the loop that watches it; does nothing if there is none."""
        with self._lock:
            run = self._items.pop(key, None)
        if run:
            run.take_over()

    def gone(self, visitor: str) -> None:
        """Ends the run of `visitor`, and waits for nothing: nobody sees any more what its loop
        shows, and a class leaves at the same time."""
        with self._lock:
            self._free(lambda run: self._items.get(visitor) is run)

    def held(self) -> tuple[int, int]:
        """(runs, bytes they hold on to)."""
        with self._lock:
            return len(self._items), sum(map(_bytes, self._items.values()))

    def _made(self, make: Callable[[], LiveTraining]) -> LiveTraining:
        run = make()
        if _bytes(run) > self.max_run_bytes:
            raise ValidationError(
                "lab_memory", needed=_bytes(run) >> 20, limit=self.max_run_bytes >> 20
            )
        return run

    def _placed(
        self,
        key: str | None,
        run: LiveTraining,
        ticket: object | None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Whether there was room for a run, which has it now; who waits comes first.

        Raises:
            InterruptedError: it is not `wanted` any more.
        """
        with self._lock:
            if not wanted():
                raise InterruptedError
            if self._line and self._line[0] is not ticket:
                return False
            idle = time.monotonic() - min(IDLE_SECONDS_WHEN_FULL, self.idle_seconds)

            def full() -> bool:
                return sum(map(_bytes, self._items.values())) + _bytes(run) > self.max_bytes

            self._make_room(full, idle)
            if full():
                return False
            self._keep(key, run)
            return True

    @contextmanager
    def _in_line(self) -> Iterator[object]:
        ticket = object()
        with self._lock:
            self._line.append(ticket)
        try:
            yield ticket
        finally:
            with self._lock:
                self._line.remove(ticket)

    def _forecast(self, ticket: object) -> Waiting:
        """How many come before a ticket, and when so many runs will have given their places."""
        with self._lock:
            ahead = self._line.index(ticket)
            free = sorted(map(_free_at, self._items.values()))
        at = free[min(ahead, len(free) - 1)] if free else 0.0
        return Waiting(ahead, max(1, round(at - time.monotonic())))


def _bytes(run: LiveTraining) -> int:
    return run.bytes + OVERHEAD_BYTES


def _free_at(run: LiveTraining) -> float:
    """When a run's place is free at the latest, while others wait."""
    seen = run.turn_began + TURN_SECONDS if run.is_watched else run.last_seen
    return seen + IDLE_SECONDS_WHEN_FULL
