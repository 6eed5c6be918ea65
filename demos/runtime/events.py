"""What a run tells the page while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Waiting:
    """Other runs come first.

    Attributes:
        ahead: how many.
        seconds: about how long they take.
    """

    ahead: int
    seconds: int


@dataclass(frozen=True)
class Loading:
    """A network is being read, or downloaded.

    Attributes:
        title: what people call it.
        done, total: bytes so far and in all; 0 where nothing is downloaded.
    """

    title: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Progress(Generic[T]):
    """A step of the run.

    Attributes:
        value: the step, or what was made of it.
        seconds: since the run began.
    """

    value: T
    seconds: float


@dataclass(frozen=True)
class Result(Generic[T]):
    """The last step, whether the run came to its end or was stopped; attributes as `Progress`."""

    value: T
    seconds: float


Event = Waiting | Loading | Progress[T] | Result[T]


def map_values(
    events: Iterator[Event[T]], function: Callable[[T], U], last: Callable[[T], U] | None = None
) -> Generator[Event[U]]:
    """The same events with `function` of their values, and `last`, if it is given, of the result's;
    waiting and loading pass as they are."""
    for event in events:
        if isinstance(event, Result):
            yield Result((last or function)(event.value), event.seconds)
        elif isinstance(event, Progress):
            yield Progress(function(event.value), event.seconds)
        else:
            yield event
