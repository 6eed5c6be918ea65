"""SmoothGrad (Smilkov et al. 2017): the mean gradient of noisy copies.

    phi = max over the colours of | 1/n * sum_n dz_c / dx (x + sigma u_n) |,   u_n ~ N(0, 1)

It has no sign: it says where a change would matter, not which way. Departure: sigma is a share of
the whole range of colours, not of the picture's own.
"""

from __future__ import annotations

from collections.abc import Generator

import torch

from models.device import batch_size
from models.explanations.gradients import MapStep, Network, gradients
from models.explanations.settings import ExplanationSettings


def steps(
    network: Network, picture: torch.Tensor, target: int, settings: ExplanationSettings
) -> Generator[MapStep]:
    """The sensitivity of the logit of class `target` to each pixel of a picture (1, 3, H, W),
    (H, W), at least 0; a step for each batch of copies.

    Reads `samples`, `noise` and `seed`.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    total, done = torch.zeros_like(picture), 0
    while done < settings.samples:
        count = min(batch_size(picture), settings.samples - done)
        drawn = torch.randn(count, *picture.shape[1:], generator=generator)
        noisy = picture + settings.noise * drawn.to(picture.device)
        total += gradients(network, noisy, target).sum(0, keepdim=True)
        done += count
        yield MapStep(done, settings.samples, (total / done).abs().amax(1)[0].cpu())
