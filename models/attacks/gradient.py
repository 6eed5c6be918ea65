"""FGSM, PGD and MI-FGSM: one loop that follows the gradient within a ball.

With L the cross-entropy, y the label, t the target and Pi the projection onto the ball of radius
epsilon around the clean picture x, cut to [0, 1]:

    untargeted  x' = Pi(x' + a * d(grad L(x', y)))      away from y
    targeted    x' = Pi(x' - a * d(grad L(x', t)))      towards t

In the L-infinity ball d is the sign, in the L2 ball it is the gradient at length 1.

    fgsm     one step with a = epsilon, from x (Goodfellow et al. 2015, "Explaining and harnessing
             adversarial examples")
    pgd      many small ones from a random start, and again from others where that was in vain
             (Madry et al. 2018, "Towards deep learning models resistant to adversarial attacks")
    mi_fgsm  many from x, along v <- mu v + g / |g|_1 instead of the gradient g (Dong et al. 2018,
             "Boosting adversarial attacks with momentum")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from models.attacks.evaluation import Look, Network, Step, choose, likelihood, look, on_grid
from models.attacks.norms import BALLS
from models.attacks.settings import Settings

REPAIR_STEPS = 10


@dataclass(frozen=True)
class _Plan:
    """A method, said in terms of the one loop.

    Attributes:
        starts: seeds of the random starts; None starts at the clean picture.
    """

    steps: int
    step_size: float
    starts: tuple[int | None, ...] = (None,)
    momentum: float | None = None


def _plan(settings: Settings) -> _Plan:
    if settings.method == "fgsm":
        return _Plan(1, settings.epsilon)
    if settings.method == "mi_fgsm":
        return _Plan(settings.steps, settings.step_size, momentum=settings.momentum)
    if not settings.random_start:
        return _Plan(settings.steps, settings.step_size)
    starts = tuple(settings.seed + turn for turn in range(settings.restarts))
    return _Plan(settings.steps, settings.step_size, starts)


def first_look(network: Network, levels, settings: Settings, labels, target: int | None) -> Look:
    """The clean pictures, with the gradient if the attack starts at them."""
    from_clean = _plan(settings).starts == (None,)
    return look(network, levels, labels, target, likelihood if from_clean else None)


def steps(network: Network, clean: Look, settings: Settings) -> Iterator[Step]:
    """The attack, from `first_look` on.

    Fractional steps leave the 8-bit grid on the way; the last iterate is brought back to it, and
    should that undo the success, up to `REPAIR_STEPS` steps that matter there follow within the
    last `Step`.
    """
    plan, best, made = _plan(settings), None, 0
    total = plan.steps * len(plan.starts)
    for start in plan.starts:
        # Only what is left goes on.
        left = None if best is None else ~best.fooled
        part = clean if left is None else clean.only(left)
        for turn, found in enumerate(_turn(network, part, plan, settings, start), 1):
            made += 1
            now = found if left is None else best.with_(left, found)
            if turn == plan.steps and now.fooled.all():
                total = made
            yield now.step(made, total)
        best = now
        if made == total:
            return


def _turn(
    network: Network, clean: Look, plan: _Plan, settings: Settings, start: int | None
) -> Iterator[Look]:
    """One run through the loop; the last look is the result."""
    ball = BALLS[settings.norm](clean.levels, settings.epsilon)
    gridded = on_grid(clean.levels)
    whole = gridded and ball.keeps_grid(plan.step_size)
    labels, target = clean.labels, clean.target
    now, kept, velocity = clean, clean, None
    if start is not None:
        now = look(network, ball.random(start, whole), labels, target, likelihood)

    for step in range(1, plan.steps + 1):
        way = now.gradient
        if plan.momentum is not None:
            velocity = _gather(way, velocity, plan.momentum)
            way = velocity.clone()
        moved = ball.direction(way).mul_(plan.step_size * ball.unit).add_(now.levels)
        # The forward pass that the next step needs anyway tells what this one achieved.
        wanted = likelihood if step < plan.steps else None
        now = look(network, ball.project(moved), labels, target, wanted)
        if step < plan.steps:
            if now.fooled.any():
                kept = choose(now.fooled, now, kept)
            yield now
    # A picture that no longer fools, but did, ends as the latest iterate that does.
    now = choose(now.fooled | ~kept.fooled, now, kept)
    yield _on_grid(network, now, ball) if gridded and not whole else now


def _gather(gradient: torch.Tensor, velocity: torch.Tensor | None, mu: float) -> torch.Tensor:
    """mu v + g / |g|_1, written over g."""
    gradient.div_(gradient.abs().sum((1, 2, 3), keepdim=True).clamp_(min=1e-30))
    return gradient if velocity is None else gradient.add_(velocity, alpha=mu)


def _on_grid(network: Network, last: Look, ball) -> Look:
    """Whole levels; fools the network again wherever they undid that."""
    before, labels, target = last.fooled, last.labels, last.target
    wanted = likelihood if before.any() else None
    now = look(network, ball.to_grid(last.levels), labels, target, wanted)
    for extra in range(1, REPAIR_STEPS + 1):
        undone = (before & ~now.fooled)[:, None, None, None]
        if not undone.any():
            break
        moved = now.levels + undone * ball.direction(now.gradient) * ball.nudge
        levels = torch.where(undone, ball.to_grid(ball.project(moved)), now.levels)
        wanted = likelihood if extra < REPAIR_STEPS else None
        now = look(network, levels, labels, target, wanted)
    return now
