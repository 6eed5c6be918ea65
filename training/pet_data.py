"""The pet photographs, and the part of the training set that is held out.

They come from the project's zip, or, where a folder is named, from the whole Oxford-IIIT Pet set
through torchvision, which downloads it there if need be. `Photo.origin` matters: the zip's training
and test dogs come from different collections, see its README.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import nn

from models import images
from models.labels import breeds
from training.data import SHARED

PETS = SHARED / "pets.zip"
T = TypeVar("T")


@dataclass(frozen=True)
class Photo:
    """One photograph.

    Attributes:
        path: inside the zip, or of the file.
        breed: class number, see `breeds.NAMES`.
        use: "train" or "test".
        origin: the collection it comes from; "oxford" is the set itself.
        twin: path of a photo it is likely a crop of, or "".
        number: its number in the Oxford set, -1 for other origins. Neighbours in it are often the
            same animal on the same day.
    """

    path: str
    breed: int
    use: str
    origin: str
    twin: str
    number: int


@dataclass(frozen=True)
class TrainingSet:
    """The training photographs.

    Attributes:
        photos: N of them.
        labels: (N,) their breeds.
        held_out: (N,) which are for validation.
        oxford: (N,) which come from the Oxford set itself, as the test photographs do.
    """

    photos: list[Photo]
    labels: torch.Tensor
    held_out: torch.Tensor
    oxford: torch.Tensor

    def trained_on(self, everything: bool) -> torch.Tensor:
        """(N,) which a network is trained on: all of them, or those not held out."""
        return torch.ones_like(self.held_out) if everything else ~self.held_out


def training_set(path: Path = PETS) -> TrainingSet:
    """The training photographs of the zip, or of the Oxford set in the folder `path`."""
    train = [photo for photo in photos(path) if photo.use == "train"]
    return TrainingSet(
        train,
        torch.tensor([photo.breed for photo in train]),
        torch.tensor(held_out(train)),
        torch.tensor([photo.origin == "oxford" for photo in train]),
    )


def selected(items: Sequence[T], mask: torch.Tensor) -> list[T]:
    """The items where `mask` is True."""
    return [item for item, chosen in zip(items, mask.tolist(), strict=True) if chosen]


def photos(path: Path = PETS) -> list[Photo]:
    """All photographs of the zip, in its order, or of the Oxford set in the folder `path`."""
    if path.suffix != ".zip":
        return [*_oxford(path, "trainval", "train"), *_oxford(path, "test", "test")]
    with zipfile.ZipFile(path) as archive, archive.open("pets/index.csv") as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8"))
        return [
            Photo(
                row["path"],
                breeds.from_folder(row["breed"]),
                row["use"],
                row["origin"],
                row["likely_crop_of"],
                _number(row["oxford_id"]),
            )
            for row in rows
        ]


def pictures(chosen: Sequence[Photo], path: Path = PETS) -> list[Image.Image]:
    """The photographs themselves, RGB."""
    if path.suffix != ".zip":
        return [Image.open(photo.path).convert("RGB") for photo in chosen]
    with zipfile.ZipFile(path) as archive:
        return [Image.open(io.BytesIO(archive.read(photo.path))).convert("RGB") for photo in chosen]


def _oxford(folder: Path, split: str, use: str) -> list[Photo]:
    from torchvision.datasets import OxfordIIITPet

    here = (folder / "oxford-iiit-pet").is_dir()
    known = OxfordIIITPet(folder, split, target_types="category", download=not here)
    return [
        Photo(
            str(path),
            breeds.from_folder(path.stem.rsplit("_", 1)[0]),
            use,
            "oxford",
            "",
            _number(path.stem),
        )
        for path in known._images
    ]


def _number(name: str) -> int:
    return int(name.rsplit("_", 1)[1]) if name else -1


def held_out(train: Sequence[Photo], seed: int = 0) -> list[bool]:
    """Which training photographs are for validation: about a twentieth, most like the test set.

    Of each breed a tenth of Oxford's photographs (at least one), those with the highest numbers: a
    random tenth would show animals that are trained on as well, and accuracy would be five points
    too high. Of the others a sixtieth. What is likely a crop of another is held out with it.
    """
    shuffle = random.Random(seed)
    groups: dict[tuple[int, bool], list[Photo]] = defaultdict(list)
    for photo in train:
        groups[photo.breed, photo.origin == "oxford"].append(photo)
    chosen: set[str] = set()
    for (_, oxford), members in sorted(groups.items()):
        count = max(1, round(len(members) / (10 if oxford else 60)))
        ordered = sorted(members, key=lambda photo: photo.number)
        picked = ordered[-count:] if oxford else shuffle.sample(members, count)
        chosen |= {_root(photo) for photo in picked}
    return [_root(photo) in chosen for photo in train]


def _root(photo: Photo) -> str:
    return photo.twin or photo.path


@torch.no_grad()
def outputs(
    network: nn.Module, shown: Sequence[Image.Image], side: int, mirrored: bool = False
) -> torch.Tensor:
    """A network's outputs for whole photographs at `side` pixels, (N, ...)."""
    out = []
    for start in range(0, len(shown), 32):
        part = [images.to_tensor(images.square(image, side)) for image in shown[start:][:32]]
        x = torch.cat(part)
        out.append(network(x.flip(3) if mirrored else x))
    return torch.cat(out)


def tensor(image: Image.Image) -> torch.Tensor:
    """RGB image -> uint8 (3, H, W)."""
    return torch.from_numpy(np.array(image, dtype=np.uint8)).permute(2, 0, 1)
