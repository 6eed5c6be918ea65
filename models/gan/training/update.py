"""What the updates of a GAN's two networks share, however the pair is laid out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


class Diverged(ArithmeticError):
    """A loss, a gradient or a weight is NaN or infinite."""


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Neither weights nor statistics of `network` change; gradients pass through it."""
    batch_norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    # In training mode the power iteration of spectral normalisation writes its vectors.
    spectral_norms = [m for m in network.modules() if type(m).__name__ == "_SpectralNorm"]
    weights = [p for p in network.parameters() if p.requires_grad]
    for norm in batch_norms:
        norm.track_running_stats = False
    for module in spectral_norms:
        module.eval()
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for norm in batch_norms:
            norm.track_running_stats = True
        for module in spectral_norms:
            module.train(network.training)
        for weight in weights:
            weight.requires_grad_(True)
