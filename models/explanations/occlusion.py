"""Occlusion (Zeiler & Fergus 2014): how far a logit falls when a square of the picture is covered.

    phi_i = mean over the windows W that cover pixel i of  z_c(x) - z_c(x with b inside W)

The window moves by half its side; the last one of a row ends at the picture's edge.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import product

import torch

from models.device import batch_size
from models.explanations.gradients import MapStep, Network, baseline, logits_of
from models.explanations.settings import ExplanationSettings


def steps(
    network: Network, picture: torch.Tensor, target: int, settings: ExplanationSettings
) -> Generator[MapStep]:
    """How far the logit of class `target` falls for a picture (1, 3, H, W), (H, W); a step for each
    batch of windows.

    Reads `baseline` and `window`.
    """
    height, width = picture.shape[2:]
    side = max(1, round(settings.window * min(height, width)))
    places = [*product(starts(height, side), starts(width, side))]
    plain, whole = baseline(settings), logits_of(network, picture)[0, target]
    total, covers = torch.zeros(height, width), torch.zeros(height, width)
    size = batch_size(picture)
    for first in range(0, len(places), size):
        part = places[first : first + size]
        windows = [(slice(y, y + side), slice(x, x + side)) for y, x in part]
        covered = picture.repeat(len(part), 1, 1, 1)
        for one, (rows, columns) in zip(covered, windows, strict=True):
            one[:, rows, columns] = plain
        falls = (whole - logits_of(network, covered)[:, target]).tolist()
        for fall, window in zip(falls, windows, strict=True):
            total[window] += fall
            covers[window] += 1
        yield MapStep(first + len(part), len(places), total / covers.clamp(min=1))


def starts(length: int, side: int) -> list[int]:
    """Where the windows begin along one side of the picture."""
    last = length - side
    return [*range(0, last, max(1, side // 2)), last]
