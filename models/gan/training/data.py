"""What a GAN of the gym learns to imitate: points in the plane, digits, the visitor's pictures."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from models.validation import ValidationError, choice

PLANE = ("ring", "grid", "moons", "line")
LEAST_PICTURES, MOST_PICTURES = 8, 500
SIDES = (32, 64)
LEAST_POINTS, MOST_POINTS = 20, 4000
DRAWN_MODES = 12
FEW = 20
RADIUS = 0.8
# One digit in ten, and one own picture in five (at least two), is kept from both networks.
HELD_DIGITS, HELD_PICTURES = 10, 5


@dataclass(frozen=True)
class Points:
    """A distribution in the plane: a mixture of round Gaussians of one deviation.

    Attributes:
        name: which one.
        anchors: (A, 2), the Gaussians' centres, all equally likely.
        spread: their deviation.
        modes: (K, 2), the places that a generator should cover, all equally likely.
        reach: how near to a mode a point counts as its own.
    """

    name: str
    anchors: torch.Tensor
    spread: float
    modes: torch.Tensor
    reach: float
    held: None = None
    counted: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return (2,)

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count, 2), fresh points."""
        chosen = torch.randint(len(self.anchors), (count,), generator=generator)
        noise = torch.randn(count, 2, generator=generator)
        return self.anchors[chosen] + self.spread * noise


@dataclass(frozen=True)
class Pictures:
    """A set of pictures, some of which neither network ever sees.

    Attributes:
        name: "digits", "mnist", "few" or "own".
        shown: uint8 (N, C, side, side), to learn from.
        held: uint8 (M, C, side, side), kept back, to tell learning from knowing by heart.
        counted: whether they are digits, so that a classifier can count what is drawn.
    """

    name: str
    shown: torch.Tensor
    held: torch.Tensor
    counted: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.shown.shape[1:])

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count, C, side, side) in [-1, 1], drawn with replacement."""
        chosen = torch.randint(len(self.shown), (count,), generator=generator)
        return scaled(self.shown[chosen])


Data = Points | Pictures


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

    Its modes are places spread as far apart over the strokes as they go, found one after another
    (Gonzalez 1985), and each then moved to the middle of the points nearest to it.

    Args:
        points: (x, y) pairs in [-1, 1].

    Raises:
        ValidationError: too few or too many points, or one that is no point of the square.
    """
    if not LEAST_POINTS <= len(points) <= MOST_POINTS:
        limits = {"low": LEAST_POINTS, "high": MOST_POINTS}
        raise ValidationError("drawn_points", count=len(points), **limits)
    try:
        anchors = torch.tensor([[float(x), float(y)] for x, y in points])
    except (TypeError, ValueError):
        raise ValidationError("drawn_outside") from None
    if not bool(anchors.abs().le(1).all()):  # NaN is not either
        raise ValidationError("drawn_outside")
    chosen = [anchors[0]]
    far = (anchors - anchors[0]).norm(dim=1)
    while len(chosen) < DRAWN_MODES and far.max() > 0.15:
        chosen.append(anchors[far.argmax()])
        far = far.minimum((anchors - chosen[-1]).norm(dim=1))
    nearest = torch.cdist(anchors, torch.stack(chosen)).argmin(1)
    modes = torch.stack([anchors[nearest == n].mean(0) for n in range(len(chosen))])
    reach = torch.cdist(anchors, modes).min(1).values.max()
    return Points("drawn", anchors, 0.015, modes, float(reach) + 0.08)


def digits(few: bool = False) -> Pictures:
    """MNIST digits, (1, 28, 28): nine thousand to learn from, or `FEW`, two of each.

    Raises:
        ValidationError: the file is missing or damaged.
    """
    from models.linear_probe import digits as file

    cells, values = file.pictures()
    cells = cells[:, None]
    held = torch.arange(len(cells)) % HELD_DIGITS == HELD_DIGITS - 1
    if not few:
        return Pictures("digits", cells[~held], cells[held], counted=True)
    rest = (~held).nonzero()[:, 0]
    pair = torch.cat([rest[values[rest] == value][: FEW // 10] for value in range(10)])
    return Pictures("few", cells[pair], cells[held], counted=True)


def mnist(folder: Path | None = None) -> Pictures:
    """The whole of MNIST: 60,000 digits to learn from, its own 10,000 test digits kept back.

    Args:
        folder: where torchvision keeps it, or puts it after the download; PyTorch's cache if None.

    Raises:
        ValidationError: it is not there and can't be downloaded.
    """
    from torchvision import datasets

    place = folder or Path(torch.hub.get_dir()) / "netglass"
    try:
        parts = [datasets.MNIST(place, train=train, download=True) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        raise ValidationError("mnist_unreachable", folder=place) from error
    shown, held = (part.data[:, None].contiguous() for part in parts)
    return Pictures("mnist", shown, held, counted=True)


def own(pictures: Sequence[Image.Image], side: int = 32) -> Pictures:
    """The visitor's pictures, their middle squares at `side` px.

    Raises:
        ValidationError: too few or too many of them, or too few different ones.
    """
    from models.images import square

    if side not in SIDES:
        raise ValidationError("unknown_choice", name="side", value=side, choices="32, 64")
    if not LEAST_PICTURES <= len(pictures) <= MOST_PICTURES:
        limits = {"low": LEAST_PICTURES, "high": MOST_PICTURES}
        raise ValidationError("own_pictures", count=len(pictures), **limits)
    # One picture many times would count as many: what is the same is taken once.
    kept: dict[bytes, torch.Tensor] = {}
    for picture in pictures:
        content = square(picture, side).convert("RGB").tobytes()
        kept.setdefault(hashlib.sha256(content).digest(), content)
    if len(kept) < LEAST_PICTURES:
        raise ValidationError("own_pictures_same", count=len(kept), low=LEAST_PICTURES)
    flat = torch.frombuffer(bytearray(b"".join(kept.values())), dtype=torch.uint8)
    cells = flat.view(len(kept), side, side, 3).permute(0, 3, 1, 2).contiguous()
    order = torch.randperm(len(cells), generator=torch.Generator().manual_seed(0))
    held = max(2, len(cells) // HELD_PICTURES)
    return Pictures("own", cells[order[held:]], cells[order[:held]])
