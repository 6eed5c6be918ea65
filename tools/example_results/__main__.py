"""Make the results with which tabs open, all of them, into demos/examples/results/.

To be run when a network, a page's default or what draws a result has changed; takes some minutes.

    python -m tools.example_results [--only NAME]
"""

import argparse
import dataclasses
import json
import time
from typing import Any

from demos.runtime.engine import Engine
from demos.ui.example_results import FILE, FOLDER
from tools.example_results.make import make
from tools.example_results.recipes import recipes

DIGITS = 6  # of numbers in the file


def plain(value: Any) -> Any:
    """A result's values for the file: numbers rounded, and no times, which differ each time."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key != "seconds"}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def text(found: dict[str, dict[str, Any]]) -> str:
    """The file: a line for each attribute of a result, so that a change can be read."""

    def lines(each: dict[str, Any]) -> str:
        pairs = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in each.items())
        return "{\n" + ",\n".join(pairs) + "\n }"

    return "{\n" + ",\n".join(f" {json.dumps(k)}: {lines(v)}" for k, v in found.items()) + "\n}\n"


def main() -> None:
    """Make every result, or the one that --only names."""
    known = recipes()
    parser = argparse.ArgumentParser(description="Make the results with which tabs open.")
    parser.add_argument("--only", choices=known, help="make just this result")
    only = parser.parse_args().only
    engine = Engine("cpu")
    FOLDER.mkdir(exist_ok=True)
    found = json.loads(FILE.read_bytes()) if only else {}
    for name, recipe in known.items():
        if only not in (None, name):
            continue
        start = time.perf_counter()
        found[name] = plain(dataclasses.asdict(make(name, recipe, FOLDER, engine)))
        print(f"{name}: {time.perf_counter() - start:.1f} s")
    found = {name: found[name] for name in known if name in found}
    FILE.write_text(text(found), encoding="utf-8")
    used = {name for each in found.values() for name in each["pictures"].values()}
    for path in FOLDER.glob("*.webp"):
        if path.name not in used:
            path.unlink()
    print(f"{sum(path.stat().st_size for path in FOLDER.iterdir()) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
