"""A dream as a row of pictures: moments that lie evenly on a logarithmic clock.

Most happens early: half the strip shows the first tenth of the steps.
"""

from __future__ import annotations

import torch

from models import mosaics
from models.feature_visualization.optimize import Step

MOMENTS, GAP = 6, 4


def moments(steps: int, count: int = MOMENTS) -> tuple[int, ...]:
    """0 and then steps^(k / (count - 1)) for k = 1.., rounded; fewer where two would be the same.

    >>> moments(256)
    (0, 3, 9, 28, 84, 256)
    """
    later = {round(steps ** (k / (count - 1))) for k in range(1, count)}
    return (0, *sorted(later))


def sheet(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures of one step (N, 3, s, s) as one (1, 3, H, W): two rows from 3 on, white between."""
    columns = -(-len(pictures) // 2) if len(pictures) > 2 else len(pictures)
    return mosaics.grid(pictures, columns, GAP)[None]


class Strip:
    """Remembers the pictures of a dream's `moments` while it goes by."""

    def __init__(self):
        self.kept: dict[int, torch.Tensor] = {}

    def add(self, step: Step, last: bool = False) -> bool:
        """Keeps the picture of `step` if it is due or the `last`; returns whether it did."""
        due = last or step.step in moments(step.steps)
        if due and step.step not in self.kept:
            self.kept[step.step] = sheet(step.image)
        return due

    def row(self) -> torch.Tensor:
        """What was kept so far, side by side: (1, 3, H, W)."""
        pictures = torch.cat(list(self.kept.values()))
        return mosaics.grid(pictures, len(pictures), GAP)[None]
