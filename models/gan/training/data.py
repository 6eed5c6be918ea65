"""What a GAN of the lab learns to imitate: points in the plane, digits, or own pictures."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from models import images, weights
from models.gan.training.settings import SIDES
from models.validation import ValidationError, choice

PLANE = ("ring", "grid", "moons", "line")
BUILT_IN = (*PLANE, "digits", "mnist", "few")
MIN_PICTURES, MAX_PICTURES = 8, 500
MIN_POINTS, MAX_POINTS = 20, 4000
MAX_DRAWN_MODES = 12
FEW = 20
RADIUS = 0.8
# One digit in ten, and one own picture in five (at least two), is held out.
HELD_OUT_DIGITS, HELD_OUT_PICTURES = 10, 5


@dataclass(frozen=True)
class Points:
    """A distribution in the plane: a mixture of isotropic Gaussians of one standard deviation.

    Attributes:
        name: one of `PLANE`, or "drawn".
        centers: (A, 2), the Gaussians' means, all equally likely.
        std: their standard deviation.
        modes: (K, 2), the places that a generator should cover, all equally likely.
        radius: a point this near to a mode belongs to it.
    """

    name: str
    centers: torch.Tensor
    std: float
    modes: torch.Tensor
    radius: float

    @property
    def shape(self) -> tuple[int, ...]:
        return (2,)

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count, 2), fresh points."""
        chosen = torch.randint(len(self.centers), (count,), generator=generator)
        noise = torch.randn(count, 2, generator=generator)
        return self.centers[chosen] + self.std * noise


@dataclass(frozen=True)
class Pictures:
    """A set of pictures, some of which neither network ever sees.

    Attributes:
        name: "digits", "mnist", "few" or "own".
        train: uint8 (N, C, side, side), to learn from.
        held_out: uint8 (M, C, side, side), to tell learning from memorization.
        are_digits: whether a digit classifier can tell what is drawn.
        digits, held_out_digits: what each picture shows, (N,) and (M,), where that is known.
    """

    name: str
    train: torch.Tensor
    held_out: torch.Tensor
    are_digits: bool = False
    digits: torch.Tensor | None = None
    held_out_digits: torch.Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.train.shape[1:])

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count, C, side, side) in [-1, 1], drawn with replacement."""
        chosen = torch.randint(len(self.train), (count,), generator=generator)
        return scaled(self.train[chosen])


Data = Points | Pictures


def load(name: str) -> Data:
    """The data called `name`: one of `PLANE`, "digits", "few" (of them) or "mnist".

    Raises:
        ValidationError: unknown name, or a file that is missing, damaged or can't be downloaded.
    """
    choice("data", name, BUILT_IN)
    if name in PLANE:
        return plane(name)
    return mnist() if name == "mnist" else digits(few=name == "few")


def scaled(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 -> float32 in [-1, 1]."""
    return pictures.float() / 127.5 - 1


def plane(name: str) -> Points:
    """One of `PLANE`: eight Gaussians in a ring, twenty-five in a grid, two moons, a line.

    Raises:
        ValidationError: unknown name.
    """
    choice("data", name, PLANE)
    if name == "ring":
        angle = torch.arange(8) * (2 * math.pi / 8)
        modes = RADIUS * torch.stack([angle.cos(), angle.sin()], 1)
        return Points(name, modes, 0.04, modes, 0.16)
    if name == "grid":
        ticks = torch.linspace(-RADIUS, RADIUS, 5)
        modes = torch.cartesian_prod(ticks, ticks)
        return Points(name, modes, 0.03, modes, 0.12)
    if name == "moons":

        def arcs(count: int) -> torch.Tensor:
            angle = torch.linspace(0, math.pi, count)
            upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
            return torch.cat([upper, -upper]) * 0.55

        return Points(name, arcs(200), 0.03, arcs(6), 0.2)

    def row(count: int) -> torch.Tensor:
        along = torch.linspace(-RADIUS, RADIUS, count)
        return torch.stack([along, 0.5 * along], 1)

    return Points(name, row(400), 0.02, row(9), 0.15)


