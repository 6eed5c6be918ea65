"""What the benchmarks share: rounds in turns, ratios of medians, and the machine's name."""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from models import device

EXAMPLES = Path(__file__).parents[1] / "demos" / "examples"


def options(description: str, **defaults: float | str) -> argparse.Namespace:
    """The command line of a benchmark whose options are numbers or texts, such as --seconds-ring 20
    for `seconds_ring`; each is of its default's kind."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    return parser.parse_args()


def rounds(variants: dict[str, Callable], count: int) -> tuple[dict[str, list[float]], dict]:
    """Seconds of every variant in each of `count` rounds, in turns, and their last results.

    A round before the first warms up and is not counted.
    """
    seconds, results = {name: [] for name in variants}, {}
    for number in range(count + 1):
        for name, run in variants.items():
            start = time.perf_counter()
            results[name] = run(number)
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return seconds, results


def ratio(seconds: dict[str, list[float]], theirs: str, ours: str) -> str:
    """How many times faster `ours` is: by medians, and from the worst round to the best."""
    per_round = sorted(a / b for a, b in zip(seconds[theirs], seconds[ours], strict=True))
    middle = statistics.median(seconds[theirs]) / statistics.median(seconds[ours])
    return f"ratio of medians {middle:.2f}; per round {per_round[0]:.2f} to {per_round[-1]:.2f}"


def machine(at: torch.device | None = None) -> str:
    """One line: processor, threads, bfloat16 units, device."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    kind = at.type if at else "cpu"
    where = torch.cuda.get_device_name() if kind == "cuda" else kind
    units = "yes" if device.has_bf16_units() else "no"
    return f"{name}, {torch.get_num_threads()} threads, bf16 units: {units}; device: {where}"
