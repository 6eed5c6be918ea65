"""What a network in training is shown: which photographs, how augmented, and mixed in pairs."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.utils.data import Dataset
from torchvision.transforms import v2

from models.labels import breeds
from training import pet_data

CLASSES = len(breeds.NAMES)


class AugmentedPhotos(Dataset):
    """Augmented photographs, (3, side, side) uint8, with their numbers.

    Args:
        pixels: of all photographs, (3, H, W) uint8.
        numbers: which of them, in order.
        side: of the squares, in pixels.
    """

    def __init__(self, pixels: list[torch.Tensor], numbers: list[int], side: int):
        self.pixels, self.numbers = pixels, numbers
        self.augment = v2.Compose(
            [
                # Some photographs of the zip were squashed: the aspect ratios reach that far.
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
        return self.augment(self.pixels[number]), number


def sample_epoch(
    photos: list[pet_data.Photo], allowed: list[bool], count: int, oxford_weight: float, epoch: int
) -> list[int]:
    """The numbers of `count` random photographs: each breed equally likely, and within a breed
    Oxford's photographs `oxford_weight` times as likely as others."""
    weight = np.array(
        [
            (oxford_weight if photo.origin == "oxford" else 1.0) * a
            for photo, a in zip(photos, allowed, strict=True)
        ]
    )
    breed = np.array([photo.breed for photo in photos])
    for b in range(CLASSES):
        weight[breed == b] /= weight[breed == b].sum()
    rng = np.random.default_rng(epoch)
    return rng.choice(len(photos), count, p=weight / weight.sum()).tolist()


def mix_pairs(
    x: torch.Tensor, y: torch.Tensor, probability: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch mixed with a random permutation of itself, with `probability`; else as it is.

    Half the time by CutMix (Yun et al. 2019), a rectangle of the other picture, half the time by
    mixup (Zhang et al. 2018), a weighted mean; labels (N, K) are mixed in the same shares.
    """
    if torch.rand(()) >= probability:
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
