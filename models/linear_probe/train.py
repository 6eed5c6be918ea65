"""Linear probing: a linear classifier (head) trained on the fixed features of another network.

Yosinski et al. 2014, "How transferable are features in deep neural networks?"; here the layers
below the head stay frozen and their features are cached, so that training takes about a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from models.linear_probe.settings import MAX_SEED, ProbeSettings

BATCH = 256
SIZES = (1, 2, 5, 10, 20, 50, 100)  # examples per class of a learning curve


@dataclass(frozen=True)
class Samples:
    """Features with their classes.

    Attributes:
        features: (N, d) float32.
        labels: (N,) int64, in 0..classes - 1.
        classes: how many classes there are.
    """

    features: torch.Tensor
    labels: torch.Tensor
    classes: int


@dataclass(frozen=True)
class ProbeStep:
    """Where training stands after an epoch.

    Attributes:
        step, steps: epochs done, and all of them.
        loss: mean cross-entropy of this epoch, in nats.
        train_accuracy: on the examples trained on, 0..1.
        accuracy: on the test examples, 0..1.
        logits: (M, classes) of the test examples.
    """

    step: int
    steps: int
    loss: float
    train_accuracy: float
    accuracy: float
    logits: torch.Tensor

    @property
    def predicted(self) -> torch.Tensor:
        """(M,) classes given to the test examples."""
        return self.logits.argmax(1)


def subset(labels: torch.Tensor, per_class: int, seed: int) -> torch.Tensor:
    """Indices of `per_class` examples of each class (all if 0, or if there are fewer), shuffled.

    Subsets of one seed are nested: the one for 5 is part of the one for 10.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    if not per_class:
        return order
    kept = torch.zeros(len(labels), dtype=torch.bool)
    for value in torch.unique(labels):
        kept[(labels[order] == value).nonzero()[:per_class, 0]] = True
    return order[kept]


class Head(nn.Module):
    """Features (N, d) -> logits (N, classes): W x + b, from W = 0 and b = 0.

    Args:
        size: d.
        classes: how many.
        settings: of these `dropout` and `batch_norm` count here.
    """

    def __init__(self, size: int, classes: int, settings: ProbeSettings) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(size, affine=False) if settings.batch_norm else nn.Identity()
        self.dropout = settings.dropout
        self.linear = nn.Linear(size, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """`generator` draws the dropout mask; without one there is no dropout."""
        x = self.norm(x)
        if self.dropout and generator is not None:
            kept = torch.rand(x.shape, generator=generator) >= self.dropout
            x = x * kept / (1 - self.dropout)
        return self.linear(x)


def feature_scale(features: torch.Tensor) -> torch.Tensor:
    """Root of the mean square of features: what they are divided by before a head sees them."""
    return features.square().mean().sqrt().clamp_min(1e-6)


@torch.enable_grad()
def train(
    examples: Samples, test: Samples, settings: ProbeSettings, head: Head | None = None
) -> Iterator[ProbeStep]:
    """Trains a head on `examples`; yields before the first epoch and after each.

    The loss is the mean over a batch of -log softmax(W x + b)[y], weighted so that every class
    counts the same, however many examples it has. Same arguments, same result on one machine.

    Args:
        head: a new one, trained in place, for who wants its weights, which take features divided by
            their `feature_scale`; None makes one.
    """
    chosen = subset(examples.labels, settings.per_class, settings.seed)
    x, y = examples.features[chosen], examples.labels[chosen]
    # One scale for all features, so that one learning rate suits every network's.
    scale = feature_scale(x)
    x, x_test = x / scale, test.features / scale
    head = head or Head(x.shape[1], examples.classes, settings)
    optimizer = torch.optim.AdamW(
        head.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True
    )
    generator = torch.Generator().manual_seed(settings.seed)
    class_weights = torch.bincount(y, minlength=examples.classes).clamp_min(1).float().reciprocal()
    updates = settings.epochs * math.ceil(len(x) / BATCH)
    done = 0

    def evaluated(epoch: int, loss: float) -> ProbeStep:
        head.eval()
        with torch.no_grad():
            logits = head(x_test)
            train_accuracy = (head(x).argmax(1) == y).float().mean().item()
        accuracy = (logits.argmax(1) == test.labels).float().mean().item()
        return ProbeStep(epoch, settings.epochs, loss, train_accuracy, accuracy, logits)

    yield evaluated(0, math.log(examples.classes))
    for epoch in range(1, settings.epochs + 1):
        head.train()
        total = 0.0
        for batch in torch.split(torch.randperm(len(x), generator=generator), BATCH):
            # A batch of one has no standard deviation.
            if settings.batch_norm and len(batch) == 1:
                head.eval()
            if settings.schedule == "cosine":
                rate = settings.lr * 0.5 * (1 + math.cos(math.pi * done / updates))
                optimizer.param_groups[0]["lr"] = rate
            logits = head(x[batch], generator)
            loss = nn.functional.cross_entropy(
                logits, y[batch], class_weights, label_smoothing=settings.smoothing
            )
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            total += loss.item() * len(batch)
            done += 1
        yield evaluated(epoch, total / len(x))


def largest_class(examples: Samples) -> int:
    """How many examples the class with most of them has."""
    return int(torch.bincount(examples.labels).max())


def learning_curve(
    examples: Samples, test: Samples, settings: ProbeSettings, sizes: tuple[int, ...] = SIZES
) -> Iterator[tuple[int, float]]:
    """(examples per class, test accuracy) for growing numbers of examples, then for all (0).

    With few examples it matters which: up to ten, three random subsets are averaged.
    """
    for size in (*(n for n in sizes if n < largest_class(examples)), 0):
        reached = []
        for draw in range(3 if 0 < size <= 10 else 1):
            seed = (settings.seed + draw) % MAX_SEED
            *_, last = train(examples, test, settings.replace(per_class=size, seed=seed))
            reached.append(last.accuracy)
        yield size, sum(reached) / len(reached)


def confusion_matrix(predicted: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
    """(classes, classes) counts: row = true class, column = predicted class."""
    cells = labels * classes + predicted
    return torch.bincount(cells, minlength=classes**2).view(classes, classes)
