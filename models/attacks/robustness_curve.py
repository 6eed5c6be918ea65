"""Robustness curves: one picture attacked within many radii at once.

A batch holds the same picture once for every radius, so a curve of twelve points costs hardly more
passes than one attack. With g the gradient of the loss, every method is the same loop,

    v <- mu v + g / |g|_1        x' <- Pi(x' + a sign v)

cut to the L-infinity ball of the picture's own radius and to [0, 255]; the first gradient, at the
clean picture, is shared by all radii and all methods.

    fgsm     1 step,  a = epsilon            Goodfellow et al. 2015
    pgd      k steps, a = 2.5 epsilon / k    Madry et al. 2018, from the clean picture
    mi_fgsm  k steps, a = epsilon / k, mu 1  Dong et al. 2018, "Boosting adversarial attacks with
                                             momentum"

The smallest radius that fools is then found by bisection between two points of the curve; each
bisection starts from the last success, projected onto the smaller ball, and mostly fools at once.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

import torch

from models.attacks.evaluation import Evaluation, Network, evaluate, likelihood, to_levels
from models.attacks.settings import BISECTIONS, MAX_EPSILON, CurveSettings
from models.validation import ValidationError

REFINEMENTS = 3
REPAIRS = 10
# The probability beyond which the curve lies on the axis, and the attack needs no more steps.
CONVERGED = 0.999


@dataclass(frozen=True)
class Curve:
    """One method's curve, as far as it is known.

    Attributes:
        true: probability of the label at each radius.
        target: probability of the target; None without one.
        fooled: whether the network was, at each radius.
        smallest: the least radius found that fools, in 1/255; None if none does, or not yet.
        nearest: (1, 3, H, W) in [0, 1], a picture at that radius.
    """

    true: tuple[float, ...]
    target: tuple[float, ...] | None
    fooled: tuple[bool, ...]
    smallest: float | None = None
    nearest: torch.Tensor | None = None


@dataclass(frozen=True)
class CurveStep:
    """What is known after so many of all steps.

    Attributes:
        step, steps: gradient steps and bisections, over all methods.
        epsilons: the radii, in 1/255.
        curves: by method, those begun.
    """

    step: int
    steps: int
    epsilons: tuple[float, ...]
    curves: dict[str, Curve]


@dataclass(frozen=True)
class _Plan:
    """A method: its steps, the step size as a share of the radius, and the momentum mu."""

    steps: int
    share: float
    momentum: float


def _plan(method: str, steps: int) -> _Plan:
    if method == "fgsm":
        return _Plan(1, 1.0, 0.0)
    if method == "pgd":
        return _Plan(steps, min(1.0, 2.5 / steps), 0.0)
    return _Plan(steps, 1 / steps, 1.0)


@dataclass(frozen=True)
class _Goal:
    """The network and what is wanted of it: away from `label`, or to `target`."""

    network: Network
    label: int
    target: int | None

    def evaluate(self, levels: torch.Tensor, gradient: bool) -> Evaluation:
        """Pictures (N, 3, H, W) in grey levels."""
        labels = torch.full((len(levels),), self.label, device=levels.device)
        return _evaluate(self.network, levels, labels, self.target, gradient)


def _evaluate(
    network: Network,
    levels: torch.Tensor,
    labels: torch.Tensor | None,
    target: int | None,
    gradient: bool,
) -> Evaluation:
    # Callers may sit in inference mode; what is made there can't be differentiated.
    with torch.inference_mode(False):
        labels = None if labels is None else labels.clone()
        return evaluate(network, levels, labels, target, likelihood if gradient else None)


def _wanted_probability(found: Evaluation) -> torch.Tensor:
    """Of the target, or of anything but the label, (N,)."""
    wanted = likelihood(found.log_p, found.labels, found.target)
    return 1 - (-wanted).exp() if found.target is None else wanted.exp()


def _score(found: Evaluation) -> torch.Tensor:
    """How good the attack is: success first, then the probability that is wanted, (N,)."""
    return 2 * found.fooled + _wanted_probability(found)


def _best(best: Evaluation, places: torch.Tensor, found: Evaluation) -> Evaluation:
    """`best`, with the pictures of `found` in `places` wherever they are better."""
    better = _score(found) > _score(best)[places]
    at = places[better]
    levels = best.levels.index_copy(0, at, found.levels[better])
    log_p = best.log_p.index_copy(0, at, found.log_p[better])
    return Evaluation(levels, levels / 255, log_p, best.labels, best.target)


def _normalized(gradient: torch.Tensor) -> torch.Tensor:
    return gradient / gradient.abs().sum((1, 2, 3), keepdim=True).clamp_min(1e-30)


def curves(
    network: Network,
    picture: torch.Tensor,
    settings: CurveSettings,
    target: int | None = None,
    target_name: str = "",
) -> Generator[CurveStep]:
    """Attacks one picture within every radius by every method, and finds the smallest that fools.

    With n radii above 0 and k steps, a method of many steps costs k - 1 forward and backward passes
    of at most n pictures and a forward pass of n; fgsm costs one forward pass of n. Each
    bisection costs one to four passes of one picture.

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K); only its input is differentiated.
        picture: (1, 3, H, W) in [0, 1].
        settings: which radii and methods.
        target: class to reach; None only leaves what the network says of the clean picture.
        target_name: what an error calls it.

    Yields:
        A `CurveStep` for the clean picture at once, one after each gradient step and bisection.
        Closable at any of them.

    Raises:
        ValidationError: the network already takes the picture for the target, at the first step.
    """
    device = network.placement.device if hasattr(network, "placement") else picture.device
    first = _evaluate(network, to_levels(picture.detach().to(device)), None, target, gradient=True)
    label = int(first.labels)
    if target == label:
        raise ValidationError("target_is_prediction", value=target_name or target)
    goal = _Goal(network, label, target)
    plans = {method: _plan(method, settings.steps) for method in settings.methods}
    steps = settings.most_steps
    radii = torch.tensor(settings.epsilons, device=device)
    found: dict[str, Curve] = {}
    done = 0

    def step() -> CurveStep:
        return CurveStep(done, steps, settings.epsilons, dict(found))

    yield step()
    for method, plan in plans.items():
        best = first
        for best in _climb(goal, plan, first, radii):
            done += 1
            found[method] = _curve(best)
            yield step()
        for curve in _bisect(goal, plan, first, found[method], best, settings.epsilons):
            done += 1
            found[method] = curve
            yield step()


def _curve(best: Evaluation) -> Curve:
    record = best.step(0, 0)
    return Curve(record.true, record.target, tuple(best.fooled.tolist()))


def _climb(
    goal: _Goal, plan: _Plan, first: Evaluation, radii: torch.Tensor
) -> Generator[Evaluation]:
    """The best pictures so far for every radius, after each step of a method."""
    radius = radii[:, None, None, None]
    clean, n = first.levels, len(radii)
    low, high = (clean - radius).clamp_(min=0), (clean + radius).clamp_(max=255)
    levels = clean.expand(n, -1, -1, -1)
    log_p, labels = first.log_p.expand(n, -1), first.labels.expand(n)
    best = Evaluation(levels, levels / 255, log_p, labels, first.target)
    # The first radius is 0: nothing to do there.
    active = torch.arange(1, n, device=radii.device)
    levels, velocity = best.levels[active], _normalized(first.gradient).expand(n - 1, -1, -1, -1)
    for step in range(1, plan.steps + 1):
        if len(active):
            moved = levels + plan.share * radius[active] * velocity.sign()
            levels = torch.maximum(torch.minimum(moved, high[active]), low[active])
            found = goal.evaluate(levels, gradient=step < plan.steps)
            best = _best(best, active, found)
        yield best
        if len(active) and step < plan.steps:
            velocity = plan.momentum * velocity + _normalized(found.gradient)
            on = _wanted_probability(found) < CONVERGED
            active, levels, velocity = active[on], levels[on], velocity[on]


def _bisect(
    goal: _Goal,
    plan: _Plan,
    first: Evaluation,
    curve: Curve,
    best: Evaluation,
    epsilons: tuple[float, ...],
) -> Generator[Curve]:
    """The curve with the smallest radius known so far, after each bisection."""
    if True not in curve.fooled:
        yield from [curve] * BISECTIONS
        return
    at = curve.fooled.index(True)
    below, above = epsilons[at - 1], epsilons[at]
    nearest = best.levels[at : at + 1]
    for _ in range(BISECTIONS):
        middle = (below + above) / 2
        levels = _reached(goal, plan, first, nearest, middle)
        if levels is None:
            below = middle
        else:
            above, nearest = middle, levels
        yield replace(curve, smallest=above, nearest=nearest.clamp(0, 255) / 255)


def _reached(
    goal: _Goal, plan: _Plan, first: Evaluation, nearest: torch.Tensor, radius: float
) -> torch.Tensor | None:
    """A picture within `radius` that fools, sought from `nearest`; None if it isn't found."""
    clean = first.levels
    if plan.steps == 1:
        levels = (clean + radius * first.gradient.sign()).clamp(0, 255)
        return levels if goal.evaluate(levels, gradient=False).fooled else None
    levels = clean + (nearest - clean).clamp(-radius, radius)
    velocity = torch.zeros_like(clean)
    for step in range(REFINEMENTS + 1):
        found = goal.evaluate(levels, gradient=step < REFINEMENTS)
        if found.fooled:
            return levels
        if step < REFINEMENTS:
            velocity = plan.momentum * velocity + _normalized(found.gradient)
            moved = levels + radius / REFINEMENTS * velocity.sign()
            levels = (clean + (moved - clean).clamp(-radius, radius)).clamp(0, 255)
    return None


