"""Randomised smoothing: a majority vote under noise, with a certificate (Cohen, Rosenfeld & Kolter
2019, "Certified adversarial robustness via randomized smoothing").

The smoothed classifier says what the network says most often of x + N(0, sigma^2 I). If p_A is
the probability of that class and p_A > 1/2, no change of Euclidean length below

    R = sigma * Phi^-1(p_A)

alters its verdict. p_A is unknown; its lower bound from k of n votes at confidence 1 - alpha is
Clopper's and Pearson's: the p for which k or more votes of n have probability alpha. Where the
bound is not above 1/2, the classifier abstains.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import torch

from models.attacks.evaluation import Network
from models.validation import ValidationError, number, whole_number

MAX_SIGMA = 128
MAX_SAMPLES = 10_000
SELECTION = 16
BATCH = 8


@dataclass(frozen=True)
class Settings:
    """How to vote.

    Attributes:
        sigma: deviation of the noise, in 1/255, above 0 (at least 0.1), to 128.
        samples: noisy copies that vote, besides the `SELECTION` that nominate the class.
        confidence: of the certificate, 0.5 to 0.9999.
        seed: of the noise.

    Raises:
        ValidationError: a value is of the wrong kind or out of range, or there are so few samples
            that not even a unanimous vote could say anything.
    """

    sigma: float = 16.0
    samples: int = 100
    confidence: float = 0.99
    seed: int = 0

    def __post_init__(self):
        number("sigma", self.sigma, 0.1, MAX_SIGMA)
        number("confidence", self.confidence, 0.5, 0.9999)
        samples = whole_number("samples", self.samples, 1, MAX_SAMPLES)
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "seed", whole_number("seed", self.seed, 0, 2**63 - 1))
        if lower_bound(samples, samples, self.confidence) <= 0.5:
            raise ValidationError(
                "too_few_samples",
                count=samples,
                confidence=f"{self.confidence:.4g}",
                least=least_samples(self.confidence),
            )


@dataclass(frozen=True)
class Vote:
    """The votes so far.

    Attributes:
        step, steps: noisy copies seen, and all there will be.
        votes: of the samples that count, by class, the most frequent first; the nominating ones
            until those begin.
        nominee: the class whose votes are certified; None until it is nominated.
        lower: lower bound of its probability; None until all have voted, for a bound taken in the
            middle of the count would promise too much.
        radius: certified, in [0, 1] units; None if the vote is not over, or ends in abstaining.
    """

    step: int
    steps: int
    votes: tuple[tuple[int, int], ...]
    nominee: int | None = None
    lower: float | None = None
    radius: float | None = None

    @property
    def abstains(self) -> bool:
        """Whether all have voted and nothing can be said."""
        return self.lower is not None and self.radius is None


def lower_bound(successes: int, trials: int, confidence: float) -> float:
    """Clopper's and Pearson's one-sided lower bound (1934) of a probability, by bisection."""
    alpha = 1 - confidence
    if successes == 0:
        return 0.0
    if successes == trials:
        return alpha ** (1 / trials)
    ways = [
        math.lgamma(trials + 1) - math.lgamma(i + 1) - math.lgamma(trials - i + 1)
        for i in range(successes, trials + 1)
    ]

    def tail(p: float) -> float:
        inside, outside = math.log(p), math.log1p(-p)
        counts = range(successes, trials + 1)
        return sum(
            math.exp(way + i * inside + (trials - i) * outside)
            for i, way in zip(counts, ways, strict=True)
        )

    low, high = 0.0, successes / trials
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) < alpha else (low, middle)
    return low


def least_samples(confidence: float) -> int:
    """The fewest votes that, all alike, put the lower bound above one half."""
    return math.floor(math.log(1 - confidence) / math.log(0.5)) + 1


def certified_radius(lower: float, sigma: float) -> float | None:
    """R = sigma * Phi^-1(lower), in the unit of `sigma`; None where lower <= 1/2."""
    return sigma * NormalDist().inv_cdf(lower) if lower > 0.5 else None


def smoothed(network: Network, picture: torch.Tensor, settings: Settings) -> Iterator[Vote]:
    """Lets noisy copies of one picture vote.

    The class is nominated by `SELECTION` copies and certified by others, so that the bound is
    honest. The noise is not cut to [0, 1]: the certificate is about Gaussian noise.

    Args:
        network: pictures (N, 3, H, W), values around [0, 1] -> logits (N, K).
        picture: (1, 3, H, W) in [0, 1].

    Yields:
        A `Vote` at once and after every `BATCH` copies; the last has the certificate. Closable at
        any of them.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    steps = SELECTION + settings.samples
    done, nominee = 0, None
    counts: dict[int, int] = {}

    def vote() -> Vote:
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return Vote(done, steps, tuple(ranked), nominee)

    yield vote()
    for end in (SELECTION, steps):
        while done < end:
            size = min(BATCH, end - done)
            # Always drawn and shown in whole batches: one shape, and the same noise for any count.
            noise = torch.randn(BATCH, *picture.shape[1:], generator=generator)
            copies = picture.cpu() + settings.sigma / 255 * noise
            with torch.no_grad():
                found = network(copies).argmax(1)[:size].tolist()
            if done == SELECTION:
                counts = {}
            for name in found:
                counts[name] = counts.get(name, 0) + 1
            done += size
            if done < steps:
                if done == SELECTION:
                    nominee = vote().votes[0][0]
                yield vote()
    last = vote()
    lower = lower_bound(counts.get(nominee, 0), settings.samples, settings.confidence)
    radius = certified_radius(lower, settings.sigma / 255)
    yield Vote(done, steps, last.votes, nominee, lower, radius)
