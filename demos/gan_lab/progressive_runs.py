"""Progressive growing and multi-scale gradients in turns: how both stand, and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from demos.runtime.events import Progress, Result
from demos.runtime.scheduler import REST
from models.gan.training.progressive_schedule import ProgressiveSettings, steps_done

if TYPE_CHECKING:
    from models.gan.training.data import Pictures
    from models.gan.training.progressive_trainer import Comparison, ProgressiveSnapshot

METHODS = ("growing", "multi_scale")
# A slice leaves others their turn; showing costs more, so not every slice is shown.
SLICE, SECONDS_BETWEEN = 0.08, 0.3
POINTS = 150  # of a loss curve


class Losses:
    """Both losses of each method over the budget, averaged over `POINTS` equal parts of it."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], dict[int, tuple[float, int]]] = {}

    def add(self, snapshot: ProgressiveSnapshot) -> None:
        at = snapshot.spent * POINTS // snapshot.budget
        for name, value in (("loss_d", snapshot.loss_d), ("loss_g", snapshot.loss_g)):
            parts = self._sums.setdefault((snapshot.method, name), {})
            if value is not None:
                total, count = parts.get(at, (0.0, 0))
                parts[at] = total + value, count + 1

    def points(self, method: str, name: str) -> list[tuple[float, float]]:
        """(share of the budget, mean loss), in order."""
        parts = self._sums.get((method, name), {})
        return [(at / POINTS, total / count) for at, (total, count) in sorted(parts.items())]

    @property
    def highest(self) -> float:
        """Of all of them; 0 if there is none."""
        return max((y for key in self._sums for _, y in self.points(*key)), default=0.0)


@dataclass(frozen=True)
class Standing:
    """How a comparison stands.

    Attributes:
        snapshots: the latest of each method that has begun.
        losses: so far.
        done: both have spent their budget, or diverged.
    """

    snapshots: dict[str, ProgressiveSnapshot]
    losses: Losses
    done: bool

    def seconds_left(self, elapsed: float) -> float | None:
        """From the time that each took so far, waiting for turns included; None if unknown."""
        if len(self.snapshots) < len(METHODS):
            return None
        computed = sum(snapshot.seconds for snapshot in self.snapshots.values())
        left = 0.0
        for snapshot in self.snapshots.values():
            share = snapshot.spent / snapshot.budget
            if snapshot.method == "growing":
                share = steps_done(share)
            if snapshot.done:
                continue
            if share == 0:
                return None
            left += snapshot.seconds * (1 - share) / share
        return elapsed * left / computed if computed else None


def make(device: str, pictures: Pictures, settings: ProgressiveSettings) -> Comparison:
    """Both trainers, on the device called `device`."""
    from models.device import pick
    from models.gan.training.progressive_trainer import Comparison

    return Comparison(pictures, settings, pick(device))


def compare(
    comparison: Comparison, training_slice: Callable, stop: Event
) -> Generator[Progress[Standing] | Result[Standing], None, None]:
    """Advances both in turn: `Progress` about three times a second, `Result` at the end.

    Args:
        training_slice: as `Engine.training_slice`.
        stop: ends it after the slice in hand.
    """
    snapshots: dict[str, ProgressiveSnapshot] = {}
    losses, start, due, last = Losses(), time.perf_counter(), 0.0, False
    while not last:
        snapshot = training_slice(comparison.advance, SLICE)
        snapshots[snapshot.method] = snapshot
        losses.add(snapshot)
        last = comparison.done or stop.is_set()
        if last or time.perf_counter() >= due:
            standing = Standing(dict(snapshots), losses, comparison.done)
            yield (Result if last else Progress)(standing, time.perf_counter() - start)
            due = time.perf_counter() + SECONDS_BETWEEN
            stop.wait(REST)
