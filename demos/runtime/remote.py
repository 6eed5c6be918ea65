"""Runs that compute in another process: what goes there and comes back is plain values.

A run is `function(*args)`, a generator of steps (dataclasses with `step` and `steps`). Networks
travel by their names, tensors as arrays, and a callable that gives something (what draws a picture,
what tells which knobs were turned) as what it gives now. So knobs turned during a run that computes
elsewhere count from the next run on.
"""

from __future__ import annotations

import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace

from models.validation import ValidationError

BETWEEN = 0.05  # seconds between steps sent, so that sending does not slow the computing


@dataclass(frozen=True)
class Named:
    """A network on its way."""

    name: str


@dataclass(frozen=True)
class Array:
    """A tensor, sent as a NumPy array."""

    values: object


@dataclass(frozen=True)
class Held:
    """A callable without arguments, sent as the value it gave when it was sent."""

    given: object

    def __call__(self):
        return self.given


@dataclass(frozen=True)
class Refused:
    """A `ValidationError`, sent as its key and values, and raised where it arrives."""

    key: str
    values: dict

    def raised(self) -> ValidationError:
        return ValidationError(self.key, **self.values)


def packed(value):
    """`value` as it is sent; plain values stay as they are."""
    import torch

    if isinstance(value, torch.Tensor):
        return Array(value.detach().cpu().numpy())
    if hasattr(value, "placement") and hasattr(value, "spec"):
        return Named(value.spec.name)
    if isinstance(value, types.FunctionType | type) and "<" not in value.__qualname__:
        return value
    if callable(value):
        return Held(packed(value()))
    return _inside(value, packed)


def unpacked(value, network: Callable[[str], object]):
    """What `packed` gave, as it was; `network(name)` gives networks."""
    import torch

    if isinstance(value, Array):
        return torch.from_numpy(value.values)
    if isinstance(value, Named):
        return network(value.name)
    if isinstance(value, Held):
        return Held(unpacked(value.given, network))
    return _inside(value, lambda part: unpacked(part, network))


def _inside(value, change: Callable):
    """`value` with its parts changed; itself if none is."""
    if type(value) in (tuple, list):
        return type(value)(change(part) for part in value)
    if type(value) is dict:
        return {key: change(part) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        changed = {name: change(part) for name, part in parts.items()}
        if any(changed[name] is not parts[name] for name in parts):
            return replace(value, **changed)
    return value


def run_there(
    function: Callable, args: tuple, network: Callable[[str], object], seconds: float | None = None
) -> Iterator:
    """The other process's side: steps, packed, about one every `BETWEEN` seconds and the last; or
    `Refused`.

    Args:
        args: packed.
        seconds: when the time is up the step in hand is the last, and says so.
    """
    start = sent = time.perf_counter()
    try:
        for step in function(*unpacked(args, network)):
            now = time.perf_counter()
            if seconds is not None and now - start >= seconds:
                step = replace(step, steps=step.step)
            last = step.step >= step.steps
            if last or step.step == 0 or now - sent >= BETWEEN:
                sent = now
                yield packed(step)
            if last:
                return
    except ValidationError as error:
        yield Refused(error.key, error.values)


def arriving(steps: Iterator) -> Iterator:
    """This process's side: the steps as they were.

    Raises:
        ValidationError: as the run did.
    """
    for step in steps:
        if isinstance(step, Refused):
            raise step.raised()
        yield unpacked(step, lambda name: name)
