"""Ten thousand handwritten digits (part of MNIST, LeCun et al. 1998), from weights/digits.png."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from models import weights

SIDE = 28


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """Digits (10000, 28, 28), uint8, white on black, sorted by value; their values (10000,).

    Raises:
        ValidationError: the file is missing, or is not the one that the manifest describes.
    """
    content = weights.content("digits", title="MNIST")
    sheet = torch.from_numpy(np.array(Image.open(io.BytesIO(content))))
    rows, columns = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    cells = sheet.view(rows, SIDE, columns, SIDE).transpose(1, 2).reshape(-1, SIDE, SIDE)
    counts = torch.tensor(weights.entry("digits")["counts"])
    return cells[: counts.sum()], torch.repeat_interleave(torch.arange(10), counts)
