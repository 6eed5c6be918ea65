"""Trains the generators on a device machine with a GPU, within a time limit.

    python3 -m tools.gpu.train --limit 570 --cats 7
    python3 -m tools.gpu.train --limit 230 --no-trial --kaokore 1.5 --dcgan 2

First a trial of a few seconds at several settings, which stops everything where a loss is not
finite and else chooses batch, graphs and precision; then one training after another, each of the
minutes given (`--cats 7` is seven minutes) and never beyond the limit. Checkpoints stay in
.gpu_runs/; what is worth keeping is written to $OUT every two minutes and at each end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKED, RUNS = ROOT / ".gpu", ROOT / ".gpu_runs"
OUT = Path(os.environ.get("OUT", RUNS / "out"))
MOST_FILES, MOST_BYTES, MOST_IN_ALL = 8, 16 << 20, 64 << 20
# Kept for the last saving, the sheets and the files' way out.
RESERVE_SECONDS = 8
COLLECT_SECONDS = 60
# name: (network, archive, options)
TRAININGS = {
    "cats": ("stylegan_cats64", "catfaces64", []),
    "kaokore": ("stylegan_kaokore64", "kaokore64", []),
    "dcgan": ("dcgan_cats64", "catfaces64", []),
}


def network_options(name: str) -> list[str]:
    network, archive, options = TRAININGS[name]
    given = ["--data", str(PACKED / f"{archive}.tar.xz"), *options]
    weights = PACKED / "lite2.safetensors"
    return [network, *given, *(["--aid-weights", str(weights)] if weights.exists() else [])]


def start_of(name: str) -> list[str]:
    """Cats go on from the packed weights, the scrolls' faces from the new cats."""
    cats, packed = RUNS / "cats" / "last.pt", PACKED / "start.safetensors"
    found = {"cats": [packed], "kaokore": [cats, packed]}.get(name, [])
    return next((["--start", str(path)] for path in found if path.exists()), [])


def run(arguments: list[str], seconds: float) -> tuple[int, str]:
    """Runs `python -m ...`, its output passed on: (exit status, last line)."""
    print("+", *arguments, flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "4"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = [""]

    def pass_on() -> None:
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.strip():
                lines.append(line.strip())

    reader = threading.Thread(target=pass_on)
    reader.start()
    end = time.monotonic() + seconds
    while process.poll() is None:
        try:
            process.wait(max(0.1, min(COLLECT_SECONDS, end - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                process.kill()
                print("killed at its limit", flush=True)
            else:
                collect()
    reader.join()
    return process.returncode, lines[-1]


def tried(chosen: argparse.Namespace, seconds: float) -> list[str]:
    """The options that the trial found fastest; ends everything where a loss is not finite."""
    options = ["--device", chosen.device, "--seconds", str(chosen.trial_seconds)]
    options += ["--into", str(RUNS / "trial"), "--batch", *map(str, chosen.batches)]
    options += ["--first-steps", str(chosen.first_steps)]
    arguments = [*network_options("cats"), *start_of("cats"), *options]
    status, last = run(["training.gan.trial", *arguments], seconds)
    shutil.rmtree(RUNS / "trial", ignore_errors=True)
    if status and "Not finite" in last:
        sys.exit(f"The trial failed: {last}")
    try:
        return json.loads(last)["options"]
    except (ValueError, KeyError):
        print("The trial came to no end: the recipe's batch", flush=True)
        return []


def collect() -> None:
    """Copies results to $OUT, most needed first, within what comes back; says what stays."""
    files = []
    for name in TRAININGS:
        files.append(RUNS / name / f"{name}.average_D.safetensors")
    files.append(RUNS / "cats" / "cats.G_heads.safetensors")
    sheets = sorted(RUNS.glob("*/*.png"))
    snapshots = sorted((RUNS / "cats").glob("cats.[0-9][0-9].safetensors"))
    for target, members in (("sheets.tar", sheets), ("snapshots.tar", snapshots)):
        if members:
            with tarfile.open(RUNS / target, "w") as archive:
                for member in members:
                    archive.add(member, member.name)
            place = 0 if target == "sheets.tar" else len(files)
            files.insert(place, RUNS / target)
    OUT.mkdir(parents=True, exist_ok=True)
    count, size = 1, 1 << 20  # the log's
    for file in (file for file in files if file.exists()):
        has = file.stat().st_size
        if count == MOST_FILES or has > MOST_BYTES or size + has > MOST_IN_ALL:
            print(f"stays here: {file.relative_to(ROOT)}, {has} bytes", flush=True)
            (OUT / file.name).unlink(missing_ok=True)
            continue
        new = OUT / "part"
        shutil.copyfile(file, new)
        new.replace(OUT / file.name)
        count, size = count + 1, size + has
    print(f"{count} files, {size} bytes in {OUT}", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, required=True, help="seconds in all")
    for name in TRAININGS:
        parser.add_argument(f"--{name}", type=float, default=0, help="minutes")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    parser.add_argument("--no-trial", dest="trial", action="store_false")
    parser.add_argument("--need-graphs", action="store_true", help="ends where there are none")
    parser.add_argument("--trial-seconds", type=float, default=3)
    parser.add_argument("--least", type=float, default=25, help="seconds of a training")
    parser.add_argument("--first-steps", type=int, default=65)
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--options", nargs=argparse.REMAINDER, default=[], help="of training.gan")
    return parser.parse_args()


def main() -> None:
    begun = time.monotonic()
    chosen = parse()
    RUNS.mkdir(exist_ok=True)

    def left() -> float:
        return chosen.limit - RESERVE_SECONDS - (time.monotonic() - begun)

    options = chosen.options
    if chosen.trial:
        options = tried(chosen, min(left(), 150)) + options
        if chosen.need_graphs and "--eager" in options:
            sys.exit("No CUDA graphs: see above; without --need-graphs it would go on eagerly")
        (RUNS / "options.json").write_text(json.dumps(options))
    elif (RUNS / "options.json").exists() and not options:
        options = json.loads((RUNS / "options.json").read_text())
    wanted = {name: getattr(chosen, name.replace("-", "_")) * 60 for name in TRAININGS}
    for place, (name, seconds) in enumerate(wanted.items()):
        if not seconds:
            continue
        # What is missing is missing from each of those to come alike.
        seconds = min(seconds, left() * seconds / sum(list(wanted.values())[place:]))
        if seconds < chosen.least:
            print(f"{name}: no time left", flush=True)
            continue
        own = options
        if name.startswith("dcgan"):  # its recipe has a batch of its own
            own = [o for o in options if o in ("--eager", "--aid-float32")]
        into = ["--into", str(RUNS / name), "--name", name, "--device", chosen.device]
        minutes = ["--minutes", f"{(seconds - RESERVE_SECONDS) / 60:.3f}"]
        arguments = [*network_options(name), *start_of(name), *into, *minutes, *own]
        status, _ = run(["training.gan", *arguments], left())
        print(f"{name}: exit status {status}, {left():.0f} s left", flush=True)
        collect()


if __name__ == "__main__":
    main()
