"""What an attack achieved, as plain values. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AttackReport:
    """What an attack achieved, measured on the 8-bit picture.

    Attributes:
        before: the five likeliest classes of the clean picture, as (name, probability).
        after: those of the adversarial one.
        success: with a target, that it is now the prediction; without, that the prediction changed.
        linf: largest change of a value, in 1/255.
        l2: Euclidean length of the change, on [0, 1].
        steps: gradient steps made.
        seconds: time taken, if the caller took it.
    """

    before: list[tuple[str, float]]
    after: list[tuple[str, float]]
    success: bool
    linf: float
    l2: float
    steps: int
    seconds: float = 0.0
