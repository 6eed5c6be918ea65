"""Linear probes: multinomial logistic regression on fixed features, in fold and out of it."""

from __future__ import annotations

import torch
from torch import nn


def fit(
    features: torch.Tensor,
    labels: torch.Tensor,
    classes: int,
    penalty: float = 1e-3,
    balance: float = 1.0,
) -> nn.Linear:
    """The classifier with the least cross-entropy + penalty * ||W||^2 on standardised features.

    Args:
        features: (N, d).
        labels: (N,) class numbers.
        penalty: weight of the squared norm.
        balance: 0 counts each sample once, 1 each class.

    Returns:
        A linear layer for features that are not standardised.
    """
    mean, scale = features.mean(0), features.std(0).clamp_min(1e-3)
    x = (features - mean) / scale
    counts = torch.bincount(labels, minlength=classes).clamp_min(1).float()
    importance = counts.pow(-balance)[labels]
    importance = importance / importance.sum()
    weight = torch.zeros(classes, x.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        solver.zero_grad()
        wrong = nn.functional.cross_entropy(x @ weight.T + bias, labels, reduction="none")
        total = (wrong * importance).sum() + penalty * weight.square().sum()
        total.backward()
        return total

    solver.step(loss)
    layer = nn.Linear(x.shape[1], classes)
    with torch.no_grad():
        layer.weight.copy_(weight / scale)
        layer.bias.copy_(bias - layer.weight @ mean)
    return layer.requires_grad_(False)


def out_of_fold(
    features: torch.Tensor, labels: torch.Tensor, groups: torch.Tensor, classes: int, folds: int = 5
) -> torch.Tensor:
    """Logits (N, classes) of each sample by a probe that was fitted without its group's fold."""
    out = torch.empty(len(features), classes)
    for fold in range(folds):
        inside = groups % folds == fold
        out[inside] = fit(features[~inside], labels[~inside], classes)(features[inside])
    return out
