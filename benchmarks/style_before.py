"""Seconds of a style transfer beside those of an older checkout, in turns, in the same run.

    git worktree add /tmp/before COMMIT
    python -m benchmarks.style_before --before /tmp/before

Every run has a process of its own; loading the network and two steps to warm up don't count. Where
other programs run, the processor's seconds say more than the clock's.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.common import machine

ROOT = Path(__file__).parents[1]
CODE = """
import sys, time
from models import images, registry
from models.store import Store
from models.style_transfer.optimize import transfer_style
from models.style_transfer.settings import StyleSettings
size, steps, optimizer = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
network = Store().get(registry.DEFAULT_BACKBONE)
content = images.open_image("demos/examples/photos/chelsea.jpg")
style = images.open_image("demos/examples/styles/starry_night.jpg")
def run(steps):
    settings = StyleSettings(size=size, steps=steps, optimizer=optimizer)
    since = time.perf_counter(), time.process_time()
    for step in transfer_style(network, content, style, settings):
        images.to_image(step.image)
    return time.perf_counter() - since[0], time.process_time() - since[1]
run(2)
print(*run(steps))
"""


def seconds(checkout: Path, size: int, steps: int, optimizer: str) -> list[float]:
    """(by the clock, of the processor)"""
    command = [sys.executable, "-c", CODE, str(size), str(steps), optimizer]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
    return [float(value) for value in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--optimizer", default="lbfgs")
    options = parser.parse_args()
    given = options.size, options.steps, options.optimizer
    ratios = []
    for number in range(options.rounds):
        checkouts = [ROOT, options.before]
        if number % 2:
            checkouts.reverse()
        taken = {checkout: seconds(checkout, *given) for checkout in checkouts}
        now, before = taken[ROOT], taken[options.before]
        ratios.append([a / b for a, b in zip(now, before, strict=True)])
        print(f"{now[0]:.2f} s ({now[1]:.2f} of the processor), "
              f"before {before[0]:.2f} ({before[1]:.2f})", flush=True)  # fmt: skip
    for name, found in zip(("clock", "processor"), zip(*ratios, strict=True), strict=True):
        print(f"{name}: {statistics.median(found):.3f} times the seconds of before "
              f"({min(found):.3f} to {max(found):.3f})")  # fmt: skip
    print(machine())


if __name__ == "__main__":
    main()
