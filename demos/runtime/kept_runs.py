"""Runs that a page started: they go on when its connection breaks, and wait for it to come back.

A run computes in a thread of its own and says what it would write; any number of the page's events
follow it, and are sent the newest of that. When it has ended its last words wait for a while. The
registry is bounded, per visitor and in all, and what a visitor has is freed soon after the page was
closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import closing
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass
from typing import Any

from demos.runtime import errors
from demos.runtime.idle_registry import IdleRegistry
from demos.runtime.places import SEND_SECONDS, StoppableRun
from models.validation import ValidationError

WAIT_SECONDS = 600.0  # that a result waits for its page
LEFT_SECONDS = 40.0  # that a page may take to come back before what its visitor has is freed
SWEEP_SECONDS = 10.0
MAX_RUNNING = 192  # more follow none: as many as Gradio's queue lets in (`demos.ui.page`)
MAX_RESULTS, MAX_BYTES = 8, 48 << 20  # of one visitor
MAX_ALL_RESULTS, MAX_ALL_BYTES = 200, 256 << 20
MAX_LEFT = 10_000
SMALL = 64  # bytes of what is no text and no picture


class KeptRun:
    """A run of a page, and what it has said.

    Attributes:
        visitor, place: whose it is, and where it writes.
        given: what it was started with: value by component.
        pages: Gradio's sessions of the pages that have seen it.
        run: its Stop flag, None until it has begun.
        error: what went wrong, None if nothing did.
        was_told: whether a page followed it when it ended.
    """

    def __init__(self, visitor: str, place: str, page: str | None, given: Mapping[Hashable, Any]):
        self.visitor, self.place, self.given = visitor, place, dict(given)
        self.pages = {page}
        self.run: StoppableRun | None = None
        self.error: ValidationError | None = None
        self.bytes, self.was_told = 0, False
        self._changed = threading.Condition()
        self._state: dict[Hashable, tuple[int, Any]] = {}  # number of the last change, and update
        self._number = 0
        self._followers: list[list[int]] = []  # of each the number that it has sent
        self._ended = False
        self._left_alone = time.monotonic()

    @property
    def is_running(self) -> bool:
        return not self._ended

    @property
    def is_followed(self) -> bool:
        """Whether a page is told of it."""
        return bool(self._followers)

    @property
    def last_seen(self) -> float:
        """When it ended, or the last page stopped following it; now while it goes on."""
        return time.monotonic() if self.is_running or self.is_followed else self._left_alone

    @property
    def detached_since(self) -> float:
        """When the last page stopped following it."""
        return time.monotonic() if self.is_followed else self._left_alone

    def begin(
        self,
        updates: Generator[Any],
        outputs: Sequence[Hashable],
        ended: Callable[[KeptRun], object] = lambda kept: None,
    ) -> None:
        """Computes `updates` of `outputs` in a thread, to the end whoever follows; `ended` is told
        then."""

        def compute() -> None:
            try:
                with closing(updates):
                    for update in updates:
                        self._say(_by_component(update, outputs))
            except Exception as error:
                self.error = errors.as_validation_error(error)
            self._end()
            ended(self)

        context = copy_context()
        threading.Thread(target=context.run, args=(compute,), name="run", daemon=True).start()

    def follow(self, page: str | None) -> Generator[dict[Hashable, Any]]:
        """What has changed since the last look, by component; the whole of it at first. From now
        on the run waits until it was sent: to be iterated.

        Raises:
            ValidationError: what the run raised.
        """
        sent = [-1]
        with self._changed:
            self.pages.add(page)
            self._followers.append(sent)
        return self._followed(sent)

    def drop(self) -> None:
        """Ends it: nothing of it is sent any more."""
        if self.run:
            self.run.replace()
            self.run.wait_until_sent()

    def _followed(self, sent: list[int]) -> Generator[dict[Hashable, Any]]:
        try:
            yield from self._sent(sent)
        finally:
            with self._changed:
                self._followers.remove(sent)
                self._left_alone = time.monotonic()
                self._changed.notify_all()
        if self.error:
            raise self.error

    def _sent(self, sent: list[int]) -> Generator[dict[Hashable, Any]]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._number > max(sent[0], 0) or self._ended)
                number, ended = self._number, self._ended
                # Copies: Gradio takes the value out of an update that it sends.
                news = {
                    c: copy(u) if _is_update(u) else u
                    for c, (at, u) in self._state.items()
                    if at > sent[0]
                }
            if news:
                if self.run is None:  # it could not begin
                    yield news
                else:
                    with self.run.sending() as may:
                        if not may:
                            return
                        yield news
            with self._changed:
                sent[0] = number
                self._changed.notify_all()
                if ended:
                    return

    def _say(self, update: Mapping[Hashable, Any]) -> None:
        """Notes an update, and waits until those who follow have sent it: showing a step takes
        time, too, which `demos.runtime.scheduler` reckons with."""
        with self._changed:
            self._number += 1
            for component, value in update.items():
                if component in self._state:
                    value = _merged(self._state[component][1], value)
                self._state[component] = (self._number, value)
            self._changed.notify_all()
            number = self._number
            self._changed.wait_for(
                lambda: all(sent[0] >= number for sent in self._followers), SEND_SECONDS
            )

    def _end(self) -> None:
        with self._changed:
            self.bytes = size((self.given, [update for _, update in self._state.values()]))
            self._ended, self._left_alone = True, time.monotonic()
            self.was_told = self.is_followed
            self._changed.notify_all()


class KeptRuns(IdleRegistry[tuple[str, str], KeptRun]):
    """The runs of all pages by (visitor, place), at most one in each place."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        super().__init__(wait_seconds, SWEEP_SECONDS)

    def keep(self, kept: KeptRun) -> None:
        """Adds a run that begins; where there are too many, those end that no page follows."""
        with self._lock:
            if kept.run is None or kept.run.replaced:
                return
            self._keep((kept.visitor, kept.place), kept)
            running = [one for one in self._items.values() if one.is_running and one is not kept]
            alone = [one for one in running if not one.is_followed]
            alone.sort(key=lambda one: one.detached_since)
            crowd = alone[: max(0, len(running) + 1 - MAX_RUNNING)]
            self._free(lambda one: one in crowd)

    def settle(self, kept: KeptRun) -> None:
        """Told of a run that has ended: frees results, the oldest first, that are too many or too
        large, and an error that was told."""
        with self._lock:
            self._free(lambda one: one is kept and one.error is not None and one.was_told)
            self._bound(lambda one: one.visitor == kept.visitor, MAX_RESULTS, MAX_BYTES)
            self._bound(lambda one: True, MAX_ALL_RESULTS, MAX_ALL_BYTES)

    def of(self, visitor: str | None, place: str) -> KeptRun | None:
        """What is kept for a place."""
        with self._lock:
            return self._items.get((visitor or "", place))

    def places(self, visitor: str) -> list[str]:
        """Where something of a visitor's is kept."""
        with self._lock:
            return [place for owner, place in self._items if owner == visitor]

    def chosen(self, visitor: str | None) -> set[Hashable]:
        """The components with which a visitor's runs were started."""
        with self._lock:
            mine = [run for (owner, _), run in self._items.items() if owner == visitor]
        return {component for run in mine for component in run.given}

    def unseen(self, visitor: str, place: str, page: str | None) -> bool:
        """Whether something is kept that a page has not seen yet: what it sends by itself while it
        is loaded must not replace it."""
        kept = self.of(visitor, place)
        return kept is not None and page not in kept.pages

    def forget(self, visitor: str | None, place: str) -> None:
        """Frees what is kept for a place: something newer is there."""
        with self._lock:
            kept = self._items.pop((visitor or "", place), None)
        if kept:
            kept.drop()

    def gone(self, visitor: str) -> None:
        """Ends and frees all that is kept for a visitor."""
        with self._lock:
            self._free(lambda one: one.visitor == visitor)

    def ended(self, item: KeptRun) -> None:
        """It stops, and writes no more."""
        if item.run:
            item.run.replace()

    def _bound(self, among: Callable[[KeptRun], bool], most: int, most_bytes: int) -> None:
        done = [one for one in self._items.values() if among(one) and not one.is_running]
        done.sort(key=lambda one: one.last_seen)
        while len(done) > most or sum(one.bytes for one in done) > most_bytes:
            oldest = done.pop(0)
            self._free(lambda one, oldest=oldest: one is oldest)  # type: ignore[misc]


