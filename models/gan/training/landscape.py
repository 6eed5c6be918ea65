"""What a GAN's game in the plane looks like: D's opinion everywhere, real and generated points.

Blue is real and orange is generated, for points and for D's opinion alike, which colour-blind
people tell apart; white is where D can't tell. The picture shows [-1.25, 1.25]^2, y upwards.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from PIL.Image import Resampling

from models.gan.training.data import Points
from models.gan.training.metrics import held, own_modes
from models.gan.training.trainer import Moment, Trainer

EDGE = 1.25
CELLS = 48
REAL_POINTS = 512
ARROWS = 64
# The warped grid: lines of z from -Z to Z, and points along each.
Z, LINES, ALONG = 2.0, 17, 33
CURVE = 400
BLUE, WHITE, ORANGE = (143, 187, 226), (250, 250, 250), (247, 190, 124)
REAL, FAKE, INK, PLUM = (22, 73, 150), (192, 68, 0), (35, 35, 35), (120, 40, 130)
SMOOTH = 2
SIZE = 480  # what widths in pixels are meant for; other sides are scaled


def plane(
    trainer: Trainer,
    moment: Moment,
    side: int = SIZE,
    heat: bool = True,
    arrows: bool = False,
    warp: bool = False,
) -> Image.Image:
    """One picture of the game; the trainer stays as it is.

    Modes are circles of the data's reach: drawn through if covered, dashed if not.

    Args:
        trainer: a run on `Points`.
        moment: of it; its samples (N, 2) are the generated points.
        side: the picture's, in pixels.
        heat: whether D's opinion is the background.
        arrows: whether some generated points show where G's loss wants them to go.
        warp: whether to show where G takes a grid of z.

    Raises:
        ValueError: a run on pictures.
    """
    data = trainer.data
    if not isinstance(data, Points):
        raise ValueError("only points in the plane have a landscape")
    fakes = moment.samples[moment.samples.isfinite().all(1)]
    # The same points each time: they must not flicker.
    reals = data.draw(REAL_POINTS, torch.Generator().manual_seed(0))
    picture = Image.new("RGB", (side, side), WHITE)
    if heat:
        picture = colours(opinion(trainer, reals, fakes), side)
    dots(picture, reals, REAL, opacity=0.45)
    _circles(picture, data, covered(data, fakes))
    dots(picture, fakes, FAKE, opacity=0.55)
    if warp:
        _stroke(picture, warped(trainer), PLUM, 1.2, opacity=0.7)
    if arrows and len(fakes):
        _stroke(picture, _arrows(trainer, fakes[:ARROWS]), INK, 1.2, opacity=0.8)
    return picture


def covered(data: Points, points: torch.Tensor) -> torch.Tensor:
    """Which of the K modes, (K,) bool, have enough of points (N, 2); none if there are none."""
    count = len(data.modes)
    if not len(points):
        return torch.zeros(count, dtype=torch.bool)
    return held(own_modes(data, points), count, len(points))


def opinion(trainer: Trainer, reals: torch.Tensor, fakes: torch.Tensor) -> np.ndarray:
    """D's opinion on the middles of `CELLS`^2 cells, (CELLS, CELLS) in [0, 1], top row first.

    1 is real, 0 generated, 1/2 undecided. The logistic losses' logits d are sigmoid(d)'s; least
    squares has labels 0 and 1, so d is clamped to [0, 1]; the hinge loss bends at d = -1 and 1, so
    (d + 1) / 2 is. A Wasserstein critic has neither zero nor unit: sigmoid(2 (d - m) / s), with m
    halfway between its means on reals and fakes, and s its deviation over the cells.
    """
    ticks = (torch.arange(CELLS) + 0.5) / CELLS * 2 * EDGE - EDGE
    y, x = torch.meshgrid(ticks.flip(0), ticks, indexing="ij")
    logits = trainer.judge(torch.stack([x, y], 2).view(-1, 2))
    loss = trainer.settings.loss
    if loss == "least_squares":
        share = logits.clamp(0, 1)
    elif loss == "hinge":
        share = ((logits + 1) / 2).clamp(0, 1)
    elif loss == "wasserstein":
        means = [trainer.judge(points).mean() for points in (reals, fakes) if len(points)]
        spread = logits.std().clamp_min(1e-8)
        share = (2 * (logits - sum(means) / len(means)) / spread).sigmoid()
    else:
        share = logits.sigmoid()
    return share.nan_to_num(0.5).view(CELLS, CELLS).numpy()


def colours(share: np.ndarray, side: int) -> Image.Image:
    """Opinions (h, w) in [0, 1] as a smooth picture: orange at 0, white at 1/2, blue at 1.

    The colour's strength is |2 share - 1|^0.6, so that a weak opinion shows too.
    """
    ramp = _ramp()
    smooth = Image.fromarray(share.astype(np.float32)).resize((side, side), Resampling.BICUBIC)
    level = np.clip(np.rint(np.asarray(smooth) * (len(ramp) - 1)), 0, len(ramp) - 1)
    return Image.fromarray(ramp[level.astype(np.intp)])


@cache
def _ramp() -> np.ndarray:
    """Colours (1025, 3) from orange over white to blue."""
    side = np.linspace(-1, 1, 1025)[:, None]
    strength = abs(side) ** 0.6
    mixed = np.where(side < 0, ORANGE, BLUE) * strength + np.array(WHITE) * (1 - strength)
    return np.rint(mixed).astype(np.uint8)


def pixels(points: torch.Tensor, side: int) -> np.ndarray:
    """Points (..., 2) of the plane as (column, row) in a picture of `side` px; (0, 0) is a corner.

    >>> pixels(torch.tensor([0.5, 0.0]), 500)
    array([350., 250.], dtype=float32)
    """
    at = points.numpy() * np.array([1, -1], np.float32)
    return (at + EDGE) * (side / (2 * EDGE))


def dots(
    picture: Image.Image,
    points: torch.Tensor,
    colour: tuple,
    opacity: float,
    radius: float = 2.2,
) -> None:
    """Paints a smooth disc at each of points (N, 2); where many lie, less shines through."""
    side, radius = picture.width, radius * picture.width / SIZE
    inside = points[points.abs().le(EDGE).all(1)]
    if not len(inside):
        return
    at = pixels(inside, side)
    half = math.ceil(radius + 0.5)
    offsets = np.arange(-half, half + 1)
    columns, rows = (np.floor(at[:, axis, None]).astype(int) + offsets for axis in (0, 1))
    across, down = columns + 0.5 - at[:, :1], rows + 0.5 - at[:, 1:]
    away = np.sqrt(down[:, :, None] ** 2 + across[:, None, :] ** 2)
    through = np.log1p(-opacity * np.clip(radius + 0.5 - away, 0, 1))
    # A frame of `half` px takes what hangs over the border.
    wide = side + 2 * half + 2
    place = (rows[:, :, None] + half) * wide + columns[:, None, :] + half
    shine = np.bincount(place.ravel(), through.ravel(), wide * wide).reshape(wide, wide)
    mask = 255 * (1 - np.exp(shine[half : half + side, half : half + side]))
    picture.paste(colour, (0, 0), Image.fromarray(np.rint(mask).astype(np.uint8)))


def warped(trainer: Trainer) -> torch.Tensor:
    """Where G takes lines of z, (lines, points, 2).

    The grid of `LINES` lines each way over [-Z, Z]^2 lies in z's first two numbers, the others
    being 0; a z of one number has a single line.
    """
    latent = trainer.settings.latent
    if latent == 1:
        return trainer.sample(torch.linspace(-Z, Z, CURVE)[:, None])[None]
    fixed, along = torch.meshgrid(
        torch.linspace(-Z, Z, LINES), torch.linspace(-Z, Z, ALONG), indexing="ij"
    )
    z = torch.zeros(2, LINES, ALONG, latent)
    z[0, ..., 0], z[0, ..., 1] = fixed, along
    z[1, ..., 0], z[1, ..., 1] = along, fixed
    return trainer.sample(z.view(-1, latent)).view(2 * LINES, ALONG, 2)


def _arrows(trainer: Trainer, points: torch.Tensor) -> torch.Tensor:
    """Arrows (A, 5, 2) along the pull on points: shaft, tip, and the two barbs in one stroke.

    Lengths go with the pull's norm. The median arrow is 0.12 long whatever the pull's size, for
    that differs a thousandfold from one loss to another; none is longer than 0.3.
    """
    pull = trainer.pull(points)
    size = pull.norm(dim=1, keepdim=True)
    sound = (size.isfinite() & (size > 0))[:, 0]
    points, pull, size = points[sound], pull[sound], size[sound]
    if not len(points):
        return torch.zeros(0, 5, 2)
    length = (0.12 * size / size.median()).clamp_max(0.3)
    tip = points + pull / size * length
    back = -pull / size * (length / 3).clamp_max(0.05)
    aside = torch.stack([-back[:, 1], back[:, 0]], 1) * 0.6
    return torch.stack([points, tip, tip + back + aside, tip, tip + back - aside], 1)


def _circles(picture: Image.Image, data: Points, held: torch.Tensor) -> None:
    """The modes' circles: through if `held` (K,), else of twelve dashes."""
    for through, modes in ((True, data.modes[held]), (False, data.modes[~held])):
        turn = torch.linspace(0, 2 * math.pi, 49)
        ring = data.reach * torch.stack([turn.cos(), turn.sin()], 1)
        lines = modes[:, None] + ring
        if not through:
            starts = range(0, 48, 4)
            lines = torch.cat([lines[:, at : at + 3] for at in starts])
        _stroke(picture, lines, INK, 1.6, opacity=0.8 if through else 0.6)


def _stroke(
    picture: Image.Image, lines: torch.Tensor, colour: tuple, width: float, opacity: float
) -> None:
    """Paints lines (L, P, 2) of the plane; what isn't finite or lies far outside is left out."""
    side = picture.width
    mask = Image.new("L", (side * SMOOTH, side * SMOOTH))
    pen = ImageDraw.Draw(mask)
    thick = max(1, round(width * SMOOTH * side / SIZE))
    lines = lines[(lines.abs() < 100).flatten(1).all(1)]
    for line in pixels(lines, side * SMOOTH):
        pen.line(line.ravel().tolist(), round(255 * opacity), thick)
    picture.paste(colour, (0, 0), mask.reduce(SMOOTH))
