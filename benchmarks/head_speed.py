"""Seconds that the live training takes: 37 breeds on all features, as the page's defaults have it.

python -m benchmarks.head_speed --rounds 5
"""

import argparse
import statistics
import time

from benchmarks.common import machine
from models.linear_probe import features as samples
from models.linear_probe import train as transfer
from models.linear_probe.tasks import KINDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for task, kinds in KINDS.items():
        for kind in kinds:
            learn, test = samples.load(task, kind)
            taken = []
            for _ in range(rounds + 1):
                start = time.perf_counter()
                *_, last = transfer.train(learn, test, transfer.Settings())
                taken.append(time.perf_counter() - start)
            middle = statistics.median(taken[1:])
            print(
                f"{task}, {kind}: {middle:.2f} s ({min(taken[1:]):.2f} to {max(taken[1:]):.2f}), "
                f"{len(learn.labels)} examples, accuracy {last.accuracy:.4f}"
            )
    print(machine())


if __name__ == "__main__":
    main()
