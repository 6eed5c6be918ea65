"""An adversarial patch where it was not made for: other places, other angles, other pictures."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch

from models.attacks.evaluation import Network, to_levels
from models.attacks.patch import RANDOM_PLACES, Canvas
from models.attacks.settings import AttackSettings
from models.device import batch_size

PLACES = 24  # on each picture, drawn anew


@dataclass(frozen=True)
class PatchTrial:
    """A patch on one picture.

    Attributes:
        before: what the picture is taken for without it: (class number, probability).
        picture: (3, H, W) in [0, 1], with the patch at the first place.
        after: what that is taken for.
        share: of the places at which the patch fools.
    """

    before: tuple[int, float]
    picture: torch.Tensor
    after: tuple[int, float]
    share: float


@dataclass(frozen=True)
class TrialStep:
    """The trials so far.

    Attributes:
        step, steps: pictures done, and all of them.
        trials: one for each picture that is done.
    """

    step: int
    steps: int
    trials: tuple[PatchTrial, ...]


def trials(
    network: Network,
    pictures: Sequence[torch.Tensor],
    patch: torch.Tensor,
    settings: AttackSettings,
    target: int | None,
) -> Generator[TrialStep]:
    """Lays a patch on pictures, each at `PLACES` places and angles of its own.

    Args:
        pictures: one each, (1, 3, H, W) in [0, 1].
        patch: (1, 3, side, side) in [0, 1].
        settings: with which it was made: its size, its angle, and the seed.
        target: the class that it is to be taken for; None for any but the network's verdict on the
            picture.
    """
    generator = torch.Generator().manual_seed((settings.seed + 1) % 2**63)
    found: list[PatchTrial] = []
    for picture in pictures:
        found.append(_trial(network, picture, patch, settings, target, generator))
        yield TrialStep(len(found), len(pictures), tuple(found))


@torch.no_grad()
def _trial(
    network: Network,
    picture: torch.Tensor,
    patch: torch.Tensor,
    settings: AttackSettings,
    target: int | None,
    generator: torch.Generator,
) -> PatchTrial:
    levels = to_levels(picture)
    canvas = Canvas(levels, settings.replace(patch_spread=1.0))
    places = [canvas.places(generator)[1:] for _ in range(PLACES // RANDOM_PLACES)]
    painted = canvas.paint(levels, patch * 255, torch.cat(places)).round() / 255
    pictures = torch.cat([levels / 255, painted])
    logits = torch.cat([network(batch) for batch in pictures.split(batch_size(pictures))])
    best, classes = logits.float().softmax(1).max(1)
    before, *after = zip(classes.tolist(), best.tolist(), strict=True)
    fooled = [n != before[0] if target is None else n == target for n, _ in after]
    return PatchTrial(before, painted[0], after[0], sum(fooled) / len(fooled))
