"""Linear probes fitted to convergence: multinomial logistic regression on frozen features."""

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
        balance: 0 weights all samples the same, 1 all classes.

    Returns:
        A linear layer for features that are not standardised.
    """
    mean, scale = features.mean(0), features.std(0).clamp_min(1e-3)
    x = (features - mean) / scale
    counts = torch.bincount(labels, minlength=classes).clamp_min(1).float()
    sample_weight = counts.pow(-balance)[labels]
    sample_weight = sample_weight / sample_weight.sum()
    weight = torch.zeros(classes, x.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        losses = nn.functional.cross_entropy(x @ weight.T + bias, labels, reduction="none")
        total = (losses * sample_weight).sum() + penalty * weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    layer = nn.Linear(x.shape[1], classes)
    with torch.no_grad():
        layer.weight.copy_(weight / scale)
        layer.bias.copy_(bias - layer.weight @ mean)
    return layer.requires_grad_(False)


def out_of_fold(
    features: torch.Tensor, labels: torch.Tensor, groups: torch.Tensor, classes: int, folds: int = 5
) -> torch.Tensor:
    """Cross-fitted logits (N, classes): each sample's are by a probe fitted without its fold.

    Args:
        groups: (N,) numbers; a sample is in fold `groups % folds`.
    """
    logits = torch.empty(len(features), classes)
    for fold in range(folds):
        inside = groups % folds == fold
        logits[inside] = fit(features[~inside], labels[~inside], classes)(features[inside])
    return logits
