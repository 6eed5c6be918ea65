"""Training pictures, read straight from their archive."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every .jpg in a zip or a tar, in its order."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".jpg"):
                    yield name, archive.read(name)
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(".jpg"):
                    yield member.name, archive.extractfile(member).read()


def pack(zipped: Path, path: Path) -> None:
    """Writes a zip's pictures as .tar.xz, which holds what their headers share once."""
    with tarfile.open(path, "w:xz") as archive:
        for name, content in files(zipped):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def pictures(path: Path) -> torch.Tensor:
    """Every .jpg in the archive, as uint8 (N, 3, 64, 64), in the archive's order."""
    faces = [
        np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) for _, content in files(path)
    ]
    return torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2)


def batch(faces: torch.Tensor, size: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """`size` random faces, each mirrored with probability 1/2, (size, 3, 64, 64) in [-1, 1].

    Random numbers are drawn where the faces are, or where their generator is.
    """
    device = generator.device if generator else faces.device
    index = torch.randint(len(faces), (size,), generator=generator, device=device)
    mirrored = torch.rand(size, 1, 1, 1, generator=generator, device=device) < 0.5
    chosen = faces[index.to(faces.device)]
    chosen = torch.where(mirrored.to(faces.device), chosen.flip(3), chosen)
    return chosen.contiguous(memory_format=torch.channels_last).float() / 127.5 - 1
