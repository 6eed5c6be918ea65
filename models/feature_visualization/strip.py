"""A run as a row of pictures, at steps that are evenly spaced on a logarithmic scale.

Most happens early: half the strip shows the first tenth of the steps. Of "maco" it shows the
candidates, which was chosen, and the end of each stage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch

from models import images
from models.feature_visualization.optimize import VisualizationStep

SNAPSHOTS, GAP = 6, 4


def snapshot_steps(steps: int, count: int = SNAPSHOTS) -> tuple[int, ...]:
    """0 and then steps^(k / (count - 1)) for k = 1.., rounded; fewer where two would be the same.

    >>> snapshot_steps(256)
    (0, 3, 9, 28, 84, 256)
    """
    later = {round(steps ** (k / (count - 1))) for k in range(1, count)}
    return (0, *sorted(later))


def sheet(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures of one step (N, 3, s, s) as one (1, 3, H, W): two rows from 3 on, white between."""
    columns = -(-len(pictures) // 2) if len(pictures) > 2 else len(pictures)
    return images.grid(pictures, columns, GAP)[None]


class Strip:
    """The pictures of a run at the steps that are due, collected while it goes on.

    Args:
        due: which steps those are, of how many there will be.

    Attributes:
        snapshots: the picture (1, 3, H, W) by its step.
    """

    def __init__(self, due: Callable[[int], Collection[int]] = snapshot_steps) -> None:
        self.due = due
        self.snapshots: dict[int, torch.Tensor] = {}

    def add(self, step: VisualizationStep, last: bool = False) -> bool:
        """Keeps the picture of `step` if it is due or the `last`; returns whether it did."""
        due = last or step.step in self.due(step.steps)
        if last or (due and step.step not in self.snapshots):
            self.snapshots[step.step] = sheet(step.image if last else step.view)
        return due

    def row(self) -> torch.Tensor:
        """The pictures so far, side by side: (1, 3, H, W)."""
        pictures = torch.cat(list(self.snapshots.values()))
        return images.grid(pictures, len(pictures), GAP)[None]
