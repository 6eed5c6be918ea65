"""Seconds that training a linear probe takes, by task and features, with the page's defaults.

python -m benchmarks.head_speed --rounds 5
"""

import statistics
import time

from benchmarks.common import machine, options
from models.linear_probe import features
from models.linear_probe.settings import FEATURES, ProbeSettings
from models.linear_probe.train import train


def main() -> None:
    rounds = options(__doc__, rounds=5).rounds
    for task, kinds in FEATURES.items():
        for kind in kinds:
            examples, test = features.load(task, kind)
            taken = []
            for _ in range(rounds + 1):
                start = time.perf_counter()
                *_, last = train(examples, test, ProbeSettings())
                taken.append(time.perf_counter() - start)
            middle = statistics.median(taken[1:])
            print(
                f"{task}, {kind}: {middle:.2f} s ({min(taken[1:]):.2f} to {max(taken[1:]):.2f}), "
                f"{len(examples.labels)} examples, accuracy {last.accuracy:.4f}"
            )
    print(machine())


if __name__ == "__main__":
    main()
