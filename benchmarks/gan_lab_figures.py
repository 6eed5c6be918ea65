"""How soon the healthy presets of the GAN lab have learnt: the ring, and digits.

    python -m benchmarks.gan_lab_figures --seconds-ring 20 --seconds-digits 120

Runs alone on the machine, from scratch, for the given wall-clock time. Digits are judged by the
shipped digit classifier on 1,000 samples.
"""

from __future__ import annotations

from time import perf_counter

import torch

from benchmarks.common import machine, options
from models.device import pick
from models.gan.training import data, digit_classifier, metrics, presets
from models.gan.training.metrics import Metrics
from models.gan.training.trainer import Trainer

SAMPLES = 1000
SHARE = 0.03


def ring(seed: int, limit: float) -> tuple[float | None, Metrics]:
    """(seconds until all modes are covered, or None; the metrics at the end of the time)."""
    trainer = Trainer(data.plane("ring"), presets.POINTS.replace(seed=seed), pick("auto"))
    start, covered = perf_counter(), None
    while perf_counter() - start < limit:
        trainer.train(0.25)
        measured = metrics.measure(trainer)
        if covered is None and measured.modes == measured.of:
            covered = perf_counter() - start
    return covered, measured


def digits(seed: int, limit: float) -> tuple[int, float, int]:
    """(rounds, mean confidence, classes with more than 3% of the samples)."""
    trainer = Trainer(data.digits(), presets.DIGITS.replace(seed=seed), pick("auto"))
    start = perf_counter()
    while perf_counter() - start < limit:
        trainer.train(0.5)
    z = torch.randn(SAMPLES, trainer.settings.latent, generator=torch.Generator().manual_seed(7))
    seen, sure = digit_classifier.classify(trainer.sample(z))
    shares = torch.bincount(seen, minlength=10) / SAMPLES
    return trainer.rounds, sure.mean().item(), int((shares > SHARE).sum())


def main() -> None:
    chosen = options(__doc__, seeds=2, seconds_ring=20.0, seconds_digits=120.0)
    for seed in range(chosen.seeds):
        covered, measured = ring(seed, chosen.seconds_ring)
        when = "never" if covered is None else f"{covered:.1f} s"
        print(f"ring, seed {seed}: all 8 modes after {when}; in the end {measured.modes} of 8, "
              f"{measured.quality:.0%} of samples near one", flush=True)  # fmt: skip
    for seed in range(chosen.seeds):
        rounds, sure, classes = digits(seed, chosen.seconds_digits)
        print(f"digits, seed {seed}: {rounds} rounds in {chosen.seconds_digits:.0f} s, "
              f"mean confidence {sure:.3f}, {classes} classes above 3%", flush=True)  # fmt: skip
    print(machine())


if __name__ == "__main__":
    main()
