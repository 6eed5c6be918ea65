"""Hugging Face's ZeroGPU: the only place that knows of it, and nothing elsewhere.

There a function decorated by `spaces.GPU` is called in a forked process that has a GPU for as long
as was asked for. The page itself, its sliders and classifications stay on the CPU; style transfer,
attacks and ideal classes, which take long enough to be worth the start, borrow the GPU.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache

from demos.runtime import remote as elsewhere

ON = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true", "t")

# Seconds. Bounds from above for asking, not measured on ZeroGPU: a process, CUDA and weights; a
# step there and back through a network, its launches and its sending. The most is the free tier's.
START, STEP, MOST = 15, 0.06, 110


def duration(function: Callable, args: tuple) -> int:
    """Seconds that a run asks the GPU for, by the steps in all of its settings.

    Args:
        args: packed, as `remote.packed` gives them.
    """
    every = [part for arg in args for part in (arg if isinstance(arg, list | tuple) else [arg])]
    steps = sum(getattr(part, "most_steps", getattr(part, "steps", 0)) for part in every)
    return min(MOST, START + round(STEP * steps))


@cache
def _networks():
    """What loads networks in the process that has the GPU."""
    import torch

    from demos.runtime.engine import Engine

    # A forked process has lost the threads of the team that computed before the fork, and would
    # wait for them for ever.
    torch.set_num_threads(1)
    return Engine("auto").classifier


def _borrowed(function: Callable, args: tuple) -> Iterator:
    within = duration(function, args) - START / 2
    yield from elsewhere.run_there(function, args, _networks(), within)


if ON:
    import spaces  # before anything asks for CUDA

    _borrowed = spaces.GPU(duration=duration)(_borrowed)


def stream(function: Callable, *args) -> Iterator:
    """The steps of `function(*args)`, computed on a borrowed GPU."""
    yield from elsewhere.arriving(_borrowed(function, elsewhere.packed(args)))
