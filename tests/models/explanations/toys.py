"""Networks whose explanations can be worked out by hand, and one that is bent everywhere."""

import torch
from torch import nn


class Toy(nn.Module):
    """The picture itself is the last feature map; `head` makes logits of it."""

    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, pictures):
        return self.head(pictures)

    def maps_and_logits(self, pictures):
        maps = pictures * 1.0
        return maps, self.head(maps)


def against_nothing(logit):
    """Logits of two classes: `logit`, (N,), and 0."""
    return torch.stack([logit, torch.zeros_like(logit)], 1)


def red_sum(pictures):
    return against_nothing(pictures[:, 0].sum((1, 2)))


def red_squared(pictures):
    return against_nothing((pictures[:, 0] ** 2).sum((1, 2)))


def red(*rows):
    """A picture (1, 3, H, W) whose red values are `rows`, and black otherwise."""
    values = torch.tensor(rows, dtype=torch.float32)
    return torch.stack([values, torch.zeros_like(values), torch.zeros_like(values)])[None]


class Smooth(nn.Module):
    """For pictures of 12 px: maps of 6 px, averaged, and a head that is not linear."""

    def __init__(self, classes=5):
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.Tanh())
        self.last = nn.Conv2d(8, 6, 3, 1, 1)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 7), nn.Tanh(), nn.Linear(7, classes)
        )
        self.eval().requires_grad_(False)

    def forward(self, pictures):
        return self.maps_and_logits(pictures)[1]

    def maps_and_logits(self, pictures):
        maps = self.last(self.stem(pictures))
        return maps, self.head(maps)


def noise_picture(side=12):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))


def last_map(steps):
    *_, last = steps
    assert last.step == last.steps
    return last.map
