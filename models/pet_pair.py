"""Several pet classifiers asked together: each sees what the other overlooks (deep ensembles,
Lakshminarayanan, Pritzel & Blundell 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from models import breeds
from models.pet_classifier import PetClassifier, Seen, Verdict
from models.pets import PairSpec


@dataclass(frozen=True)
class SeenTogether(Verdict):
    """What they make of one picture together.

    Attributes:
        parts: what each of them sees.
    """

    parts: tuple[Seen, ...]


class PetPair:
    """Classifiers whose calibrated probabilities are averaged: p = mean_m p_m.

    Args:
        spec: which they are.
        members: loaded, in the spec's order.
    """

    bytes = 0  # the members are counted where they are kept

    def __init__(self, spec: PairSpec, members: Sequence[PetClassifier]):
        self.spec, self.members = spec, tuple(members)

    def look(self, pictures: torch.Tensor) -> list[SeenTogether]:
        """What is seen in pictures (N, 3, side, side) in [0, 1]; scores are averaged as well."""
        by_picture = zip(*(member.look(pictures) for member in self.members), strict=True)
        return [_together(parts) for parts in by_picture]

    def heat(
        self, seen: SeenTogether, breed: int, against: int | None = None, contrast: float = 1.0
    ) -> torch.Tensor:
        """The mean of their class activation maps (h, w), each in calibrated logits."""
        return _mean(
            [
                member.heat(part, breed, against, contrast) / member.temperature
                for member, part in zip(self.members, seen.parts, strict=True)
            ]
        )

    def similar(self, seen: SeenTogether, count: int = 5) -> list[tuple[str, float]]:
        """The breeds whose mean training photograph is nearest, by the mean of both cosines."""
        found = [
            dict(member.similar(part, len(breeds.NAMES)))
            for member, part in zip(self.members, seen.parts, strict=True)
        ]
        near = {name: sum(one[name] for one in found) / len(found) for name in breeds.NAMES}
        return sorted(near.items(), key=lambda item: -item[1])[:count]


def _together(parts: tuple[Seen, ...]) -> SeenTogether:
    chances = _mean([part.probabilities for part in parts])
    score = sum(part.score for part in parts) / len(parts)
    return SeenTogether(chances, chances[: len(breeds.CATS)].sum().item(), score, parts)


def _mean(values: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack(values).mean(0)
