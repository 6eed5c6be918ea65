"""Deletion and insertion (Petsiuk et al. 2018, "RISE"): do the places that are named decide?

The pixels are ordered by the explanation, the strongest evidence first. Deletion covers the first
of them with the plain colour: the probability should fall at once, and the area under its curve be
small. Insertion uncovers them in a blurred copy: it should rise at once, and the area be large.

    area = mean over the intervals of (p_k + p_(k+1)) / 2,   shares of pixels from 0 to 1
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F

from models.device import batch_size
from models.explanations.gradients import Network, baseline, logits_of
from models.explanations.settings import ExplanationSettings

INTERVALS = 16
BLUR, REACH = 5.0, 5  # px: standard deviation, and how far it is followed to each side
Points = list[tuple[float, float]]  # (share of the pixels, probability)


@dataclass(frozen=True)
class CurvesStep:
    """Both curves so far.

    Attributes:
        step, steps: pictures judged, and all of them.
        deletion, insertion: the points so far.
    """

    step: int
    steps: int
    deletion: Points
    insertion: Points


def steps(
    network: Network,
    picture: torch.Tensor,
    found: torch.Tensor,
    target: int,
    settings: ExplanationSettings,
) -> Generator[CurvesStep]:
    """The curves of an explanation `found` (h, w) of class `target` for a picture (1, 3, H, W)."""
    deletion: Points = []
    insertion: Points = []
    places = ranks(found, picture)
    shares = [k / INTERVALS for k in range(INTERVALS + 1)]
    plain = torch.full_like(picture, baseline(settings))
    total = 2 * len(shares)
    for points, before, after in (
        (deletion, picture, plain), (insertion, blurred(picture), picture)
    ):  # fmt: skip
        size = batch_size(picture)
        for first in range(0, len(shares), size):
            part = shares[first : first + size]
            limits = torch.tensor(part, device=picture.device).view(-1, 1, 1, 1)
            mixed = torch.where(places < limits * places.numel(), after, before)
            p = logits_of(network, mixed).softmax(1)[:, target]
            points += zip(part, p.tolist(), strict=True)
            yield CurvesStep(len(deletion) + len(insertion), total, deletion, insertion)


def ranks(found: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
    """The place of every pixel in the order of an explanation, (1, 1, H, W), 0 for the strongest
    evidence; of equal ones the upper left comes first."""
    size = picture.shape[2:]
    full = F.interpolate(found[None, None], size, mode="bilinear", align_corners=False).flatten()
    order = full.argsort(descending=True, stable=True)
    places = torch.empty_like(order)
    places[order] = torch.arange(len(order))
    return places.view(1, 1, *size).to(picture.device)


def blurred(picture: torch.Tensor) -> torch.Tensor:
    """A picture (1, 3, H, W) under a Gaussian; its edges are repeated."""
    distance = torch.arange(-REACH, REACH + 1, device=picture.device)
    kernel = torch.exp(-(distance**2) / (2 * BLUR**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    wide = F.conv2d(F.pad(picture, (REACH, REACH, 0, 0), "replicate"), kernel, groups=3)
    tall = kernel.transpose(2, 3)
    return F.conv2d(F.pad(wide, (0, 0, REACH, REACH), "replicate"), tall, groups=3)


def area(points: Sequence[tuple[float, float]]) -> float:
    """The area under a curve whose shares go from 0 to 1 in equal intervals."""
    values = [p for _, p in points]
    return sum((one + other) / 2 for one, other in pairwise(values)) / (len(values) - 1)
