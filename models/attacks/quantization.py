"""From the smallest change that fools a network to the smallest that does so in an 8-bit file."""

from __future__ import annotations

import torch

from models.attacks.evaluation import Look, Network, choose, look

LOOKS = 10
CLOSE = 1.03


def grown(network: Network, clean: torch.Tensor, found: Look) -> Look:
    """Whole levels: clean + round(s c), c the change found and s the smallest factor that fools.

    The smallest changes that fool lie below half a level almost everywhere and would be rounded
    away. Rounding s c keeps the values that matter most: among all whole-level changes of its
    length none has more in common with c. Costs up to `LOOKS` forward passes.

    Args:
        clean: (N, 3, H, W), whole levels.
        found: pictures near them; those that don't fool are only rounded.
    """
    change = found.levels - clean
    rounded = look(network, found.levels.round(), found.labels, found.target, None)
    if not found.fooled.any():
        return rounded
    size = (-1, 1, 1, 1)
    factor = torch.ones(len(clean), device=clean.device)
    high = torch.where(rounded.fooled, factor, torch.inf)
    low, best = torch.where(rounded.fooled, 0.0, factor), rounded
    for _ in range(LOOKS - 1):
        open_ = found.fooled & ((high == torch.inf) | (high > low * CLOSE))
        if not open_.any():
            break
        tried = torch.where(high == torch.inf, low * 2, (low + high) / 2)
        levels = (clean + (change * tried.view(size)).round_()).clamp_(0, 255)
        now = look(network, levels, found.labels, found.target, None)
        better = now.fooled & open_
        best = choose(~better, best, now)
        high = torch.where(better, tried, high)
        low = torch.where(open_ & ~better, tried, low)
    return best
