"""Trains a GAN on 64 x 64 faces; goes on from its last checkpoint when run again.

    python -m training.gan stylegan_cats64 --images 500000 --into ../runs/stylegan_cats64
    python -m training.gan stylegan_cats64 --device cuda --minutes 7 --batch 64 --into RUN

The second one plans for the time given: the learning rate begins to fall after 70% of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch

from training import data
from training.gan.graph import CaptureError, prepare, wait
from training.gan.recipe import RECIPES
from training.gan.run import Options, Run
from training.gan.schedule import Schedule

SAVE_SECONDS = 120
TOLD_SECONDS = 10
# Steps between two waits for the device: CUDA only queues work, so that without them the time
# measured here would be far ahead of what is computed.
WAIT_EVERY = 16
SNAPSHOTS = (25, 50, 70)


def train(run: Run, schedule: Schedule, begun: float) -> None:
    """Trains until the schedule's end; saves now and then and at the end.

    Args:
        begun: when the time given began, by `time.monotonic`.
    """
    device = run.players.device
    saved = told = time.monotonic()
    before = run.seen
    snapshots = [percent for percent in SNAPSHOTS if schedule.seconds]
    while (progress := schedule.progress(run.seen, time.monotonic() - begun)) < 1:
        report = run.step(schedule, time.monotonic() - begun)
        if device.type == "cuda" and run.steps % WAIT_EVERY:
            continue
        wait(device)
        now = time.monotonic()
        if now - told > TOLD_SECONDS:
            figures = run.report(report)
            figures["rate"] = round(schedule.rate(progress), 3)
            figures["per_second"] = round((run.seen - before) / (now - told), 1)
            print(json.dumps({"seen": run.seen} | figures), flush=True)
            told, before = time.monotonic(), run.seen
        if snapshots and 100 * progress >= snapshots[0]:
            run.save_snapshot(snapshots.pop(0))
        if now - saved > SAVE_SECONDS:
            run.save()
            saved = time.monotonic()
    run.save()
    print(f"{run.name}: {run.seen} pictures seen", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=RECIPES)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--images", type=int, help="real pictures shown in all")
    length.add_argument("--minutes", type=float, help="time of this process")
    parser.add_argument("--into", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--results", type=Path, help="folder of weights and sheets")
    parser.add_argument("--name", help="of the files, if not the network's")
    parser.add_argument("--start", type=Path, help="weights of another run to begin from")
    parser.add_argument("--data", type=Path, help="zip or .tar.xz of the pictures")
    parser.add_argument("--aid-weights", type=Path, help="the second discriminator's backbone")
    parser.add_argument("--aid-float32", action="store_true", help="it computes in float32")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--eager", action="store_true", help="no CUDA graphs")
    parser.add_argument("--batch", type=int, help="pictures per step")
    parser.add_argument("--set", nargs="*", default=[], help="numbers of the recipe, name=value")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    begun = time.monotonic()
    chosen = parse()
    device = torch.device(chosen.device)
    recipe = RECIPES[chosen.network].changed(chosen.set)
    if chosen.batch:
        recipe = recipe.changed([f"batch={chosen.batch}"])
    torch.manual_seed(chosen.seed)
    prepare(device)
    graphs = device.type == "cuda" and not chosen.eager
    options = Options(
        chosen.device, graphs, chosen.aid_weights, not chosen.aid_float32, chosen.results
    )
    faces = data.pictures(chosen.data or data.SHARED / recipe.data)
    name = chosen.name or chosen.network
    run = Run(name, recipe, faces, chosen.into, chosen.start, options)
    print(f"{name}: {len(faces)} pictures, {run.seen} seen, {recipe}", flush=True)
    seconds = chosen.minutes and chosen.minutes * 60
    try:
        train(run, Schedule(chosen.images, seconds, recipe.cool), begun)
    except CaptureError as error:
        print(f"No CUDA graph: {error}. Going on eagerly.", flush=True)
        again = [*sys.orig_argv, "--eager"]
        if seconds:
            left = (seconds - (time.monotonic() - begun)) / 60
            again += ["--minutes", f"{left:.3f}"]
        os.execv(sys.executable, again)


if __name__ == "__main__":
    main()
