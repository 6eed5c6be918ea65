"""Places, the result areas of a visitor's page: who may write there, and who no longer.

A run is started in a place. What a visitor starts anew in a place replaces what runs there: the
older run is stopped, and nothing of it is sent after the newer one has begun. Runs in different
places leave each other alone. What is short (a prediction, a preview, a Reset) enters a place by
the same rule.

Events of one page overtake each other on their way, and while they wait in Gradio's queue. The page
numbers what it sends (`ui/static/order.js`): in each place the event that was sent last counts.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Hashable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from models.validation import ValidationError

MAX_RUNS = 3  # heavy ones of one visitor at once
MAX_PLACES = 10_000  # that are remembered; each is a number and what its result is about
SEND_SECONDS = 30.0  # that a message may take from the generator to the visitor's queue
HEADER, RUN_KEY = "x-netglass-event", "x-netglass-run"
T = TypeVar("T")


def event_number(request: object) -> int | None:
    """The number that the page gave an event; None for a client that numbers nothing."""
    text = getattr(request, "headers", {}).get(HEADER, "")
    return int(text) if text.isdecimal() else None


def run_key(request: object) -> str | None:
    """The page's secret random key (`ui/static/order.js`), by which it finds its runs again when it
    was loaded anew; None for a client that has none."""
    return well_formed(getattr(request, "headers", {}).get(RUN_KEY, ""))


def well_formed(key: str) -> str | None:
    """A page's key if it is one: 128 random bits."""
    return key if re.fullmatch("[0-9a-f]{32}", key) else None


def visitor(request: Any) -> str:
    """Whose places an event is about: the page's key, or Gradio's session, which ends with it."""
    return run_key(request) or request.session_hash


