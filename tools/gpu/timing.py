"""How the figures are timed, and the flags that plain loops have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import torch


def wait(at: torch.device) -> None:
    if at.type == "cuda":
        torch.cuda.synchronize(at)


def seconds(run: Callable[[], object], at: torch.device, rounds: int = 3) -> float:
    """Median of `rounds`, after one that warms up."""
    taken = []
    for _ in range(rounds + 1):
        wait(at)
        start = time.perf_counter()
        run()
        wait(at)
        taken.append(time.perf_counter() - start)
    return median(taken[1:])


@contextmanager
def defaults() -> Iterator[None]:
    """PyTorch's own choices, which the plain loops' users have."""
    flags = torch.backends.cudnn
    before = flags.allow_tf32, flags.deterministic
    flags.allow_tf32, flags.deterministic = True, False
    try:
        yield
    finally:
        flags.allow_tf32, flags.deterministic = before


def last(steps: Iterable[Any]) -> Any:
    """What a run gave at its end."""
    for step in steps:
        found = step
    return found
