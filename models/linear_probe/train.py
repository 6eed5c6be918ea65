"""Transfer learning: a linear classifier (head) trained on the fixed features of another network.

Yosinski et al. 2014, "How transferable are features in deep neural networks?"; here the layers
below the head stay as they are, so a whole course of training takes a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import nn

from models.validation import choice, number, switch, whole_number

SCHEDULES = ("cosine", "constant")
MAX_EPOCHS = 200
MAX_SEED = 2**31 - 1
BATCH = 256
SIZES = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Settings:
    """How a head is trained: softmax regression by AdamW (Loshchilov & Hutter 2019).

    Attributes:
        per_class: examples of each class, chosen by `seed`; 0 takes all there are.
        epochs: passes over them, 1 to 200.
        lr: learning rate, 1e-5 to 1.
        weight_decay: pull of the weights towards zero, 0 to 10 per unit of learning rate.
        dropout: share of the features hidden at each step, 0 to 0.9 (Srivastava et al. 2014).
        smoothing: share of each label spread over all classes, 0 to 0.5 (Szegedy et al. 2016).
        schedule: "cosine" (the rate falls to zero) or "constant".
        batch_norm: normalise each feature over the batch (Ioffe & Szegedy 2015).
        seed: fixes the examples, their order and the dropout.

    Raises:
        ValidationError: a value out of range.
    """

    per_class: int = 0
    epochs: int = 20
    lr: float = 0.003
    weight_decay: float = 0.1
    dropout: float = 0.0
    smoothing: float = 0.0
    schedule: str = "cosine"
    batch_norm: bool = False
    seed: int = 0

    def __post_init__(self):
        whole_number("per_class", self.per_class, 0, 10_000)
        whole_number("epochs", self.epochs, 1, MAX_EPOCHS)
        number("lr", self.lr, 1e-5, 1)
        number("weight_decay", self.weight_decay, 0, 10)
        number("dropout", self.dropout, 0, 0.9)
        number("smoothing", self.smoothing, 0, 0.5)
        choice("schedule", self.schedule, SCHEDULES)
        switch("batch_norm", self.batch_norm)
        whole_number("seed", self.seed, 0, MAX_SEED)


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
class Epoch:
    """Where training stands.

    Attributes:
        step, steps: epochs done, and all of them.
        loss: mean cross-entropy of this epoch, in nats.
        learnt: accuracy on the examples trained on, 0..1.
        accuracy: accuracy on the test examples, 0..1.
        logits: (M, classes) of the test examples.
    """

    step: int
    steps: int
    loss: float
    learnt: float
    accuracy: float
    logits: torch.Tensor

    @property
    def found(self) -> torch.Tensor:
        """(M,) classes given to the test examples."""
        return self.logits.argmax(1)


def chosen(labels: torch.Tensor, per_class: int, seed: int) -> torch.Tensor:
    """Indices of `per_class` examples of each class (all if 0, or if there are fewer), shuffled.

    More examples keep those of fewer: the choice for 5 is part of the choice for 10.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    if not per_class:
        return order
    kept = torch.zeros(len(labels), dtype=torch.bool)
    for value in labels.unique():
        kept[(labels[order] == value).nonzero()[:per_class, 0]] = True
    return order[kept]


class Head(nn.Module):
    """Features (N, d) -> logits (N, classes), with the tricks of `Settings`."""

    def __init__(self, size: int, classes: int, settings: Settings):
        super().__init__()
        self.norm = nn.BatchNorm1d(size, affine=False) if settings.batch_norm else nn.Identity()
        self.dropout = settings.dropout
        self.linear = nn.Linear(size, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """`generator` fixes what dropout hides; without it nothing is hidden."""
        x = self.norm(x)
        if self.dropout and generator is not None:
            kept = torch.rand(x.shape, generator=generator) >= self.dropout
            x = x * kept / (1 - self.dropout)
        return self.linear(x)


@torch.enable_grad()
def train(examples: Samples, test: Samples, settings: Settings) -> Iterator[Epoch]:
    """Trains a head on `examples`; yields before the first epoch and after each.

    The gradient is that of the mean over a batch of -log softmax(W x + b)[y]; every class weighs
    the same, however many examples it has. Same arguments, same result on one machine.
    """
    picked = chosen(examples.labels, settings.per_class, settings.seed)
    x, y = examples.features[picked], examples.labels[picked]
    # One scale for all features, so that one learning rate suits every network's.
    scale = x.square().mean().sqrt().clamp_min(1e-6)
    x, seen = x / scale, test.features / scale
    head = Head(x.shape[1], examples.classes, settings)
    solver = torch.optim.AdamW(
        head.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True
    )
    generator = torch.Generator().manual_seed(settings.seed)
    importance = torch.bincount(y, minlength=examples.classes).clamp_min(1).float().reciprocal()
    steps = settings.epochs * math.ceil(len(x) / BATCH)
    done = 0

    def state(epoch: int, loss: float) -> Epoch:
        head.eval()
        with torch.no_grad():
            logits = head(seen)
            learnt = (head(x).argmax(1) == y).float().mean().item()
        right = (logits.argmax(1) == test.labels).float().mean().item()
        return Epoch(epoch, settings.epochs, loss, learnt, right, logits)

    yield state(0, math.log(examples.classes))
    for epoch in range(1, settings.epochs + 1):
        head.train()
        total = 0.0
        for part in torch.randperm(len(x), generator=generator).split(BATCH):
            # One example alone has no deviation to be normalised by.
            if settings.batch_norm and len(part) == 1:
                head.eval()
            if settings.schedule == "cosine":
                rate = settings.lr * 0.5 * (1 + math.cos(math.pi * done / steps))
                solver.param_groups[0]["lr"] = rate
            loss = nn.functional.cross_entropy(
                head(x[part], generator), y[part], importance, label_smoothing=settings.smoothing
            )
            solver.zero_grad()
            loss.backward()
            solver.step()
            total += loss.item() * len(part)
            done += 1
        yield state(epoch, total / len(x))


def most(examples: Samples) -> int:
    """The number of examples of the class that has most."""
    return int(torch.bincount(examples.labels).max())


def curve(
    examples: Samples, test: Samples, settings: Settings, sizes: tuple[int, ...] = SIZES
) -> Iterator[tuple[int, float]]:
    """(examples per class, test accuracy) for growing numbers of examples, then for all (0).

    Small numbers depend on which examples they are: up to ten, three draws are averaged.
    """
    for size in (*(n for n in sizes if n < most(examples)), 0):
        reached = []
        for draw in range(3 if 0 < size <= 10 else 1):
            turn = replace(settings, per_class=size, seed=(settings.seed + draw) % MAX_SEED)
            *_, last = train(examples, test, turn)
            reached.append(last.accuracy)
        yield size, sum(reached) / len(reached)


def confusion(found: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
    """(classes, classes) counts: row = true class, column = class given."""
    return torch.bincount(labels * classes + found, minlength=classes**2).view(classes, classes)
