"""Training pictures, read straight from their zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pictures(path: Path) -> torch.Tensor:
    """Every .jpg in the zip, as uint8 (N, 3, 64, 64), in the zip's order."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")]
        faces = [
            np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names
        ]
    return torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2)


def batch(faces: torch.Tensor, size: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """`size` random faces, each mirrored with probability 1/2, (size, 3, 64, 64) in [-1, 1]."""
    chosen = faces[torch.randint(len(faces), (size,), generator=generator)]
    mirrored = torch.rand(size, 1, 1, 1, generator=generator) < 0.5
    chosen = torch.where(mirrored, chosen.flip(3), chosen)
    return chosen.contiguous(memory_format=torch.channels_last).float() / 127.5 - 1
