"""How far a run is, and what follows from it: the learning rate and the average's half-life."""

from __future__ import annotations

from dataclasses import dataclass

LAST = 0.05


@dataclass(frozen=True)
class Schedule:
    """A run planned for a number of pictures or for a time; exactly one of them is given.

    Attributes:
        images: real pictures shown in all, those of earlier runs included.
        seconds: from the start of this process.
        cool: the last share of the run, over which the rate falls in a straight line to a
            twentieth.
    """

    images: int | None = None
    seconds: float | None = None
    cool: float = 0.3

    def progress(self, seen: int, elapsed: float) -> float:
        """The share of the run that is done, 1 or more at its end."""
        return elapsed / self.seconds if self.seconds else seen / self.images

    def rate(self, progress: float) -> float:
        """The learning rate's factor."""
        cooled = max(0.0, min(1.0, (progress - 1 + self.cool) / self.cool))
        return 1 - (1 - LAST) * cooled


def decay(seen: int, batch: int, half_life: float) -> float:
    """Of the moving average for one step; its half-life is short at first, so that the early
    weights are soon forgotten."""
    return 0.5 ** (batch / min(half_life, max(seen * 0.05, 1.0)))