class StoppableRun(threading.Event):
    """What writes in a place; set when it is to stop.

    Attributes:
        session: the visitor's; None for a call of an endpoint.
        changed: settings that were changed since it began, all of them valid together.
        check: raises for changes that the run can't go on with; given by what computes it.
        replaced: whether something newer writes in its place: it writes no more.
        heavy: whether it takes turns with others, and the visitor may have `MAX_RUNS` of them.
    """

    def __init__(self, heavy: bool = True, session: str | None = None):
        super().__init__()
        self.session = session
        self.changed: dict[str, float] = {}
        self.check: Callable[[dict[str, float]], object] = lambda changed: None
        self.replaced = False
        self.heavy = heavy
        self._lock = threading.Lock()
        self._sending = 0
        self._sent = threading.Event()
        self._sent.set()

    def change(self, values: dict[str, float]) -> None:
        """Notes settings that were changed.

        Raises:
            ValidationError: the run can't go on with them; it keeps those it has.
        """
        changed = self.changed | values
        self.check(changed)
        self.changed = changed

    def may_write(self) -> bool:
        """Whether nothing newer writes in its place."""
        return not self.replaced

    def replace(self) -> None:
        """Stops it, and makes it write no more."""
        with self._lock:
            self.replaced = True
        self.set()

    def wait_until_sent(self) -> None:
        """Waits for the messages that are on their way to the visitor's queue, if there are any."""
        self._sent.wait(SEND_SECONDS)

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Around a message on its way: whether it may be sent."""
        with self._lock:
            may = not self.replaced
            if may:
                self._sending += 1
                self._sent.clear()
        try:
            yield may
        finally:
            with self._lock:
                self._sending -= may
                if not self._sending:
                    self._sent.set()

    def written(self, updates: Generator[T]) -> Generator[T]:
        """`updates` as long as they may be written; a run that was replaced has no errors either.

        Gradio comes back for the next update when it has sent the one before.
        """
        with closing(updates):
            while not self.replaced:
                try:
                    update = next(updates)
                except StopIteration:
                    return
                except Exception:
                    if self.replaced:
                        return
                    raise
                with self.sending() as may:
                    if not may:
                        return
                    yield update


@dataclass
class Place:
    """What is known of a place.

    Attributes:
        newest: number of the newest event that entered it.
        yields_to: what a result is about to which the newest event would have given way.
        firm: number of the newest event that would not have given way to it.
        stopped: number of the newest Stop.
        run: what writes there now.
        beside: what writes beside it until `run` begins anew, see `Places.enter`.
        result: what the run's result is about that is there, or being computed.
    """

    newest: float = -math.inf
    yields_to: Hashable = None
    firm: float = -math.inf
    stopped: float = -math.inf
    run: StoppableRun | None = None
    beside: set[StoppableRun] = field(default_factory=set)
    result: Hashable = None

    def newest_for(self, about: Hashable) -> float:
        """Number of the newest event that counts for a run about `about`: a preview of the same
        that was sent after it and began before it would have given way to it."""
        return self.firm if about is not None and about == self.yields_to else self.newest

    def note(self, number: float, unless: Hashable) -> None:
        """Notes the event that enters now."""
        if unless is None:
            self.firm = number
        elif unless != self.yields_to:
            self.firm = self.newest
        self.yields_to, self.newest = unless, max(number, self.newest)


class Places:
    """All places by (session, name).

    Args:
        entered: told of (session, name) when something newer begins to write there.
    """

    def __init__(self, entered: Callable[[str | None, str], object] = lambda *place: None) -> None:
        self._entered = entered
        self._lock = threading.Lock()
        self._places: OrderedDict[tuple[Hashable, str], Place] = OrderedDict()

    def running(self) -> list[str]:
        """The names of the places that something writes in."""
        with self._lock:
            return [name for (_, name), place in self._places.items() if place.run]

    @contextmanager
    def enter(
        self,
        session: str | None,
        name: str,
        number: float | None = None,
        heavy: bool = True,
        about: Hashable = None,
        unless: Hashable = None,
        beside: str | None = None,
        idle: bool = False,
    ) -> Iterator[StoppableRun]:
        """A run in a place; if it comes too late, one that is `replaced` already.

        Args:
            session: the visitor's, see `visitor`; None for a call of an endpoint, which is a place
                of its own.
            number: of the event, see `event_number`; None counts as the newest.
            about: what a run's result is about.
            unless: comes too late where the place, or the one beside it, has, or computes, a result
                about this.
            beside: name of a place: what begins there replaces this.
            idle: comes too late while a heavy run is under way, there or in `beside`.

        Raises:
            ValidationError: the visitor has `MAX_RUNS` heavy runs in other places.
        """
        key: tuple[Hashable, str] = (session or object(), name)
        run = StoppableRun(heavy, session)
        with self._lock:
            place = self._place(key)
            other = self._place((key[0], beside)) if beside else place
            newest = max(place.newest_for(about), other.newest_for(about))
            number = max(newest, place.stopped) if number is None else number
            busy = idle and any(one.run is not None and one.run.heavy for one in (place, other))
            known = unless is not None and other.result == unless
            older: list[StoppableRun] = []
            if busy or known or number < newest:
                run.replace()
            else:
                if heavy:
                    self._check_count(key)
                older = [*place.beside, *([place.run] if place.run else [])]
                place.note(number, unless)
                place.run, place.beside, place.result = run, set(), about
                other.beside |= {run} if beside else set()
                if number < place.stopped:
                    run.set()
                for one in older:
                    one.replace()
        for one in older:
            one.wait_until_sent()
        if not run.replaced:
            self._entered(session, name)
        try:
            yield run
        except Exception:
            with self._lock:
                if place.run is run:
                    place.result = None
            raise
        finally:
            with self._lock:
                if place.run is run:
                    place.run = None
                other.beside.discard(run)
                if session is None:
                    self._places.pop(key, None)

    def stop(self, session: str | None, name: str, number: float | None = None) -> None:
        """Asks what runs in a place to stop, and what was sent before but has not begun."""
        with self._lock:
            place = self._place((session, name))
            place.stopped = place.newest if number is None else number
            if place.run and place.newest <= place.stopped:
                place.run.set()

    def come_back(self, session: str, name: str, number: float | None) -> None:
        """Notes that a page that was loaded anew shows from its event `number` on what is in a
        place: what it sent before comes too late there."""
        with self._lock:
            place = self._place((session, name))
            place.note(place.newest if number is None else number, None)

    def loaded_anew(self, session: str, kept: Collection[str]) -> None:
        """Notes that a page was loaded anew, and has results only in the places `kept`."""
        with self._lock:
            for (owner, name), place in self._places.items():
                if owner == session and name not in kept and place.run is None:
                    place.result = None

    def change(self, session: str | None, name: str, values: dict[str, float]) -> None:
        """Tells what runs in a place which settings were changed; raises as
        `StoppableRun.change`."""
        with self._lock:
            run = self._place((session, name)).run
        if run:
            run.change(values)

    def _place(self, key: tuple[Hashable, str]) -> Place:
        """The place, new if need be; the places left alone longest are forgotten."""
        place = self._places.setdefault(key, Place())
        self._places.move_to_end(key)
        while len(self._places) > MAX_PLACES:
            self._places.popitem(last=False)
        return place

    def _check_count(self, key: tuple[Hashable, str]) -> None:
        others = sum(
            there[0] == key[0] and there != key and place.run is not None and place.run.heavy
            for there, place in self._places.items()
        )
        if others >= MAX_RUNS:
            raise ValidationError("too_many_runs", limit=MAX_RUNS)
