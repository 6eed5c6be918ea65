"""Computes the reference results anew and says how far they moved.

    python -m tests.references.make              # all eight
    python -m tests.references.make gan_sample   # some

Do so when a weight file or a precision changes, or when arithmetic was changed on purpose; say in
the commit why they moved. Never do so to make a failing test pass that nobody can explain.
"""

import argparse

import numpy as np

from tests.references.jobs import JOBS, differences, float32_cpu, path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jobs", nargs="*", help=f"of: {', '.join(JOBS)}; all if none is given")
    parser.add_argument("--compare", action="store_true", help="only compare, write nothing")
    options = parser.parse_args()
    if unknown := set(options.jobs) - set(JOBS):
        parser.error(f"no such job: {', '.join(sorted(unknown))}")
    with float32_cpu():
        for name in options.jobs or JOBS:
            found = JOBS[name].compute()
            if path(name).exists():
                with np.load(path(name)) as reference:
                    for array, by in differences(found, dict(reference)).items():
                        print(f"{name}, {array}: moved by {by.mean:.2g}, at most {by.largest:.2g}")
            if not options.compare:
                np.savez_compressed(path(name), **found)
                print(f"{name}: {path(name).stat().st_size >> 10} KB")


if __name__ == "__main__":
    main()
