"""FGSM, PGD and MI-FGSM: one loop that follows the gradient within an epsilon ball.

With L the cross-entropy, y the label, t the target and Pi the projection onto the ball of radius
epsilon around the clean picture x, cut to [0, 1]:

    untargeted  x' = Pi(x' + a * d(grad L(x', y)))      away from y
    targeted    x' = Pi(x' - a * d(grad L(x', t)))      towards t

In the L-infinity ball d is the sign, in the L2 ball it is the gradient at length 1.

    fgsm     one step with a = epsilon, from x (Goodfellow et al. 2015, "Explaining and harnessing
             adversarial examples")
    pgd      many small ones from a random start, and again from others where that failed (Madry et
             al. 2018, "Towards deep learning models resistant to adversarial attacks")
    mi_fgsm  many from x, along v <- mu v + g / |g|_1 instead of the gradient g (Dong et al. 2018,
             "Boosting adversarial attacks with momentum")
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch

from models.attacks.evaluation import (
    AttackStep,
    Evaluation,
    Network,
    evaluate,
    is_quantized,
    likelihood,
    where,
)
from models.attacks.norms import BALLS, Ball
from models.attacks.settings import AttackSettings

REPAIR_STEPS = 10


@dataclass(frozen=True)
class _Plan:
    """A method in terms of the one loop.

    Attributes:
        starts: seeds of the random starts; None starts at the clean picture.
    """

    steps: int
    step_size: float
    starts: tuple[int | None, ...] = (None,)
    momentum: float | None = None


def _plan(settings: AttackSettings) -> _Plan:
    if settings.method == "fgsm":
        return _Plan(1, settings.epsilon)
    if settings.method == "mi_fgsm":
        return _Plan(settings.steps, settings.step_size, momentum=settings.momentum)
    if not settings.random_start:
        return _Plan(settings.steps, settings.step_size)
    starts = tuple(settings.seed + restart for restart in range(settings.restarts))
    return _Plan(settings.steps, settings.step_size, starts)


def evaluate_clean(
    network: Network,
    levels: torch.Tensor,
    settings: AttackSettings,
    labels: torch.Tensor | None,
    target: int | None,
) -> Evaluation:
    """The clean pictures, with the gradient if the attack starts at them."""
    from_clean = _plan(settings).starts == (None,)
    return evaluate(network, levels, labels, target, likelihood if from_clean else None)


def steps(network: Network, clean: Evaluation, settings: AttackSettings) -> Generator[AttackStep]:
    """The attack, from `evaluate_clean` on.

    Fractional steps leave whole levels on the way. The last iterate is rounded to whole levels, and
    should that undo the success, up to `REPAIR_STEPS` steps long enough to change whole levels
    follow within the last `AttackStep`.
    """
    plan, total = _plan(settings), settings.most_steps
    now, made = clean, 0
    for number, start in enumerate(plan.starts):
        # Later starts only take the pictures that don't fool yet.
        failed = ~now.fooled if number else None
        before = now
        part = clean if failed is None else clean.select(failed)
        for step, found in enumerate(_climb(network, part, plan, settings, start), 1):
            made += 1
            now = found if failed is None else before.put_back(failed, found)
            if step == plan.steps and now.fooled.all():
                total = made
            yield now.step(made, total)
        if made == total:
            return


def _climb(
    network: Network, clean: Evaluation, plan: _Plan, settings: AttackSettings, start: int | None
) -> Generator[Evaluation]:
    """One run of the loop from one start; the last evaluation is the result."""
    ball = BALLS[settings.norm](clean.levels, settings.epsilon)
    quantized = is_quantized(clean.levels)
    whole = quantized and ball.keeps_whole(plan.step_size)
    labels, target = clean.labels, clean.target
    now, best, velocity = clean, clean, None
    if start is not None:
        now = evaluate(network, ball.random(start, whole), labels, target, likelihood)

    for step in range(1, plan.steps + 1):
        direction = now.gradient
        if plan.momentum is not None:
            velocity = _accumulate(direction, velocity, plan.momentum)
            direction = velocity.clone()
        moved = ball.direction(direction).mul_(plan.step_size * ball.unit).add_(now.levels)
        # The forward pass that the next step needs anyway tells what this one achieved.
        objective = likelihood if step < plan.steps else None
        now = evaluate(network, ball.project(moved), labels, target, objective)
        if step < plan.steps:
            if now.fooled.any():
                best = where(now.fooled, now, best)
            yield now
    # A picture that no longer fools, but did, ends as the latest iterate that does.
    now = where(now.fooled | ~best.fooled, now, best)
    yield _quantized(network, now, ball) if quantized and not whole else now


def _accumulate(gradient: torch.Tensor, velocity: torch.Tensor | None, mu: float) -> torch.Tensor:
    """mu v + g / |g|_1, written over g."""
    gradient.div_(gradient.abs().sum((1, 2, 3), keepdim=True).clamp_(min=1e-30))
    return gradient if velocity is None else gradient.add_(velocity, alpha=mu)


def _quantized(network: Network, last: Evaluation, ball: Ball) -> Evaluation:
    """Whole levels; steps again wherever rounding undid the success."""
    before, labels, target = last.fooled, last.labels, last.target
    objective = likelihood if before.any() else None
    now = evaluate(network, ball.quantize(last.levels), labels, target, objective)
    for extra in range(1, REPAIR_STEPS + 1):
        undone = (before & ~now.fooled)[:, None, None, None]
        if not undone.any():
            break
        moved = now.levels + undone * ball.direction(now.gradient) * ball.nudge
        levels = torch.where(undone, ball.quantize(ball.project(moved)), now.levels)
        objective = likelihood if extra < REPAIR_STEPS else None
        now = evaluate(network, levels, labels, target, objective)
    return now
