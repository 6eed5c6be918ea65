"""What the steps of a GAN's two networks share, however the pair is laid out."""

from __future__ import annotations

from contextlib import contextmanager

import torch
from torch import nn


class Diverged(ArithmeticError):
    """A loss, a gradient or a weight was no number any more."""


@contextmanager
def resting(network: nn.Module):
    """Neither weights nor statistics of `network` change; gradients pass through it."""
    changing = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    # Spectral norm's power iteration writes its vectors whenever the layer is in training mode.
    iterating = [m for m in network.modules() if type(m).__name__ == "_SpectralNorm"]
    weights = [p for p in network.parameters() if p.requires_grad]
    for module in changing:
        module.track_running_stats = False
    for module in iterating:
        module.eval()
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for module in changing:
            module.track_running_stats = True
        for module in iterating:
            module.train(network.training)
        for weight in weights:
            weight.requires_grad_(True)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, keep: float, steps: int) -> None:
    """One step of the running average: average <- k average + (1 - k) network, in place.

    k is `keep`, but no more than (1 + steps) / (10 + steps) after that many steps, so that the
    start is soon forgotten. Statistics are averaged too, counts are copied.
    """
    share = min(keep, (1 + steps) / (10 + steps))
    mine, theirs = (list(n.state_dict().values()) for n in (average, network))
    for a, b in zip(mine, theirs, strict=True):
        a.lerp_(b, 1 - share) if a.is_floating_point() else a.copy_(b)
