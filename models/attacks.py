"""Attacks: pictures changed so little that a person sees nothing, so well that a network errs.

With L the cross-entropy, y the label, t the target and Pi the projection onto the ball of radius
epsilon around the clean picture x, cut to [0, 1]:

    untargeted  x' = Pi(x' + a * d(grad L(x', y)))      away from y
    targeted    x' = Pi(x' - a * d(grad L(x', t)))      towards t

In the L-infinity ball d is the sign. FGSM (Goodfellow et al. 2015, "Explaining and harnessing
adversarial examples") is one such step with a = epsilon; PGD (Madry et al. 2018, "Towards deep
learning models resistant to adversarial attacks") is many small ones from a random start.

A result is only worth something once it is saved, so the loop counts in grey levels (0..255): with
whole-level steps every iterate is an 8-bit picture, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from models.refusals import Refusal, choice, number
from models.registry import class_index, class_names

METHODS = ("fgsm", "pgd")
NORMS = ("linf",)

MAX_EPSILON = 64
MAX_STEPS = 1000
MIN_STEP_SIZE, MAX_STEP_SIZE = 0.01, 64
MAX_SEED = 2**63 - 1
REPAIR_STEPS = 10

Network = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Settings:
    """What to do to a picture.

    Attributes:
        method: one of `METHODS`. "fgsm" is one step of size epsilon from the clean picture: it
            ignores `steps`, `step_size`, `seed` and `random_start`.
        norm: one of `NORMS`.
        target: name of the ImageNet class to reach; None only leaves the label.
        epsilon: radius of the ball in 1/255, whole (so that an 8-bit picture can use all of it),
            0 to 64.
        steps: 1 to 1000.
        step_size: in 1/255, 0.01 to 64.
        seed: of the random start.
        random_start: start anywhere in the ball, not at the clean picture.

    Raises:
        Refusal: a value is of the wrong kind, out of range, or unknown.
    """

    method: str = "pgd"
    norm: str = "linf"
    target: str | None = None
    epsilon: float = 4.0
    steps: int = 20
    step_size: float = 1.0
    seed: int = 0
    random_start: bool = True

    def __post_init__(self):
        choice("method", self.method, METHODS)
        choice("norm", self.norm, NORMS)
        number("epsilon", self.epsilon, 0, MAX_EPSILON, whole=True)
        number("step_size", self.step_size, MIN_STEP_SIZE, MAX_STEP_SIZE)
        # Web forms send whole numbers as 20.0; loops and generators want 20.
        steps = number("steps", self.steps, 1, MAX_STEPS, whole=True)
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "seed", number("seed", self.seed, 0, MAX_SEED, whole=True))
        if self.target is not None:
            class_index(self.target)


@dataclass(frozen=True)
class Step:
    """One iterate.

    Attributes:
        step: 0 is the clean picture.
        steps: how many there are.
        adversarial: (N, 3, H, W) in [0, 1].
        true: probability of the label, per picture, at this iterate.
        target: probability of the target, per picture; None without a target.
    """

    step: int
    steps: int
    adversarial: torch.Tensor
    true: tuple[float, ...]
    target: tuple[float, ...] | None


@dataclass(frozen=True)
class Report:
    """What an attack achieved, measured on the 8-bit picture.

    Attributes:
        before: the five likeliest classes of the clean picture, as (name, probability).
        after: those of the adversarial one.
        success: with a target, that it is now the prediction; without, that the prediction changed.
        linf: largest change of a value, in 1/255.
        l2: Euclidean length of the change, on [0, 1].
        steps: gradient steps made.
        seconds: time taken, if the caller took it.
    """

    before: list[tuple[str, float]]
    after: list[tuple[str, float]]
    success: bool
    linf: float
    l2: float
    steps: int
    seconds: float = 0.0


@dataclass(frozen=True)
class _Plan:
    """A method, said in terms of the one loop."""

    steps: int
    step_size: float
    random_start: bool


def _plan(settings: Settings) -> _Plan:
    if settings.method == "fgsm":
        return _Plan(1, settings.epsilon, random_start=False)
    return _Plan(settings.steps, settings.step_size, settings.random_start)


class _Linf:
    """The L-infinity ball around pictures (N, 3, H, W), cut to [0, 255]; all in grey levels.

    `project` and `direction` work in place: at 224 px fresh memory costs more than the arithmetic.
    """

    def __init__(self, centre: torch.Tensor, epsilon: float):
        self.centre, self.epsilon = centre, epsilon
        self.low = (centre - epsilon).clamp_(min=0)
        self.high = (centre + epsilon).clamp_(max=255)

    def project(self, levels: torch.Tensor) -> torch.Tensor:
        return levels.clamp_(self.low, self.high)

    def direction(self, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.sign_()

    def random(self, seed: int, whole: bool) -> torch.Tensor:
        # Drawn on the CPU: the same seed starts at the same place on every device.
        generator = torch.Generator().manual_seed(seed)
        size, reach = self.centre.shape, int(self.epsilon)
        if whole:
            # Madry et al. draw from the continuous ball; whole levels keep the picture 8-bit.
            noise = torch.randint(-reach, reach + 1, size, generator=generator).float()
        else:
            noise = (2 * torch.rand(size, generator=generator) - 1) * reach
        return self.project(self.centre + noise.to(self.centre.device))


_BALLS = {"linf": _Linf}


@dataclass(frozen=True)
class _Look:
    """What the network made of one iterate: levels and pictures (N, 3, H, W), log-probs (N, K)."""

    levels: torch.Tensor
    pictures: torch.Tensor
    log_p: torch.Tensor
    labels: torch.Tensor
    target: int | None
    gradient: torch.Tensor | None = None

    @property
    def fooled(self) -> torch.Tensor:
        prediction = self.log_p.argmax(1)
        return prediction != self.labels if self.target is None else prediction == self.target

    def step(self, step: int, steps: int) -> Step:
        p = self.log_p.exp()
        true = p.gather(1, self.labels[:, None])[:, 0].tolist()
        target = None if self.target is None else tuple(p[:, self.target].tolist())
        return Step(step, steps, self.pictures, tuple(true), target)


def _look(network: Network, levels, labels, target: int | None, gradient: bool) -> _Look:
    # Callers may sit in no_grad or inference mode, and no mode may leak out over a yield.
    with torch.inference_mode(False), torch.set_grad_enabled(gradient):
        pictures = (levels / 255).requires_grad_(gradient)
        log_p = network(pictures).log_softmax(1)
        if labels is None:
            labels = log_p.detach().argmax(1)
        slope = None
        if gradient:
            # Summed, not averaged: what happens to a picture doesn't depend on its neighbours.
            if target is None:
                objective = -log_p.gather(1, labels[:, None]).sum()
            else:
                objective = log_p[:, target].sum()
            (slope,) = torch.autograd.grad(objective, pictures)
    return _Look(levels, pictures.detach(), log_p.detach(), labels, target, slope)


def _choose(first: torch.Tensor, a: _Look, b: _Look) -> _Look:
    """Picture by picture: a where `first`, else b."""
    if first.all():
        return a
    levels = torch.where(first[:, None, None, None], a.levels, b.levels)
    log_p = torch.where(first[:, None], a.log_p, b.log_p)
    return _Look(levels, levels / 255, log_p, a.labels, a.target)


def attack(
    network: Network,
    pictures: torch.Tensor,
    settings: Settings,
    labels: torch.Tensor | None = None,
) -> Iterator[Step]:
    """Attacks pictures, step by step.

    The last step holds the result. Pictures whose values are whole multiples of 1/255 give a result
    of such values, within epsilon, so nothing is lost when it is saved; other pictures are left as
    they fall. A picture that no longer fools the network at the end, but did at an earlier iterate,
    ends as the latest such iterate. Fractional step sizes leave the 8-bit grid on the way; the last
    iterate is rounded, and should that undo the success, up to `REPAIR_STEPS` whole-level steps
    follow within the last `Step`.

    k steps cost k forward and backward passes and one more forward pass, two with a random start.

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K); any callable. It is only
            differentiated with respect to the pictures.
        pictures: (N, 3, H, W) in [0, 1]; not changed. They move to the network's device.
        settings: what to do.
        labels: (N,) class indices; None means what the network says about the clean pictures.

    Yields:
        A `Step` for the clean pictures at once, then one after each gradient step. Closable at any
        of them.

    Raises:
        ValueError: pictures or labels of the wrong shape or range, at the call.
        Refusal: the network already takes a picture for the target, at the first step.
    """
    _check(pictures, labels)
    device = network.placement.device if hasattr(network, "placement") else pictures.device
    labels = None if labels is None else labels.to(device).long()
    return _run(network, _levels(pictures.detach().to(device)), settings, labels)


def _run(network: Network, levels: torch.Tensor, settings: Settings, labels) -> Iterator[Step]:
    plan = _plan(settings)
    target = None if settings.target is None else class_index(settings.target)
    ball = _BALLS[settings.norm](levels, settings.epsilon)
    on_grid = bool((levels == levels.round()).all())
    whole = on_grid and plan.step_size == int(plan.step_size)

    look = _look(network, levels, labels, target, gradient=not plan.random_start)
    if target is not None and (look.log_p.argmax(1) == target).any():
        raise Refusal("target_is_prediction", value=class_names()[target])
    yield look.step(0, plan.steps)
    labels, kept = look.labels, look
    if plan.random_start:
        start = ball.random(settings.seed, whole)
        look = _look(network, start, labels, target, gradient=True)

    for step in range(1, plan.steps + 1):
        direction = ball.direction(look.gradient)
        moved = torch.add(look.levels, direction, alpha=plan.step_size)
        # The forward pass that the next step needs anyway tells what this one achieved.
        look = _look(network, ball.project(moved), labels, target, gradient=step < plan.steps)
        if step < plan.steps:
            if look.fooled.any():
                kept = _choose(look.fooled, look, kept)
            yield look.step(step, plan.steps)

    if on_grid and not whole:
        yield from _round(network, look, ball, plan.steps)
    else:
        yield _choose(look.fooled | ~kept.fooled, look, kept).step(plan.steps, plan.steps)


def _round(network: Network, look: _Look, ball: _Linf, step: int) -> Iterator[Step]:
    """Rounds the last iterate, and fools the network again wherever rounding undid that."""
    before, labels, target = look.fooled, look.labels, look.target
    look = _look(network, look.levels.round(), labels, target, gradient=bool(before.any()))
    for extra in range(1, REPAIR_STEPS + 1):
        undone = before & ~look.fooled
        if not undone.any():
            break
        moved = look.levels + undone[:, None, None, None] * ball.direction(look.gradient)
        look = _look(network, ball.project(moved), labels, target, gradient=extra < REPAIR_STEPS)
    yield look.step(step, step)


def evaluate(
    network: Network,
    clean: torch.Tensor,
    adversarial: torch.Tensor,
    settings: Settings,
    steps: int | None = None,
    seconds: float = 0.0,
) -> Report:
    """Measures an attack on the picture as it will be saved: rounded to multiples of 1/255.

    Args:
        network: as in `attack`.
        clean, adversarial: one picture each, (1, 3, H, W) in [0, 1].
        settings: what the attack was asked to do.
        steps: steps made; by default as many as the settings say.
        seconds: time taken; only passed through.

    Raises:
        ValueError: not one picture each, or values outside [0, 1].
    """
    for pictures in (clean, adversarial):
        _check(pictures)
    if clean.shape != adversarial.shape or len(clean) != 1:
        raise ValueError(f"One picture each, please, not {clean.shape} and {adversarial.shape}.")
    adversarial = to_grid(adversarial.to(clean.device))
    before, after = top_classes(network, clean), top_classes(network, adversarial)
    # As names: the classes have 1,000 different ones.
    wanted = None if settings.target is None else class_names()[class_index(settings.target)]
    success = after[0][0] != before[0][0] if wanted is None else after[0][0] == wanted
    change = (_levels(adversarial) - _levels(clean)).double()
    return Report(
        before=before,
        after=after,
        success=success,
        linf=change.abs().max().item(),
        l2=change.norm().item() / 255,
        steps=_plan(settings).steps if steps is None else steps,
        seconds=seconds,
    )


@torch.no_grad()
def top_classes(network: Network, picture: torch.Tensor, count: int = 5) -> list[tuple[str, float]]:
    """The likeliest ImageNet classes of one picture (1, 3, H, W) in [0, 1], as (name, p)."""
    p = network(picture)[0].softmax(0)
    best = p.topk(min(count, len(p))).indices.tolist()
    names = class_names()
    return [(names[i], p[i].item()) for i in best]


def to_grid(x: torch.Tensor) -> torch.Tensor:
    """Values in [0, 1] -> the nearest k/255, any shape: what an 8-bit file holds."""
    return (x * 255).round() / 255


def magnify(clean: torch.Tensor, adversarial: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The perturbation as a picture: 0.5 + factor * (adversarial - clean), and the factor.

    The factor is the largest whole number that keeps the picture in [0, 1], at least 1; changes
    above a half are cut. Without any change the picture is grey and the factor 1.

    Args:
        clean, adversarial: the same shape, in [0, 1].
    """
    change = _levels(adversarial) - _levels(clean)
    largest = change.abs().max().item()
    factor = max(1, int(127.5 / largest)) if largest else 1
    return (0.5 + factor / 255 * change).clamp(0, 1), factor


def _levels(x: torch.Tensor) -> torch.Tensor:
    """[0, 1] -> [0, 255], with whole levels exactly whole."""
    levels = x.float() * 255
    nearest = levels.round()
    # k/255 in float32, times 255, is off by at most some 1e-5.
    return torch.where((levels - nearest).abs() < 1e-4, nearest, levels)


def _check(pictures: torch.Tensor, labels: torch.Tensor | None = None) -> None:
    shape = tuple(pictures.shape)
    if len(shape) != 4 or shape[1] != 3 or 0 in shape:
        raise ValueError(f"Pictures must have the shape (N, 3, H, W), not {shape}.")
    if not pictures.is_floating_point():
        raise ValueError(f"Pictures must be floats in [0, 1], not {pictures.dtype}.")
    low, high = (bound.item() for bound in pictures.detach().aminmax())
    if not (low >= 0 and high <= 1):  # NaN fails both
        raise ValueError(f"Pictures must lie in [0, 1]; these go from {low:g} to {high:g}.")
    if labels is not None and tuple(labels.shape) != shape[:1]:
        raise ValueError(f"Labels must have the shape ({shape[0]},), not {tuple(labels.shape)}.")
