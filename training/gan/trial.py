"""Tries the training of a network for seconds at several settings and says how fast each is.

    python -m training.gan.trial stylegan_cats64 --device cuda --batch 32 64 --into FOLDER

Ends with an error where a figure is not finite, and where no setting could be run. The last line is
JSON: the options of `training.gan` that were fastest, and all speeds.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import traceback
from pathlib import Path

import torch

from training import data
from training.gan.graph import prepare, wait
from training.gan.recipe import RECIPES
from training.gan.run import Options, Run
from training.gan.schedule import Schedule

# Steps until every phase is captured: R1's comes every 16 steps.
FIRST_STEPS = 65


def speed(run: Run, seconds: float, first_steps: int) -> float:
    """Pictures a second, after the first steps.

    Raises:
        FloatingPointError: a loss is not finite.
    """
    device, schedule = run.players.device, Schedule(seconds=1.0)
    for _ in range(first_steps):
        report = run.step(schedule)
    run.report(report)
    wait(device)
    begun, before = time.monotonic(), run.seen
    while time.monotonic() - begun < seconds:
        for _ in range(16):
            report = run.step(schedule)
        wait(device)
    found = (run.seen - before) / (time.monotonic() - begun)
    print(run.report(report), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=RECIPES)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--seconds", type=float, default=4, help="of each setting")
    parser.add_argument("--first-steps", type=int, default=FIRST_STEPS)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--aid-weights", type=Path)
    parser.add_argument("--full", action="store_true", help="eager and float32 at every batch")
    chosen = parser.parse_args()
    prepare(torch.device(chosen.device))
    faces = data.pictures(chosen.data or data.SHARED / RECIPES[chosen.network].data)
    cuda = chosen.device == "cuda"
    # (batch, graphs, second discriminator in bfloat16)
    settings = [(batch, cuda, True) for batch in chosen.batch]
    if cuda:
        others = chosen.batch if chosen.full else chosen.batch[-1:]
        settings += [(batch, True, False) for batch in others]
        settings += [(batch, False, True) for batch in others]
    speeds: dict[tuple[int, bool, bool], float] = {}
    for setting in settings:
        batch, graphs, half = setting
        torch.manual_seed(0)
        begun = time.monotonic()
        try:
            options = Options(chosen.device, graphs, chosen.aid_weights, half, chosen.into)
            recipe = RECIPES[chosen.network].changed([f"batch={batch}", "aid_from=0"])
            run = Run("trial", recipe, faces, chosen.into, chosen.start, options)
            speeds[setting] = round(speed(run, chosen.seconds, chosen.first_steps), 1)
        except FloatingPointError as error:
            sys.exit(f"Not finite: {error}")
        except Exception:  # what one setting can't do, the next may
            traceback.print_exc()
            if graphs:  # after a failed capture PyTorch can't go on in this process
                print("No graphs: the other settings are left out", flush=True)
                break
        seconds = round(time.monotonic() - begun, 1)
        print(f"batch {batch}, graphs {graphs}, aid in bfloat16 {half}:", end=" ")
        print(f"{speeds.get(setting)} pictures/s, {seconds} s in all", flush=True)
        run = None
        gc.collect()
    if not speeds and not cuda:
        sys.exit("No setting could be run")
    options = ["--eager"]
    if speeds:
        # A larger batch has to be worth it: the same pictures in fewer steps teach less.
        best = max(speeds, key=lambda s: speeds[s] * (chosen.batch[0] / s[0]) ** 0.25)
        options = ["--batch", str(best[0])] + ([] if best[1] or not cuda else ["--eager"])
        options += [] if best[2] else ["--aid-float32"]
    print(json.dumps({"options": options, "speeds": [[*k, v] for k, v in speeds.items()]}))


if __name__ == "__main__":
    main()
