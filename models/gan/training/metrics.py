"""Metrics of a GAN in training: diversity of the samples, modes covered, memorization by D."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from models.gan.training import digit_classifier
from models.gan.training.data import Pictures, Points, scaled
from models.gan.training.labels import LabelledPictures
from models.gan.training.trainer import Trainer

POINTS, PICTURES, CLASSIFIED = 1024, 64, 200  # samples
# A mode counts as covered with this share of the samples that it would get if all got as many.
COVERED_SHARE = 0.2


@dataclass(frozen=True)
class Metrics:
    """What samples are like, beside the examples they imitate.

    Attributes:
        diversity: mean distance between two samples / between two examples; 1 is as varied.
        modes: modes (plane) or digits (0..9) that samples cover; None for pictures of other things.
        of: how many there are.
        balance: entropy of the samples' shares of the modes / log(of), 0..1.
        quality: share of samples near a mode (plane), or the digit classifier's mean confidence.
        memorization: of the training examples by D, 0..1: (E d(train) - E d(held out)) /
            (E d(train) - E d(generated)); 1: D takes unseen examples for generated ones (r_v in
            Karras et al. 2020, ADA). None in the plane, where examples never repeat.
        class_accuracy: share of samples that the digit classifier takes for the class that G was
            asked for; None without classes.
    """

    diversity: float
    modes: int | None
    of: int | None
    balance: float | None
    quality: float | None
    memorization: float | None
    class_accuracy: float | None = None


def mean_distance(examples: torch.Tensor) -> float:
    """Mean Euclidean distance between two of `examples` (N, ...)."""
    flat = examples.flatten(1)
    return float(torch.pdist(flat).mean()) if len(flat) > 1 else 0.0


def assign_modes(data: Points, points: torch.Tensor) -> torch.Tensor:
    """The nearest mode of each of points (N, 2) that lies within the radius of one: (n,)."""
    distance, nearest = torch.cdist(points, data.modes).min(1)
    return nearest[distance < data.radius]


def covered(modes: torch.Tensor, of: int, samples: int) -> torch.Tensor:
    """Which modes are covered, (of,) bool; arguments as of `coverage`."""
    return torch.bincount(modes, minlength=of) >= COVERED_SHARE * samples / of


def coverage(modes: torch.Tensor, of: int, samples: int) -> tuple[int, float]:
    """(modes covered, balance) of samples.

    Args:
        modes: mode of each sample that has one, (n,) in 0..of-1.
        of: number of modes.
        samples: in all, those without a mode included.
    """
    counts = torch.bincount(modes, minlength=of).double()
    shares = counts / counts.sum().clamp_min(1)
    entropy = abs(float(torch.special.xlogy(shares, shares).sum()))
    balance = entropy / math.log(of) if of > 1 else 1.0
    return int(covered(modes, of, samples).sum()), balance


def measure(trainer: Trainer) -> Metrics:
    """Measures a run as it stands, without touching its random generator."""
    if isinstance(trainer.data, Points):
        return _measure_points(trainer, trainer.data)
    return _measure_pictures(trainer, trainer.data)


def _measure_points(trainer: Trainer, data: Points) -> Metrics:
    rng = torch.Generator().manual_seed(0)
    samples = trainer.sample(torch.randn(POINTS, trainer.settings.latent, generator=rng))
    diversity = _diversity(samples[: 4 * PICTURES], data.draw(4 * PICTURES, rng))
    found, of = assign_modes(data, samples), len(data.modes)
    modes, balance = coverage(found, of, POINTS)
    return Metrics(diversity, modes, of, balance, len(found) / POINTS, None)


def _measure_pictures(trainer: Trainer, data: Pictures) -> Metrics:
    rng = torch.Generator().manual_seed(0)
    count = CLASSIFIED if data.are_digits else PICTURES
    samples = trainer.sample(torch.randn(count, trainer.settings.latent, generator=rng))
    few = samples[:PICTURES]
    diversity, learnt = _diversity(few, data.draw(PICTURES, rng)), memorization(trainer, data, few)
    if not data.are_digits:
        return Metrics(diversity, None, None, None, None, learnt)
    digits, confidences = digit_classifier.classify(samples)
    classes = data.classes if isinstance(data, LabelledPictures) else tuple(range(10))
    known = torch.full((10,), -1)
    known[list(classes)] = torch.arange(len(classes))
    found = known[digits]
    modes, balance = coverage(found[found >= 0], len(classes), count)
    accuracy = None
    if isinstance(data, LabelledPictures):  # `Trainer.sample` draws each class in turn
        accuracy = float((found == torch.arange(count) % len(classes)).float().mean())
    sure = float(confidences.mean())
    return Metrics(diversity, modes, len(classes), balance, sure, learnt, accuracy)


def _diversity(samples: torch.Tensor, examples: torch.Tensor) -> float:
    return mean_distance(samples) / max(mean_distance(examples), 1e-9)


def memorization(trainer: Trainer, data: Pictures, samples: torch.Tensor) -> float:
    """`Metrics.memorization`, from at most as many pictures of each kind as there are `samples`."""

    def mean_logit(pictures: torch.Tensor, labels: torch.Tensor | None) -> float:
        if labels is not None:
            labels = _thinned(labels, len(samples))
        return float(trainer.logits(scaled(_thinned(pictures, len(samples))), labels).mean())

    labels = held_out_labels = None
    if isinstance(data, LabelledPictures):
        labels, held_out_labels = data.labels, data.held_out_labels
    train = mean_logit(data.train, labels)
    held_out = mean_logit(data.held_out, held_out_labels)
    generated = float(trainer.logits(samples).mean())
    gap = train - generated
    if gap <= 1e-6:
        return 0.0
    return min(1.0, max(0.0, (train - held_out) / gap))


def _thinned(pictures: torch.Tensor, most: int) -> torch.Tensor:
    """At most `most` of them, evenly spaced: they may be sorted by what they show."""
    return pictures[:: max(1, -(-len(pictures) // most))]
