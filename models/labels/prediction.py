"""What a classifier makes of one picture."""

from __future__ import annotations

from dataclasses import dataclass
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

    classes: tuple[str, ...]
    probabilities: torch.Tensor

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities."""
        values, numbers = self.probabilities.topk(count)
        return [
            (self.classes[n], v) for n, v in zip(numbers.tolist(), values.tolist(), strict=True)
        ]
