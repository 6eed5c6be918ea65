"""What a classifier says of one picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Prediction:
    """The probabilities of all classes.

    Attributes:
        classes: names of the K classes.
        probabilities: (K,), sum 1, on the CPU.
    """

    classes: tuple[str, ...] = field(repr=False)
    probabilities: torch.Tensor = field(repr=False)

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The `count` likeliest classes with their probabilities."""
        values, indices = self.probabilities.topk(count)
        return [
            (self.classes[n], v) for n, v in zip(indices.tolist(), values.tolist(), strict=True)
        ]
