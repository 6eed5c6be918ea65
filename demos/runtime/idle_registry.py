"""What a visitor has on the server for a while: kept by key, freed when it is left alone."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

SWEEPS_PER_IDLE_TIME = 4


class Kept(Protocol):
    """What can be left alone."""

    @property
    def last_seen(self) -> float:
        """When somebody used it last, by `time.monotonic`."""


Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item", bound=Kept)


class IdleRegistry(Generic[Key, Item]):
    """Items by key; a thread frees the idle ones while there are any.

    Args:
        idle_seconds: how long an item may be left alone.
        sweep_seconds: how often the thread looks, at the least.
    """

    def __init__(self, idle_seconds: float, sweep_seconds: float) -> None:
        self.idle_seconds = idle_seconds
        self._pause = min(sweep_seconds, idle_seconds / SWEEPS_PER_IDLE_TIME)
        self._lock = threading.Lock()
        self._items: dict[Key, Item] = {}
        self._sweeper: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._items)

    def ended(self, item: Item) -> None:
        """Told of every item that is freed, under the lock."""

    def gone(self, visitor: str) -> None:
        """Told of a visitor who has left for good, whose items end."""

    def free_idle(self) -> None:
        """Frees the items that were left alone for `idle_seconds`."""
        since = time.monotonic() - self.idle_seconds
        with self._lock:
            self._free(lambda item: item.last_seen < since)

    def _keep(self, key: Key, item: Item) -> None:
        """Adds an item; the lock is held."""
        self._items[key] = item
        if self._sweeper is None:
            self._sweeper = threading.Thread(target=self._sweep, daemon=True)
            self._sweeper.start()

    def _free(self, chosen: Callable[[Item], bool]) -> None:
        """Frees the chosen items; the lock is held."""
        for key in [key for key, item in self._items.items() if chosen(item)]:
            self.ended(self._items.pop(key))

    def _make_room(self, full: Callable[[], bool], since: float = math.inf) -> None:
        """Frees what was left alone before `since`, the longest first, while there is no room; the
        lock is held."""
        for key, item in sorted(self._items.items(), key=lambda each: each[1].last_seen):
            if full() and item.last_seen < since:
                self.ended(self._items.pop(key))

    def _sweep(self) -> None:
        while True:
            time.sleep(self._pause)
            self.free_idle()
            with self._lock:
                if not self._items:
                    self._sweeper = None
                    return
