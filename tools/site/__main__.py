"""Builds the documentation's site: python -m tools.site [--out FOLDER]

The site has README.md, CONTRIBUTING.md and every page below docs/ as HTML, and the reference of
models/ made from its docstrings. It needs no server and no network: open index.html. A reference
that leads nowhere, on a page or in a docstring, ends the build with status 1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.site import check, pages, reference


def build(out: Path) -> list[str]:
    """Writes the site into a folder and gives what is wrong with it, a line each."""
    index, faults = reference.write(out / "api")
    links = reference.Links(index)
    faults += pages.write(out, links)
    return [*faults, *check.faults(out)]


def main() -> None:
    """Parses the command line and builds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("site"))
    out = parser.parse_args().out
    faults = build(out)
    if faults:
        raise SystemExit("\n".join(faults))
    print(f"{sum(1 for _ in out.rglob('*.html'))} pages; open {out / 'index.html'}")


if __name__ == "__main__":
    main()
