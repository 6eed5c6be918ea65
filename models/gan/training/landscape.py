"""A GAN of points in the plane as a picture: D's output everywhere, real and generated points.

Real points are blue and generated ones orange, which colour-blind people tell apart. D's output is
violet where it is "real" and grey where it is "generated"; white is where D can't tell. The picture
shows [-1.25, 1.25]^2, y upwards.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw
from PIL.Image import Resampling

from models.gan.training.data import Points
from models.gan.training.metrics import assign_modes, covered
from models.gan.training.snapshot import Snapshot
from models.gan.training.trainer import Trainer
from models.roles import RGB, ROLES, tint

Array = npt.NDArray[np.floating[Any]]

EDGE = 1.25
CELLS = 48
REAL_POINTS = 512
ARROWS = 64
# The grid of z: lines from -MAX_Z to MAX_Z, and points along each.
MAX_Z, LINES, ALONG = 2.0, 17, 33
CURVE = 400  # points along the single line of a z of one number
WHITE, INK = (250, 250, 250), (35, 35, 35)
TRUE, FALSE = tint("discriminator", 0.4), tint("neutral", 0.45)  # D's output
SUPERSAMPLING = 2
SIZE = 480  # what widths in pixels are meant for; other sides are scaled


def draw(
    trainer: Trainer,
    snapshot: Snapshot,
    side: int = SIZE,
    heatmap: bool = True,
    arrows: bool = False,
    warp: bool = False,
) -> Image.Image:
    """A run on points as a picture; the trainer stays as it is.

    Modes are circles of the data's radius: solid if covered, dashed if not.

    Args:
        trainer: a run on `Points`.
        snapshot: of it; its samples (N, 2) are the generated points.
        side: the picture's, in pixels.
        heatmap: whether D's output is the background.
        arrows: whether some generated points show where G's loss would move them.
        warp: whether to show where G maps a grid of z.

    Raises:
        ValueError: a run on pictures.
    """
    data = trainer.data
    if not isinstance(data, Points):
        raise ValueError("only points in the plane have a landscape")
    fake = snapshot.samples[snapshot.samples.isfinite().all(1)]
    # The same points each time: they must not flicker.
    real = data.draw(REAL_POINTS, torch.Generator().manual_seed(0))
    picture = Image.new("RGB", (side, side), WHITE)
    if heatmap:
        picture = colorize(probabilities(trainer, real, fake), side)
    dots(picture, real, ROLES["real"], opacity=0.45)
    _circles(picture, data, covered_modes(data, fake))
    dots(picture, fake, ROLES["made"], opacity=0.55)
    if warp:
        _lines(picture, warped_grid(trainer), ROLES["neutral"], 1.2, opacity=0.7)
    if arrows and len(fake):
        _lines(picture, _arrows(trainer, fake[:ARROWS]), INK, 1.2, opacity=0.8)
    return picture


def covered_modes(data: Points, points: torch.Tensor) -> torch.Tensor:
    """Which of the K modes, (K,) bool, have enough of points (N, 2); none if there are none."""
    count = len(data.modes)
    if not len(points):
        return torch.zeros(count, dtype=torch.bool)
    return covered(assign_modes(data, points), count, len(points))


def probabilities(trainer: Trainer, real: torch.Tensor, fake: torch.Tensor) -> Array:
    """D's output at the centres of `CELLS`^2 cells, (CELLS, CELLS) in [0, 1], top row first.

    1 is real, 0 generated, 1/2 undecided. The logistic losses' logits d are sigmoid(d)'s; least
    squares has labels 0 and 1, so d is clamped to [0, 1]; the hinge loss bends at d = -1 and 1, so
    (d + 1) / 2 is. A Wasserstein critic has neither zero nor unit: sigmoid(2 (d - m) / s), with m
    halfway between its means on real and generated points, s its standard deviation over the cells.
    """
    ticks = (torch.arange(CELLS) + 0.5) / CELLS * 2 * EDGE - EDGE
    y, x = torch.meshgrid(ticks.flip(0), ticks, indexing="ij")
    logits = trainer.logits(torch.stack([x, y], 2).view(-1, 2))
    loss = trainer.settings.loss
    if loss == "least_squares":
        share = logits.clamp(0, 1)
    elif loss == "hinge":
        share = ((logits + 1) / 2).clamp(0, 1)
    elif loss == "wasserstein":
        means = [trainer.logits(points).mean() for points in (real, fake) if len(points)]
        std = logits.std().clamp_min(1e-8)
        share = (2 * (logits - sum(means) / len(means)) / std).sigmoid()
    else:
        share = logits.sigmoid()
    return share.nan_to_num(0.5).view(CELLS, CELLS).numpy()


def colorize(share: Array, side: int) -> Image.Image:
    """Probabilities (h, w) as a smooth picture: grey at 0, white at 1/2, violet at 1.

    The colour's strength is |2 share - 1|^0.6, so that small differences from 1/2 show too.
    """
    ramp = _ramp()
    smooth = Image.fromarray(share.astype(np.float32)).resize((side, side), Resampling.BICUBIC)
    level = np.clip(np.rint(np.asarray(smooth) * (len(ramp) - 1)), 0, len(ramp) - 1)
    return Image.fromarray(ramp[level.astype(np.intp)])


@cache
def _ramp() -> npt.NDArray[np.uint8]:
    """Colours (1025, 3) from grey over white to violet."""
    side = np.linspace(-1, 1, 1025)[:, None]
    strength = abs(side) ** 0.6
    mixed = np.where(side < 0, FALSE, TRUE) * strength + np.array(WHITE) * (1 - strength)
    return np.rint(mixed).astype(np.uint8)


def pixels(points: torch.Tensor, side: int) -> Array:
    """Points (..., 2) of the plane as (column, row) in a picture of `side` px; (0, 0) is a corner.

    >>> pixels(torch.tensor([0.5, 0.0]), 500)
    array([350., 250.], dtype=float32)
    """
    at = points.numpy() * np.array([1, -1], np.float32)
    return (at + EDGE) * (side / (2 * EDGE))


def dots(
    picture: Image.Image,
    points: torch.Tensor,
    color: RGB,
    opacity: float,
    radius: float = 2.2,
) -> None:
    """Paints an antialiased disc at each of points (N, 2); n of them cover 1 - (1 - opacity)^n."""
    side, radius = picture.width, radius * picture.width / SIZE
    inside = points[points.abs().le(EDGE).all(1)]
    if not len(inside):
        return
    at = pixels(inside, side)
    half = math.ceil(radius + 0.5)
    offsets = np.arange(-half, half + 1)
    columns, rows = (np.floor(at[:, axis, None]).astype(int) + offsets for axis in (0, 1))
    across, down = columns + 0.5 - at[:, :1], rows + 0.5 - at[:, 1:]
    distance = np.sqrt(down[:, :, None] ** 2 + across[:, None, :] ** 2)
    log_transparency = np.log1p(-opacity * np.clip(radius + 0.5 - distance, 0, 1))
    # Discs may reach over the border: a frame of `half` px takes those pixels, and is cut off.
    framed = side + 2 * half + 2
    index = (rows[:, :, None] + half) * framed + columns[:, None, :] + half
    total = np.bincount(index.ravel(), log_transparency.ravel(), framed**2).reshape(framed, framed)
    mask = 255 * (1 - np.exp(total[half : half + side, half : half + side]))
    picture.paste(color, (0, 0), Image.fromarray(np.rint(mask).astype(np.uint8)))


def warped_grid(trainer: Trainer) -> torch.Tensor:
    """Where G maps lines of z, (lines, points, 2).

    The grid of `LINES` lines each way over [-MAX_Z, MAX_Z]^2 lies in z's first two numbers, the
    others being 0; a z of one number has a single line.
    """
    latent = trainer.settings.latent
    if latent == 1:
        return trainer.sample(torch.linspace(-MAX_Z, MAX_Z, CURVE)[:, None])[None]
    fixed, along = torch.meshgrid(
        torch.linspace(-MAX_Z, MAX_Z, LINES), torch.linspace(-MAX_Z, MAX_Z, ALONG), indexing="ij"
    )
    z = torch.zeros(2, LINES, ALONG, latent)
    z[0, ..., 0], z[0, ..., 1] = fixed, along
    z[1, ..., 0], z[1, ..., 1] = along, fixed
    return trainer.sample(z.view(-1, latent)).view(2 * LINES, ALONG, 2)


def _arrows(trainer: Trainer, points: torch.Tensor) -> torch.Tensor:
    """Arrows (A, 5, 2) from points along `descent_directions`: shaft, tip and both barbs as a line.

    Lengths are proportional to the gradient's norm. The median arrow is 0.12 long whatever that
    norm, which differs a thousandfold from one loss to another; none is longer than 0.3.
    """
    direction = trainer.descent_directions(points)
    size = torch.linalg.vector_norm(direction, dim=1, keepdim=True)
    valid = (size.isfinite() & (size > 0))[:, 0]
    points, direction, size = points[valid], direction[valid], size[valid]
    if not len(points):
        return torch.zeros(0, 5, 2)
    length = (0.12 * size / size.median()).clamp_max(0.3)
    tip = points + direction / size * length
    back = -direction / size * (length / 3).clamp_max(0.05)
    aside = torch.stack([-back[:, 1], back[:, 0]], 1) * 0.6
    return torch.stack([points, tip, tip + back + aside, tip, tip + back - aside], 1)


def _circles(picture: Image.Image, data: Points, solid: torch.Tensor) -> None:
    """The modes' circles: whole where `solid` (K,), else twelve dashes."""
    angle = torch.linspace(0, 2 * math.pi, 49)
    circle = data.radius * torch.stack([angle.cos(), angle.sin()], 1)
    whole, cut = (data.modes[which][:, None] + circle for which in (solid, ~solid))
    dashes = torch.cat([cut[:, start : start + 3] for start in range(0, 48, 4)])
    _lines(picture, whole, INK, 1.6, opacity=0.8)
    _lines(picture, dashes, INK, 1.6, opacity=0.6)


def _lines(
    picture: Image.Image, lines: torch.Tensor, color: RGB, width: float, opacity: float
) -> None:
    """Paints lines (L, P, 2) of the plane; those not finite or far outside are left out."""
    side = picture.width
    mask = Image.new("L", (side * SUPERSAMPLING, side * SUPERSAMPLING))
    pen = ImageDraw.Draw(mask)
    thickness = max(1, round(width * SUPERSAMPLING * side / SIZE))
    lines = lines[(lines.abs() < 100).flatten(1).all(1)]
    for line in pixels(lines, side * SUPERSAMPLING):
        pen.line(line.ravel().tolist(), round(255 * opacity), thickness)
    picture.paste(color, (0, 0), mask.reduce(SUPERSAMPLING))