def drawn(points: Sequence[Sequence[float]]) -> Points:
    """A distribution drawn by hand: every point of the strokes is equally likely.

    Its modes are found by farthest-point sampling (Gonzalez 1985), and each is then moved to the
    mean of the points nearest to it.

    Args:
        points: (x, y) pairs in [-1, 1].

    Raises:
        ValidationError: too few or too many points, or one outside the square.
    """
    if not MIN_POINTS <= len(points) <= MAX_POINTS:
        limits = {"low": MIN_POINTS, "high": MAX_POINTS}
        raise ValidationError("drawn_points", count=len(points), **limits)
    try:
        centers = torch.tensor([[float(x), float(y)] for x, y in points])
    except (TypeError, ValueError):
        raise ValidationError("drawn_outside") from None
    if not bool(centers.abs().le(1).all()):  # false for NaN too
        raise ValidationError("drawn_outside")
    chosen = [centers[0]]
    distance = (centers - centers[0]).norm(dim=1)
    while len(chosen) < MAX_DRAWN_MODES and distance.max() > 0.15:
        chosen.append(centers[distance.argmax()])
        distance = distance.minimum((centers - chosen[-1]).norm(dim=1))
    nearest = torch.cdist(centers, torch.stack(chosen)).argmin(1)
    modes = torch.stack([centers[nearest == n].mean(0) for n in range(len(chosen))])
    farthest = torch.cdist(centers, modes).min(1).values.max()
    return Points("drawn", centers, 0.015, modes, float(farthest) + 0.08)


def held_out_digits(count: int) -> torch.Tensor:
    """Which of `count` digits neither a GAN nor the digit classifier learns from, (count,) bool."""
    return torch.arange(count) % HELD_OUT_DIGITS == HELD_OUT_DIGITS - 1


def digits(few: bool = False) -> Pictures:
    """MNIST digits, (1, 28, 28): nine thousand to learn from, or `FEW`, two of each.

    Raises:
        ValidationError: the file is missing or damaged.
    """
    from models.linear_probe import digits as file

    cells, values = file.pictures()
    cells = cells[:, None]
    held_out = held_out_digits(len(cells))
    if not few:
        return Pictures(
            "digits", cells[~held_out], cells[held_out], True, values[~held_out], values[held_out]
        )
    rest = (~held_out).nonzero()[:, 0]
    pairs = torch.cat([rest[values[rest] == value][: FEW // 10] for value in range(10)])
    return Pictures("few", cells[pairs], cells[held_out], True, values[pairs], values[held_out])


def mnist(folder: Path | None = None) -> Pictures:
    """The whole of MNIST: 60,000 digits to learn from, its own 10,000 test digits held out.

    Args:
        folder: where torchvision keeps it, or puts it after the download; PyTorch's cache if None.

    Raises:
        ValidationError: it is not there and can't be downloaded.
    """
    from torchvision import datasets

    root = folder or Path(torch.hub.get_dir()) / "netglass"
    try:
        parts = [datasets.MNIST(root, train=train, download=True) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        weights.check_folder(root)
        raise ValidationError("mnist_unreachable", folder=root) from error
    train, held_out = (part.data[:, None].contiguous() for part in parts)
    return Pictures("mnist", train, held_out, True, *(part.targets for part in parts))


def own(pictures: Sequence[Image.Image], side: int = 32) -> Pictures:
    """Pictures of one's own, their central squares at `side` px.

    Raises:
        ValidationError: too few or too many of them, or too few different ones.
    """
    choice("side", side, SIDES)
    if not MIN_PICTURES <= len(pictures) <= MAX_PICTURES:
        limits = {"low": MIN_PICTURES, "high": MAX_PICTURES}
        raise ValidationError("own_pictures", count=len(pictures), **limits)
    # Duplicates are taken once: one picture many times would count as many.
    kept: dict[bytes, bytes] = {}
    for picture in pictures:
        content = images.square(picture, side).convert("RGB").tobytes()
        kept.setdefault(hashlib.sha256(content).digest(), content)
    if len(kept) < MIN_PICTURES:
        raise ValidationError("own_pictures_same", count=len(kept), low=MIN_PICTURES)
    flat = torch.frombuffer(bytearray(b"".join(kept.values())), dtype=torch.uint8)
    cells = flat.view(len(kept), side, side, 3).permute(0, 3, 1, 2).contiguous()
    order = torch.randperm(len(cells), generator=torch.Generator().manual_seed(0))
    held_out = max(2, len(cells) // HELD_OUT_PICTURES)
    return Pictures("own", cells[order[held_out:]], cells[order[:held_out]])
