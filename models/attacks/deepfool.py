"""DeepFool: the shortest way over the nearest border, as if the network were linear.

Moosavi-Dezfooli et al. 2016, "DeepFool: a simple and accurate method to fool deep neural networks".
With f_k the lead of class k over the label (negative as long as the label wins) and w_k its
gradient, the nearest border belongs to the class with the smallest |f_k| / |w_k|_q, and

    L2    r <- r + |f_k| / |w_k|_2  *  w_k / |w_k|_2
    Linf  r <- r + |f_k| / |w_k|_1  *  sign(w_k)            x' = x + (1 + overshoot) r

is repeated from x' until the prediction changes.

Reads `norm`, `steps` (at most so many repetitions) and `overshoot`.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from models.attacks.evaluation import Look, Network, Step, look, on_grid
from models.attacks.quantization import grown
from models.attacks.settings import Settings

# As in the paper: the classes that were likeliest at first, the label among them.
CANDIDATES = 10
# As in the authors' program: so that a border is crossed, not only reached. In [0, 1].
BEYOND = 1e-4


def steps(network: Network, clean: Look, settings: Settings) -> Iterator[Step]:
    """The attack, from a look at the clean pictures on.

    A picture that the network takes for something else than its label stays as it is: there is
    nothing to leave. With no other kind left that is the end, after one step.
    """
    classes = _candidates(clean)
    now, way = clean, torch.zeros_like(clean.pictures)
    for step in range(1, settings.steps + 1):
        if not now.fooled.all():
            now, way = _pushed(network, clean, now, way, classes, settings)
        if step == settings.steps or now.fooled.all():
            break
        yield now.step(step, settings.steps)
    if on_grid(clean.levels):
        now = grown(network, clean.levels, now)
    yield now.step(step, step)


def _candidates(clean: Look) -> torch.Tensor:
    """(N, at most 10): the label, then the others, the likeliest first."""
    scores = clean.log_p.scatter(1, clean.labels[:, None], torch.inf)
    return scores.topk(min(CANDIDATES, scores.shape[1])).indices


def _pushed(
    network: Network, clean: Look, now: Look, way: torch.Tensor, classes: torch.Tensor, settings
) -> tuple[Look, torch.Tensor]:
    """The next iterate, and r, the sum of all pushes to it, in [0, 1]."""
    way = way + _push(network, now.pictures, classes, settings.norm)
    moved = (clean.levels + (1 + settings.overshoot) * 255 * way).clamp_(0, 255)
    levels = torch.where(now.fooled[:, None, None, None], now.levels, moved)
    return look(network, levels, clean.labels, None, None), way


def _push(
    network: Network, pictures: torch.Tensor, classes: torch.Tensor, norm: str
) -> torch.Tensor:
    """(N, 3, H, W): from each picture straight to the nearest border, and a little beyond."""
    with torch.enable_grad():
        leaf = pictures.detach().requires_grad_()
        # Differences of log-probabilities are differences of logits.
        scores = network(leaf).log_softmax(1).gather(1, classes)
        leads = scores[:, 1:] - scores[:, :1]
        nearest, slope = None, None
        for number, lead in enumerate(leads.unbind(1), 1):
            (way,) = torch.autograd.grad(lead.sum(), leaf, retain_graph=number < leads.shape[1])
            width = torch.linalg.vector_norm(
                way, 1 if norm == "linf" else 2, (1, 2, 3), keepdim=True
            )
            away = lead.detach().abs()[:, None, None, None] / width.clamp_(min=1e-8)
            way = way.sign() if norm == "linf" else way / width
            if nearest is None:
                nearest, slope = away, way
                continue
            slope = torch.where(away < nearest, way, slope)
            nearest = torch.minimum(nearest, away)
    return (nearest + BEYOND) * slope
