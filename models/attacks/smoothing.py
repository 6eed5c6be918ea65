"""Randomized smoothing: a majority vote under noise, with a certificate (Cohen, Rosenfeld & Kolter
2019, "Certified adversarial robustness via randomized smoothing").

The smoothed classifier says what the network says most often of x + N(0, sigma^2 I). If p_A is
the probability of that class and p_A > 1/2, no change of Euclidean length below

    R = sigma * Phi^-1(p_A)

alters its prediction. p_A is unknown; its lower bound from k of n votes at confidence 1 - alpha is
Clopper's and Pearson's: the p for which k or more votes of n have probability alpha. Where the
bound is not above 1/2, the classifier abstains.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from statistics import NormalDist

import torch

from models.attacks.evaluation import Network
from models.attacks.settings import SELECTION, VOTES_AT_ONCE, SmoothingSettings


@dataclass(frozen=True)
class SmoothingStep:
    """The votes so far.

    Attributes:
        step, steps: noisy copies seen, and all there will be.
        votes: (class, count) of the samples that count, the most frequent first; of the nominating
            ones until those begin.
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
        return float(alpha ** (1 / trials))
    log_binomials = [
        math.lgamma(trials + 1) - math.lgamma(i + 1) - math.lgamma(trials - i + 1)
        for i in range(successes, trials + 1)
    ]

    def tail(p: float) -> float:
        """The probability of so many successes or more."""
        log_p, log_q = math.log(p), math.log1p(-p)
        counts = range(successes, trials + 1)
        return sum(
            math.exp(log_binomial + i * log_p + (trials - i) * log_q)
            for i, log_binomial in zip(counts, log_binomials, strict=True)
        )

    low, high = 0.0, successes / trials
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) < alpha else (low, middle)
    return low


def certified_radius(lower: float, sigma: float) -> float | None:
    """R = sigma * Phi^-1(lower), in the unit of `sigma`; None where lower <= 1/2."""
    return sigma * NormalDist().inv_cdf(lower) if lower > 0.5 else None


def certify(
    network: Network, picture: torch.Tensor, settings: SmoothingSettings
) -> Generator[SmoothingStep]:
    """Lets noisy copies of one picture vote.

    The class is nominated by `SELECTION` copies and certified by others, so that the bound holds.
    The noise is not cut to [0, 1]: the certificate is about Gaussian noise.

    Args:
        network: pictures (N, 3, H, W), values around [0, 1] -> logits (N, K).
        picture: (1, 3, H, W) in [0, 1].

    Yields:
        A `SmoothingStep` at once and after every `VOTES_AT_ONCE` copies; the last has the
        certificate. Closable at any of them.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    steps = SELECTION + settings.samples
    done, nominee = 0, -1
    counts: dict[int, int] = {}

    def ranked() -> tuple[tuple[int, int], ...]:
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    yield SmoothingStep(done, steps, ranked())
    for end in (SELECTION, steps):
        while done < end:
            size = min(VOTES_AT_ONCE, end - done)
            # Whole batches, even the last: one shape, and the same noise for any count.
            noise = torch.randn(VOTES_AT_ONCE, *picture.shape[1:], generator=generator)
            copies = picture.cpu() + settings.sigma / 255 * noise
            with torch.no_grad():
                found = network(copies).argmax(1)[:size].tolist()
            if done == SELECTION:
                counts = {}
            for name in found:
                counts[name] = counts.get(name, 0) + 1
            done += size
            if done == SELECTION:
                nominee = ranked()[0][0]
            if done < steps:
                yield SmoothingStep(done, steps, ranked(), nominee if done >= SELECTION else None)
    lower = lower_bound(counts.get(nominee, 0), settings.samples, settings.confidence)
    radius = certified_radius(lower, settings.sigma / 255)
    yield SmoothingStep(done, steps, ranked(), nominee, lower, radius)
