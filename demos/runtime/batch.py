"""Short computations of many visitors, done several at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future


class Batch:
    """Gathers what waits while a computation runs, and computes it together next.

    One visitor alone waits for nobody; thirty at once share the network's passes.

    Args:
        turns: runs the work, one thing at a time.
        work: list of items -> list of results, in order.
        most: items computed together at most.
    """

    def __init__(self, turns: Executor, work: Callable[[list], list], most: int):
        self.turns, self.work, self.most = turns, work, most
        self._waiting: deque[tuple[object, Future]] = deque()

    def __call__(self, item):
        """The result of `item`; raises what the work raises."""
        future: Future = Future()
        self._waiting.append((item, future))
        self.turns.submit(self._run)
        return future.result()

    def _run(self) -> None:
        # Whoever comes later finds the queue empty: an earlier turn took its item along.
        taken = [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]
        if not taken:
            return
        try:
            results = self.work([item for item, _ in taken])
        except BaseException as error:
            told = error if isinstance(error, Exception) else RuntimeError("the batch was lost")
            for _, future in taken:
                future.set_exception(told)
            raise
        for (_, future), result in zip(taken, results, strict=True):
            future.set_result(result)
