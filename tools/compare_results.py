"""Eleven results of two checkouts, over HTTP, compared bit by bit.

    git worktree add ../before COMMIT
    python -m tools.compare_results ../before .

Starts the app of one checkout, then that of the other, with the same Python on the same machine,
asks both for the same things and compares pictures and reports; the time a run took is left out.
Where a picture differs it says by how much. Results stay in a folder (`--out`) to be looked at. The
exit code is 1 if anything differs.

`tests/references` compares with kept results within tolerance, on any machine; this tells whether a
refactoring changed a single bit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "demos" / "examples"
START_SECONDS = 300
TIMES = ("seconds", "url")  # differ from run to run


def calls() -> dict[str, tuple[str, dict[str, Any]]]:
    """By name: the endpoint, and its arguments."""
    photo = handle_file(str(EXAMPLES / "photos" / "chelsea.jpg"))
    style = handle_file(str(EXAMPLES / "styles" / "starry_night.jpg"))
    return {
        "gan_sample": ("/gan_sample", {"seed": 7, "count": 16, "d1": 1.5, "d3": -2.0}),
        "gan_mix": ("/gan_mix", {"seed_a": 1, "seed_b": 2, "crossover": 4}),
        "gan_walk": ("/gan_walk", {"seed_a": 0, "seed_b": 1, "frames": 8}),
        "gan_train_ring": (
            "/gan_train",
            {"data": "ring", "preset": "healthy", "steps": 300, "seed": 1},
        ),
        "gan_train_digits": (
            "/gan_train",
            {"data": "digits", "preset": "healthy", "steps": 40, "seed": 1},
        ),
        "style_transfer": (
            "/style_transfer",
            {"content": photo, "style": style, "size": 192, "steps": 30},
        ),
        "classify_pet": ("/classify_pet", {"image": photo}),
        "explain_pet": ("/explain_pet", {"image": photo, "breed": "Siamese"}),
        "train_head": ("/train_head", {"per_class": 10, "epochs": 20, "lr": 0.1}),
        "attack": ("/attack", {"image": photo, "target": "zebra", "steps": 10}),
        "ideal_class": ("/ideal_class", {"class_name": "Siamese cat", "size": 128, "steps": 48}),
    }


@contextmanager
def serve(checkout: Path, out: Path) -> Iterator[str]:
    """The address of the app of a checkout while it runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (out / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--device", "cpu"],
            cwd=checkout, env=os.environ | {"NETGLASS_PORT": str(port)},
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"{url}/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{checkout} does not start:\n{(out / 'log.txt').read_text()}")
            time.sleep(0.3)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def collect(checkout: Path, out: Path) -> dict[str, Any]:
    """The results of a checkout as JSON, a hash in place of each file; the files go to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    with serve(checkout, out) as url, tempfile.TemporaryDirectory() as downloads:
        client = Client(url, verbose=False, download_files=downloads)
        for name, (endpoint, arguments) in calls().items():
            files: list[Path] = []
            found = client.predict(api_name=endpoint, **arguments)
            results[name] = _comparable(found, files)
            for number, file in enumerate(files):
                shutil.copy(file, out / f"{name}{number}{file.suffix}")
    (out / "results.json").write_text(json.dumps(results, indent=1, sort_keys=True))
    return results


def _comparable(value: Any, files: list[Path]) -> Any:
    """`value` without times, its files by their hashes; adds their paths to `files`."""
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        value = value["path"]
    if isinstance(value, str) and os.path.isfile(value):
        files.append(Path(value))
        return f"sha256 {hashlib.sha256(Path(value).read_bytes()).hexdigest()}"
    if isinstance(value, dict):
        return {k: _comparable(v, files) for k, v in value.items() if k not in TIMES}
    if isinstance(value, list | tuple):
        return [_comparable(v, files) for v in value]
    return value


def difference(name: str, before: Path, after: Path) -> str:
    """How far the pictures of a result are apart, in words."""
    words = []
    for file in sorted(before.glob(f"{name}[0-9].*")):
        with Image.open(file) as one, Image.open(after / file.name) as other:
            a, b = (np.asarray(picture.convert("RGB"), np.int16) for picture in (one, other))
        if a.shape != b.shape:
            words.append(f"{file.name}: {a.shape} against {b.shape}")
        elif (apart := np.abs(a - b)).any():
            words.append(f"{file.name}: {apart.mean():.3g} grey levels, at most {apart.max()}")
    return "; ".join(words) or "the report differs, or the file but none of its pixels"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="a checkout")
    parser.add_argument("after", type=Path, help="another one")
    parser.add_argument("--out", type=Path, help="folder for the results; a new one if left out")
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="netglass-compare-"))
    folders = out / "before", out / "after"
    before, after = (
        collect(checkout.resolve(), folder)
        for checkout, folder in zip((options.before, options.after), folders, strict=True)
    )
    differing = [name for name in before if before[name] != after[name]]
    for name in before:
        print(f"{name}: {difference(name, *folders) if name in differing else 'the same'}")
    print(f"{len(before) - len(differing)} of {len(before)} the same; results in {out}")
    raise SystemExit(bool(differing))


if __name__ == "__main__":
    main()
