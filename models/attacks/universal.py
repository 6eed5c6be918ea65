"""One change for all pictures: a universal adversarial perturbation.

Moosavi-Dezfooli et al. 2017, "Universal adversarial perturbations": a v with |v|_inf <= epsilon and
k(x + v) != k(x) for most pictures x, k being the class that the network sees. Theirs goes from
picture to picture, and where x + v does not fool yet, v takes DeepFool's shortest step more and is
cut to the ball. Here all that are not fooled yet have one step together:

    g = sum over those of grad_x L(x + v, k(x)) / |grad_x L(x + v, k(x))|_1
    u <- mu u + g / |g|_1          v <- clip(v + a sign(u), -epsilon, epsilon)

Departures: the gradient of the cross-entropy L and its sign, with the momentum of MI-FGSM, stand in
for DeepFool, which takes ten gradients a step (as in Shafahi et al. 2020, "Universal adversarial
training"); and the best v is kept.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch

from models.attacks.evaluation import Evaluation, Network, evaluate, likelihood, to_levels
from models.attacks.settings import UniversalSettings

MOMENTUM = 0.9


@dataclass(frozen=True)
class Shown:
    """What a network sees in pictures with the perturbation.

    Attributes:
        pictures: (N, 3, H, W) in [0, 1].
        before, after: of each picture without it and with it: (class number, probability).
    """

    pictures: torch.Tensor
    before: tuple[tuple[int, float], ...]
    after: tuple[tuple[int, float], ...]

    @property
    def rate(self) -> float:
        """The fooling rate: the share of the pictures whose class changes."""
        pairs = zip(self.before, self.after, strict=True)
        return sum(a[0] != b[0] for a, b in pairs) / len(self.before)


@dataclass(frozen=True)
class UniversalStep:
    """An iterate, and at the end the best of them.

    Attributes:
        step, steps: steps done, and all of them.
        perturbation: (1, 3, H, W) in grey levels, whole if epsilon and the step size are.
        made, others: the pictures that it is made from, and those that it never saw.
    """

    step: int
    steps: int
    perturbation: torch.Tensor
    made: Shown
    others: Shown


def universal(
    network: Network, pictures: torch.Tensor, others: torch.Tensor, settings: UniversalSettings
) -> Generator[UniversalStep]:
    """Makes a perturbation from pictures, and tries it on others.

    Args:
        pictures: (N, 3, H, W) in [0, 1], what it is made from.
        others: (M, 3, H, W), what it is tried on; at least one.

    Yields:
        A step at once, v = 0, and one after each. Closable at any of them.
    """
    clean, unseen = (
        evaluate(network, to_levels(given), None, None, None) for given in (pictures, others)
    )
    v = velocity = torch.zeros_like(pictures[:1])
    best = _tried(network, clean, unseen, v, 0, settings.steps)
    yield best
    for step in range(1, settings.steps + 1):
        direction = _direction(network, clean, v)
        velocity = MOMENTUM * velocity + direction / direction.abs().sum().clamp(min=1e-30)
        v = (v + settings.step_size * velocity.sign()).clamp(-settings.epsilon, settings.epsilon)
        now = _tried(network, clean, unseen, v, step, settings.steps)
        if now.made.rate >= best.made.rate:
            best = now
        if step < settings.steps:
            yield now
    yield UniversalStep(settings.steps, settings.steps, best.perturbation, best.made, best.others)


def _direction(network: Network, clean: Evaluation, v: torch.Tensor) -> torch.Tensor:
    """g, (1, 3, H, W); of all pictures where all are fooled."""
    now = evaluate(network, (clean.levels + v).clamp(0, 255), clean.labels, None, likelihood)
    lengths = now.gradient.abs().sum((1, 2, 3), keepdim=True).clamp(min=1e-30)
    counts = ~now.fooled | now.fooled.all()
    return (counts[:, None, None, None] * now.gradient / lengths).sum(0, keepdim=True)


def _tried(
    network: Network,
    clean: Evaluation,
    unseen: Evaluation,
    v: torch.Tensor,
    step: int,
    steps: int,
) -> UniversalStep:
    return UniversalStep(step, steps, v, _shown(network, clean, v), _shown(network, unseen, v))


def _shown(network: Network, clean: Evaluation, v: torch.Tensor) -> Shown:
    levels = (clean.levels + v).clamp(0, 255)
    now = evaluate(network, levels, clean.labels, None, None)
    return Shown(now.pictures, _likeliest(clean), _likeliest(now))


def _likeliest(found: Evaluation) -> tuple[tuple[int, float], ...]:
    p, classes = found.log_p.exp().max(1)
    return tuple(zip(classes.tolist(), p.tolist(), strict=True))
