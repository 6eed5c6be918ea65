"""The collapse doctor's confusion table: presets, broken and repaired, over seeds.

    python -m benchmarks.doctor --seeds 10

Every preset runs for a fixed number of rounds, from scratch; the doctor looks at the end. Repaired
runs have the preset's repair from the start, and should be healthy.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from models.gan.training import data as gan_data
from models.gan.training import diagnosis, presets
from models.gan.training import metrics as gan_figures
from models.gan.training import settings as gan_settings
from models.gan.training.trainer import Trainer

ROUNDS = {"mlp": 4000, "dense": 4000, "dcgan": 700}
LOOKS = 16


def watched(name: str, repaired: bool, seed: int) -> tuple[list[diagnosis.Reading], Trainer]:
    """A whole run of a preset, with its readings."""
    preset = presets.preset(name)
    settings = (preset.repaired if repaired else preset.settings).turned(seed=seed)
    plane = preset.data in presets.PLANE
    data = gan_data.plane(preset.data) if plane else gan_data.digits(preset.data == "few")
    trainer, readings = Trainer(data, settings), []
    for _ in range(LOOKS):
        moment = trainer.advance(float("inf"), ROUNDS[settings.architecture] // LOOKS)
        readings.append(diagnosis.Reading(moment, gan_figures.take(trainer)))
    return readings, trainer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    kinds = ("broken", "repaired")
    parser.add_argument("--kinds", nargs="*", choices=kinds, default=kinds)
    parser.add_argument("--presets", nargs="*", default=presets.NAMES)
    parser.add_argument(
        "--figures", type=Path, help="append each run's last reading, as JSON lines"
    )
    chosen = parser.parse_args()
    right = whole = 0
    for name in chosen.presets:
        preset = presets.preset(name)
        for repaired in (False, True):
            if ("repaired" if repaired else "broken") not in chosen.kinds or (
                repaired and not preset.repair
            ):
                continue
            wanted = "healthy" if repaired else preset.verdict
            found: Counter[str] = Counter()
            for seed in range(chosen.first, chosen.first + chosen.seeds):
                readings, trainer = watched(name, repaired, seed)
                settings = trainer.settings
                verdict = diagnosis.diagnose(
                    readings, settings.architecture, gan_settings.cost(settings)
                )
                found[verdict.name] += 1
                if chosen.figures:
                    facts = {"preset": name, "repaired": repaired, "seed": seed}
                    facts |= {"verdict": verdict.name, "readings": [_plain(r) for r in readings]}
                    with chosen.figures.open("a") as out:
                        out.write(json.dumps(facts) + "\n")
            label = f"{name}, repaired" if repaired else name
            print(f"{label:20} wanted {wanted:22} {found[wanted]}/{chosen.seeds}  {dict(found)}",
                  flush=True)  # fmt: skip
            right, whole = right + found[wanted], whole + chosen.seeds
    print(f"{right} of {whole} runs are called what they are")


def _plain(reading: diagnosis.Reading) -> dict:
    facts = vars(reading.moment) | vars(reading.figures)
    return {name: value for name, value in facts.items() if name != "samples"}


if __name__ == "__main__":
    main()
