"""How often a run is shown: enough to feel live, seldom enough not to slow the computing."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from threading import Event

from demos.runtime.lane import Lane, Turn

SECONDS_BETWEEN = 0.3
SHOWING_SHARE = 0.12
# Between slices of a live training: on two cores the browser needs some time to show what came.
REST = 0.03


# A head is trained in two seconds: those who train one do not wait for those who paint.
HEAVY, HEADS = Lane(), Lane()


def paced(
    steps: Generator,
    stop: Event,
    seconds: float = SECONDS_BETWEEN,
    lane: Lane | None = HEAVY,
    turn: Turn | None = None,
) -> Iterator:
    """The first and the last of `steps`, and between them about one every `seconds`, or fewer where
    showing one (encoding, sending) takes so long that it would eat more than an eighth of the time.

    Yields (step, is_last, seconds since the start). When `stop` is set the step in hand is the
    last. Steps are computed in turn with the other runs of `lane`; without one nobody waits. The
    inner generator is closed, and the turn ended, whatever happens.

    Args:
        turn: one that the run has lined up for already.
    """
    start = due = time.perf_counter()
    turn = turn or Turn(lane or Lane(), stop)
    with closing(steps):
        try:
            while True:
                turn.begin()
                step = next(steps, None)
                if step is None:
                    return
                now = time.perf_counter()
                last = step.step >= step.steps or stop.is_set()
                if last or step.step == 0 or now >= due:
                    turn.end()
                    yield step, last, now - start
                    back = time.perf_counter()
                    due = back + max(seconds, (back - now) / SHOWING_SHARE)
                if last:
                    return
        finally:
            turn.end()