@dataclass
class Left:
    """A visitor who has closed the page."""

    last_seen: float


class LeftVisitors(IdleRegistry[str, Left]):
    """Visitors who have closed the page, and may have loaded it anew.

    Args:
        gone: told of a visitor who has not come back.
    """

    def __init__(self, gone: Callable[[str], object], left_seconds: float = LEFT_SECONDS) -> None:
        super().__init__(left_seconds, SWEEP_SECONDS)
        self._gone = gone

    def leave(self, visitor: str) -> None:
        """The page is closed."""
        with self._lock:
            self._make_room(lambda: len(self) >= MAX_LEFT)
            self._keep(visitor, Left(time.monotonic()))

    def come_back(self, visitor: str) -> None:
        """It is there again."""
        with self._lock:
            self._items.pop(visitor, None)

    def free_idle(self) -> None:
        """Those who have not come back are gone, and so is what they had."""
        since = time.monotonic() - self.idle_seconds
        with self._lock:
            gone = [visitor for visitor, left in self._items.items() if left.last_seen < since]
            for visitor in gone:
                del self._items[visitor]
        for visitor in gone:
            self._gone(visitor)


def size(value: Any) -> int:
    """About how many bytes an update takes: its texts and pictures."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size(each) for each in value.values())
    if isinstance(value, list | tuple):
        return sum(size(each) for each in value)
    if hasattr(value, "getbands"):  # a PIL image
        return value.width * value.height * len(value.getbands())
    return getattr(value, "nbytes", SMALL)


def _by_component(update: Any, outputs: Sequence[Hashable]) -> dict[Hashable, Any]:
    """An update as events give it, by component."""
    if isinstance(update, dict) and "__type__" not in update:
        return update
    if isinstance(update, dict):  # says nothing
        return {}
    values = update if isinstance(update, list | tuple) and len(outputs) > 1 else [update]
    return dict(zip(outputs, values, strict=True))


def _merged(before: Any, after: Any) -> Any:
    """Two updates of a component as one."""
    if not (_is_update(before) or _is_update(after)):
        return after
    return _as_update(before) | _as_update(after)


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"


def _as_update(value: Any) -> dict:
    return dict(value) if _is_update(value) else {"__type__": "update", "value": value}