def quantized(
    network: Network,
    picture: torch.Tensor,
    nearest: torch.Tensor,
    epsilon: float,
    target: int | None = None,
    epsilon_end: float = MAX_EPSILON,
) -> tuple[torch.Tensor, int] | None:
    """A picture that an 8-bit file holds and that fools, at the next whole grey level that allows.

    `nearest` is rounded within the ball of ceil(`epsilon`); where that undoes the success, up to
    `REPAIRS` steps of one whole level follow, then the next level is tried.

    Args:
        network: as in `curves`.
        picture: (1, 3, H, W), whole multiples of 1/255.
        nearest: one that fools at radius `epsilon`, as `Curve.nearest`.
        target: as in `curves`.
        epsilon_end: largest radius to try, in 1/255.

    Returns:
        (picture, radius in 1/255), the picture checked to fool; None if there is none.
    """
    device = nearest.device
    clean = to_levels(picture.detach().to(device))
    label = int(_evaluate(network, clean, None, target, gradient=False).labels)
    goal = _Goal(network, label, target)
    # Rounded away from the clean picture: below half a level nothing would be left of it.
    change = nearest * 255 - clean
    change = change.sign() * (change.abs() - 1e-3).ceil()
    for level in range(max(1, math.ceil(epsilon - 1e-9)), int(epsilon_end) + 1):
        levels = (clean + change.clamp(-level, level)).clamp(0, 255)
        for repair in range(REPAIRS + 1):
            found = goal.evaluate(levels, gradient=repair < REPAIRS)
            if found.fooled:
                return levels / 255, level
            if repair < REPAIRS:
                moved = (levels + found.gradient.sign() - clean).clamp(-level, level)
                levels = (clean + moved).clamp(0, 255)
    return None
