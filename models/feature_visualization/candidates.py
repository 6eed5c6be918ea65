"""Several candidates for one picture, side by side in a square, as a run and its film show them."""

from __future__ import annotations

import torch

from models.feature_visualization.transforms import resize
from models.roles import ROLES

ROWS, GAP, FRAME = 2, 4, 4  # pixels


def square(candidates: torch.Tensor, size: int, chosen: torch.Tensor | None = None) -> torch.Tensor:
    """Two rows of two for each picture, white between them.

    Args:
        candidates: (4N, 3, h, h) in [0, 1], the four of a picture one after the other.
        size: side of each square in pixels.
        chosen: (N,), which of the four has a frame; None frames none.

    Returns:
        (N, 3, size, size).
    """
    side = (size - GAP) // ROWS
    cells = resize(candidates, side).unflatten(0, (-1, ROWS**2)).clone()
    if chosen is not None:
        made = cells.new_tensor(ROLES["made"]) / 255
        for cell in (each[n] for each, n in zip(cells, chosen.tolist(), strict=True)):
            inner = cell[:, FRAME:-FRAME, FRAME:-FRAME].clone()
            cell[:] = made.view(3, 1, 1)
            cell[:, FRAME:-FRAME, FRAME:-FRAME] = inner
    whole = candidates.new_ones(len(cells), 3, size, size)
    for n in range(ROWS**2):
        top, left = (place * (size - side) for place in divmod(n, ROWS))
        whole[:, :, top : top + side, left : left + side] = cells[:, n]
    return whole
