"""Toy networks and pictures whose attacks can be worked out by hand."""

import torch
from torch import nn

from models.attacks.attack import attack
from models.labels import imagenet

TENCH, GOLDFISH, SHARK = imagenet.class_names()[:3]


class Linear(nn.Module):
    """logits = sharpness * W x over flattened pictures."""

    def __init__(self, weight, sharpness=10.0):
        super().__init__()
        self.weight = nn.Parameter(torch.as_tensor(weight, dtype=torch.float32) * sharpness)

    def forward(self, pictures):
        return pictures.flatten(1) @ self.weight.T


# On the pixel (100, 150, 0) its logits are 10 times 100, 150 and -200 over 255: class 1, and its
# probability hardly leaves class 2 any weight.
THREE = [[1, 0, 0], [0, 1, 0], [-2, 0, 1]]


def pixel(*levels):
    """One picture of one pixel."""
    return torch.tensor(levels, dtype=torch.float32).view(1, 3, 1, 1) / 255


def levels(pictures):
    return [round(value, 3) for value in (pictures * 255).flatten().tolist()]


def result(*args, **options):
    """The last step of an attack."""
    *_, last = attack(*args, **options)
    return last


def grid_pictures(count=3, side=6):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, side, side), generator=generator) / 255


def random_network(side=6, classes=5):
    generator = torch.Generator().manual_seed(2)
    return Linear(torch.randn(classes, 3 * side * side, generator=generator))


def smooth_network(classes=7):
    """Bent everywhere, for pictures of 6 px."""
    torch.manual_seed(3)
    layers = [nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(8 * 16, classes)]
    return nn.Sequential(*layers).requires_grad_(False).eval()
