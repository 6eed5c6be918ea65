"""Integrated gradients (Sundararajan et al. 2017): gradients on the way from a plain picture.

With a baseline b, and the midpoint rule for the integral over m points:

    phi_i = (x_i - b_i) / m * sum_(k=1..m) dz_c / dx_i (b + (k - 1/2) / m * (x - b))

The sum over all values tends to z_c(x) - z_c(b) (completeness).
"""

from __future__ import annotations

from collections.abc import Generator

import torch

from models.device import batch_size
from models.explanations.gradients import MapStep, Network, baseline, gradients
from models.explanations.settings import ExplanationSettings


def steps(
    network: Network, picture: torch.Tensor, target: int, settings: ExplanationSettings
) -> Generator[MapStep]:
    """The attributions of class `target` for a picture (1, 3, H, W), summed over the colours,
    (H, W), in logits; a step for each batch of points.

    Reads `baseline` and `path_steps`.
    """
    count, plain = settings.path_steps, torch.full_like(picture, baseline(settings))
    shares = (torch.arange(count, device=picture.device) + 0.5) / count
    total = torch.zeros_like(picture)
    done = 0
    for part in shares.view(-1, 1, 1, 1).split(batch_size(picture)):
        points = torch.lerp(plain, picture, part)
        total += gradients(network, points, target).sum(0, keepdim=True)
        done += len(part)
        yield MapStep(done, count, ((picture - plain) * total / done).sum(1)[0].cpu())
