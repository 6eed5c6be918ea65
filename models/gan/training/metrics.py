"""Figures on a GAN in training: how varied samples are, what they cover, what D knows by heart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from models.gan.training import digit_classifier
from models.gan.training.data import Points, scaled
from models.gan.training.trainer import Trainer

POINTS, PICTURES, COUNTED = 1024, 64, 200
# A mode counts as covered when it gets at least this share of what would be its due.
DUE = 0.2


@dataclass(frozen=True)
class Figures:
    """What samples are like, beside the examples they imitate.

    Attributes:
        diversity: mean distance between two samples / between two examples; 1 is as varied.
        modes: places (plane) or digits (0..9) that samples cover; None where nobody can count.
        of: how many there are.
        balance: entropy of the samples' shares of the modes / log(of), 0..1.
        quality: share of samples near a mode (plane), or the counter's mean confidence (digits).
        heart: how far D knows its examples by heart, 0..1: (E d(shown) - E d(held back)) /
            (E d(shown) - E d(generated)); 1: unseen examples look generated to it (r_v in Karras
            et al. 2020, ADA). None in the plane, where examples never repeat.
    """

    diversity: float
    modes: int | None
    of: int | None
    balance: float | None
    quality: float | None
    heart: float | None


def spread(examples: torch.Tensor) -> float:
    """Mean Euclidean distance between two of `examples` (N, ...)."""
    flat = examples.flatten(1)
    return float(torch.pdist(flat).mean()) if len(flat) > 1 else 0.0


def own_modes(data: Points, points: torch.Tensor) -> torch.Tensor:
    """The mode of each of points (N, 2) that lies within reach of one, the nearest: (n,)."""
    far, nearest = torch.cdist(points, data.modes).min(1)
    return nearest[far < data.reach]


def held(which: torch.Tensor, of: int, drawn: int) -> torch.Tensor:
    """Which modes get `DUE` of what would be theirs, (of,) bool; arguments as of `covered`."""
    return torch.bincount(which, minlength=of) >= DUE * drawn / of


def covered(which: torch.Tensor, of: int, drawn: int) -> tuple[int, float]:
    """(modes covered, balance) of samples.

    Args:
        which: mode of each sample that has one, (n,) in 0..of-1.
        of: number of modes.
        drawn: samples in all, those without a mode included.
    """
    counts = torch.bincount(which, minlength=of).double()
    shares = counts / counts.sum().clamp_min(1)
    entropy = abs(float(torch.special.xlogy(shares, shares).sum()))
    return int(held(which, of, drawn).sum()), entropy / math.log(of) if of > 1 else 1.0


def take(trainer: Trainer) -> Figures:
    """Measures a run as it stands, without touching its draws."""
    chance = torch.Generator().manual_seed(0)
    data = trainer.data
    plane = isinstance(data, Points)
    count = POINTS if plane else COUNTED if data.counted else PICTURES
    z = torch.randn(count, trainer.settings.latent, generator=chance)
    made = trainer.sample(z)
    few = made[: 4 * PICTURES if plane else PICTURES]
    real = data.draw(len(few), chance)
    diversity = spread(few) / max(spread(real), 1e-9)
    if plane:
        own = own_modes(data, made)
        modes, balance = covered(own, len(data.modes), count)
        return Figures(diversity, modes, len(data.modes), balance, len(own) / count, None)
    modes = balance = quality = None
    if data.counted:
        seen, sure = digit_classifier.count(made)
        modes, balance = covered(seen, 10, count)
        quality = float(sure.mean())
    of = 10 if data.counted else None
    return Figures(diversity, modes, of, balance, quality, by_heart(trainer, made[:PICTURES]))


def by_heart(trainer: Trainer, made: torch.Tensor) -> float:
    """`Figures.heart`, from at most as many shown and held-back pictures as were `made`."""
    data = trainer.data
    shown, held = (scaled(_spread(part, len(made))) for part in (data.shown, data.held))
    on_shown, on_held, on_made = (float(trainer.judge(x).mean()) for x in (shown, held, made))
    gap = on_shown - on_made
    if gap <= 1e-6:
        return 0.0
    return min(1.0, max(0.0, (on_shown - on_held) / gap))


def _spread(pictures: torch.Tensor, most: int) -> torch.Tensor:
    """At most `most` of them, evenly spread: they may be sorted by what they show."""
    return pictures[:: max(1, -(-len(pictures) // most))]
