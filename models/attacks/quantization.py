"""8-bit pictures: rounding, and the smallest change that fools a network from within a file."""

from __future__ import annotations

import torch

from models.attacks.evaluation import Evaluation, Network, evaluate, where

MAX_PASSES = 10
TOLERANCE = 1.03


def to_8bit(x: torch.Tensor) -> torch.Tensor:
    """Values in [0, 1] -> the nearest k/255, any shape: what an 8-bit file holds."""
    return (x * 255).round() / 255


def quantize(network: Network, clean: torch.Tensor, found: Evaluation) -> Evaluation:
    """Whole levels: clean + round(s c), c the change found and s the smallest factor that fools.

    The smallest changes that fool lie below half a level almost everywhere and would be rounded
    away. Rounding s c keeps the values that matter most: among all whole-level changes of its
    length none has a larger inner product with c. Costs up to `MAX_PASSES` forward passes.

    Args:
        clean: (N, 3, H, W), whole levels.
        found: pictures near them; those that don't fool are only rounded.
    """
    change = found.levels - clean
    rounded = evaluate(network, found.levels.round(), found.labels, found.target, None)
    if not found.fooled.any():
        return rounded
    size = (-1, 1, 1, 1)
    factor = torch.ones(len(clean), device=clean.device)
    high = torch.where(rounded.fooled, factor, torch.inf)
    low, best = torch.where(rounded.fooled, 0.0, factor), rounded
    for _ in range(MAX_PASSES - 1):
        searching = found.fooled & ((high == torch.inf) | (high > low * TOLERANCE))
        if not searching.any():
            break
        tried = torch.where(high == torch.inf, low * 2, (low + high) / 2)
        levels = (clean + (change * tried.view(size)).round_()).clamp_(0, 255)
        now = evaluate(network, levels, found.labels, found.target, None)
        better = now.fooled & searching
        best = where(~better, best, now)
        high = torch.where(better, tried, high)
        low = torch.where(searching & ~better, tried, low)
    return best
