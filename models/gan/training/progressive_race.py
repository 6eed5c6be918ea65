"""Progressive growing and multi-scale gradients in a race: same blocks, same loss, same rates, and
the same budget of computed pixels (what counts is in `models.gan.training.progressive_schedule`).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from models import images
from models.gan.networks import progressive as growing_gan
from models.gan.training.data import Pictures
from models.gan.training.progressive_runner import SHOWN, Leg, Runner
from models.gan.training.progressive_schedule import TOGETHER, Place, Settings, growing

CELL, GAP = 64, 2


class Growing(Runner):
    """Progressive growing: one picture, of the side reached so far."""

    who = "growing"

    def place(self) -> Place:
        return growing(self.spent / self.settings.pixels, self.settings.fade)

    def real(self, pictures: torch.Tensor, at: Place) -> torch.Tensor:
        return growing_gan.faded(growing_gan.pyramid(pictures), at.scale, at.alpha)

    def views(self, picture: torch.Tensor) -> list[torch.Tensor]:
        return [picture]

    def draw(self, network: growing_gan.Generator, z: torch.Tensor, at: Place) -> list:
        return [network.grown(z, at.scale, at.alpha)]

    def judge(self, views: list[torch.Tensor], at: Place) -> torch.Tensor:
        return self.D(views[0], at.scale, at.alpha)


class MultiScale(Runner):
    """Multi-scale gradients: pictures of every side, all the time."""

    who = "multi_scale"

    def place(self) -> Place:
        return TOGETHER

    def real(self, pictures: torch.Tensor, at: Place) -> torch.Tensor:
        return pictures

    def views(self, picture: torch.Tensor) -> list[torch.Tensor]:
        return growing_gan.pyramid(picture)

    def draw(self, network: growing_gan.Generator, z: torch.Tensor, at: Place) -> list:
        return network.every(z)

    def judge(self, views: list[torch.Tensor], at: Place) -> torch.Tensor:
        return self.D(views)


class Race:
    """Both runners, on the same pictures with the same settings.

    They advance in slices, the one behind first, so that at any time both have spent about as much.

    Args:
        pictures: what to imitate, up to 32 px.
        settings: budget, fading, seed.
        device: where to compute.

    Raises:
        ValueError: pictures larger than 32 px.
    """

    def __init__(self, pictures: Pictures, settings: Settings, device: torch.device | str = "cpu"):
        self.runners = tuple(kind(pictures, settings, device) for kind in (Growing, MultiScale))

    @property
    def done(self) -> bool:
        return all(runner.done for runner in self.runners)

    def advance(self, seconds: float = 0.1) -> Leg:
        """A slice for the one that has spent less of those that are not done."""
        ready = [runner for runner in self.runners if not runner.done] or self.runners
        return min(ready, key=lambda runner: runner.spent).advance(seconds)

    def run(self, seconds: float = 0.1) -> Iterator[Leg]:
        """Legs, 5 to 10 a second, until both are done or it is closed."""
        while not self.done:
            yield self.advance(seconds)


def sheet(leg: Leg) -> torch.Tensor:
    """A leg's samples as one picture (1, 3, H, W) in [0, 1]: a row for each side, smallest first.

    Every cell has the same size, so that the pixels of small sides are visible squares; the row of
    a side that is not reached yet is white.
    """
    reached = [images.enlarge((row + 1) / 2, CELL) for row in leg.samples if row is not None]
    cells = torch.cat(reached).clamp(0, 1).expand(-1, 3, -1, -1)
    rows = images.grid(cells, SHOWN, GAP)
    whole = len(leg.samples) * (CELL + GAP) - GAP
    return F.pad(rows, (0, 0, 0, whole - rows.shape[1]), value=images.WHITE)[None]
