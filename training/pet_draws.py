"""What a network in training is shown: which photographs, cut, recoloured and mixed how."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.utils.data import Dataset
from torchvision.transforms import v2

from models.labels import breeds
from training import pet_data

CLASSES = len(breeds.NAMES)


class Draws(Dataset):
    """Photographs as a network in training sees them: (3, side, side) uint8, and their number."""

    def __init__(self, shown: list[torch.Tensor], numbers: list[int], side: int):
        self.shown, self.numbers = shown, numbers
        self.change = v2.Compose(
            [
                # The wide range of shapes covers the part of the photos that was squashed.
                v2.RandomResizedCrop(side, (0.3, 1.0), (0.65, 1.55), antialias=True),
                v2.RandomHorizontalFlip(),
                v2.RandomApply([v2.ColorJitter(0.3, 0.3, 0.3, 0.03)], 0.8),
                v2.RandomGrayscale(0.05),
                v2.RandomApply([v2.GaussianBlur(5, (0.1, 1.5))], 0.1),
                v2.RandomApply([v2.RandomRotation(12)], 0.2),
            ]
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, int]:
        number = self.numbers[place]
        return self.change(self.shown[number]), number


def drawn(
    train: list[pet_data.Photo], allowed: list[bool], count: int, oxford: float, epoch: int
) -> list[int]:
    """The numbers of one epoch's photographs, breeds equally often, Oxford's `oxford` times."""
    chance = np.array(
        [(oxford if p.origin == "oxford" else 1.0) * a for p, a in zip(train, allowed, strict=True)]
    )
    breed = np.array([p.breed for p in train])
    for b in range(CLASSES):
        chance[breed == b] /= chance[breed == b].sum()
    rng = np.random.default_rng(epoch)
    return rng.choice(len(train), count, p=chance / chance.sum()).tolist()


def mixed(x: torch.Tensor, y: torch.Tensor, often: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs mixed: a rectangle of the partner (CutMix, Yun et al. 2019) or all of it, faintly
    (mixup, Zhang et al. 2018), the labels in the same shares."""
    if torch.rand(()) >= often:
        return x, y
    share = float(torch.distributions.Beta(0.8, 0.8).sample())
    partner = torch.randperm(len(x))
    if torch.rand(()) < 0.5:
        return share * x + (1 - share) * x[partner], share * y + (1 - share) * y[partner]
    side = x.shape[-1]
    cut = int(side * math.sqrt(1 - share))
    top, left = (int(torch.randint(side - cut + 1, ())) for _ in range(2))
    x = x.clone()
    x[..., top : top + cut, left : left + cut] = x[partner][..., top : top + cut, left : left + cut]
    kept = 1 - cut * cut / side**2
    return x, kept * y + (1 - kept) * y[partner]
