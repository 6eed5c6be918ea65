"""DeepFool: the shortest way over the nearest decision boundary, as if the network were linear.

Moosavi-Dezfooli et al. 2016, "DeepFool: a simple and accurate method to fool deep neural networks".
With f_k the logit of class k minus the label's (negative as long as the label wins) and w_k its
gradient, the nearest boundary belongs to the class with the smallest |f_k| / |w_k|_q, and

    L2    r <- r + |f_k| / |w_k|_2  *  w_k / |w_k|_2
    Linf  r <- r + |f_k| / |w_k|_1  *  sign(w_k)            x' = x + (1 + overshoot) r

is repeated from x' until the prediction changes.

Reads `norm`, `steps` (at most so many repetitions) and `overshoot`.
"""

from __future__ import annotations

from collections.abc import Generator

import torch

from models.attacks.evaluation import AttackStep, Evaluation, Network, evaluate, is_quantized
from models.attacks.quantization import quantize
from models.attacks.settings import AttackSettings

# As in the paper: the classes that were likeliest at first, the label among them.
CANDIDATES = 10
# As in the authors' program: so that a boundary is crossed, not only reached. In [0, 1].
BEYOND = 1e-4


def steps(network: Network, clean: Evaluation, settings: AttackSettings) -> Generator[AttackStep]:
    """The attack, from the evaluation of the clean pictures on.

    A picture that the network takes for something else than its label stays as it is. Where all
    are, the first step is the last.
    """
    classes = _candidates(clean)
    now, change = clean, torch.zeros_like(clean.pictures)
    for step in range(1, settings.steps + 1):
        if not now.fooled.all():
            change = change + _push(network, now.pictures, classes, settings.norm)
            now = _moved(network, clean, now, change, settings.overshoot)
        if step == settings.steps or now.fooled.all():
            break
        yield now.step(step, settings.steps)
    if is_quantized(clean.levels):
        now = quantize(network, clean.levels, now)
    yield now.step(step, step)


def _candidates(clean: Evaluation) -> torch.Tensor:
    """(N, at most 10): the label, then the other classes, the likeliest first."""
    scores = clean.log_p.scatter(1, clean.labels[:, None], torch.inf)
    return scores.topk(min(CANDIDATES, scores.shape[1])).indices


def _moved(
    network: Network, clean: Evaluation, now: Evaluation, change: torch.Tensor, overshoot: float
) -> Evaluation:
    """The next iterate; what fools already stays.

    Args:
        change: r, the sum of all pushes, in [0, 1].
    """
    moved = (clean.levels + (1 + overshoot) * 255 * change).clamp_(0, 255)
    levels = torch.where(now.fooled[:, None, None, None], now.levels, moved)
    return evaluate(network, levels, clean.labels, None, None)


def _push(
    network: Network, pictures: torch.Tensor, classes: torch.Tensor, norm: str
) -> torch.Tensor:
    """(N, 3, H, W): from each picture straight to the nearest boundary, and a little beyond."""
    with torch.enable_grad():
        leaf = pictures.detach().requires_grad_()
        # Differences of log-probabilities are differences of logits.
        scores = network(leaf).log_softmax(1).gather(1, classes)
        margins = scores[:, 1:] - scores[:, :1]
        nearest = torch.full_like(margins[:, 0], torch.inf)[:, None, None, None]
        best = torch.zeros_like(pictures)
        for number, margin in enumerate(margins.unbind(1), 1):
            keep = number < margins.shape[1]
            (gradient,) = torch.autograd.grad(margin.sum(), leaf, retain_graph=keep)
            order = 1 if norm == "linf" else 2
            length = torch.linalg.vector_norm(gradient, order, (1, 2, 3), keepdim=True)
            distance = margin.detach().abs()[:, None, None, None] / length.clamp_(min=1e-8)
            direction = gradient.sign() if norm == "linf" else gradient / length
            best = torch.where(distance < nearest, direction, best)
            nearest = torch.minimum(nearest, distance)
    return (nearest + BEYOND) * best
