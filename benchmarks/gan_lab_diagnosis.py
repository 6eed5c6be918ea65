"""How often the diagnosis of a GAN in training is right: presets, broken and repaired, over seeds.

    python -m benchmarks.gan_lab_diagnosis --seeds 10
    python -m benchmarks.gan_lab_diagnosis --seeds 10 --kinds broken modern --presets collapse

Every preset runs for a fixed number of rounds, from scratch, and is diagnosed at the end. Repaired
runs have the preset's repair from the start, and should be healthy. Modern runs have the preset's
settings with the modern recipe (`presets.MODERN`) in place of its losses and penalties.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from models.gan.training import data, diagnosis, metrics, presets
from models.gan.training.trainer import Trainer

ROUNDS = {"mlp": 4000, "dense": 4000, "dcgan": 700}
READINGS = 16


KINDS = ("broken", "repaired", "modern")


def run(name: str, kind: str, seed: int) -> tuple[list[diagnosis.Reading], Trainer]:
    """A whole run of a preset, one of `KINDS`, with its readings."""
    preset = presets.preset(name)
    settings = (preset.repaired if kind == "repaired" else preset.settings).replace(seed=seed)
    if kind == "modern":
        settings = settings.replace(**presets.MODERN)
    trainer, readings = Trainer(data.load(preset.data), settings), []
    for _ in range(READINGS):
        snapshot = trainer.advance(float("inf"), ROUNDS[settings.architecture] // READINGS)
        readings.append(diagnosis.Reading(snapshot, metrics.measure(trainer)))
    return readings, trainer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS[:2])
    parser.add_argument("--presets", nargs="*", default=presets.NAMES)
    parser.add_argument(
        "--figures", type=Path, help="append each run's last reading, as JSON lines"
    )
    chosen = parser.parse_args()
    right = whole = 0
    for name in chosen.presets:
        preset = presets.preset(name)
        for kind in chosen.kinds:
            if kind == "repaired" and not preset.repair:
                continue
            wanted = preset.diagnosis if kind == "broken" else "healthy"
            found: Counter[str] = Counter()
            for seed in range(chosen.first, chosen.first + chosen.seeds):
                readings, trainer = run(name, kind, seed)
                settings = trainer.settings
                name_found = diagnosis.diagnose(
                    readings, settings.architecture, settings.equilibrium_loss
                ).name
                found[name_found] += 1
                if chosen.figures:
                    facts = {"preset": name, "kind": kind, "seed": seed}
                    facts |= {"diagnosis": name_found, "readings": [_plain(r) for r in readings]}
                    with chosen.figures.open("a") as out:
                        out.write(json.dumps(facts) + "\n")
            label = name if kind == "broken" else f"{name}, {kind}"
            print(f"{label:20} wanted {wanted:22} {found[wanted]}/{chosen.seeds}  {dict(found)}",
                  flush=True)  # fmt: skip
            right, whole = right + found[wanted], whole + chosen.seeds
    print(f"{right} of {whole} runs are diagnosed right")


def _plain(reading: diagnosis.Reading) -> dict:
    facts = vars(reading.snapshot) | vars(reading.metrics)
    return {name: value for name, value in facts.items() if name != "samples"}


if __name__ == "__main__":
    main()
