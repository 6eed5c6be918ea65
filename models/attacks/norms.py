"""The epsilon balls that attacks stay in: projection, steepest direction, random start, rounding.

Pictures (N, 3, H, W) in grey levels. Every method may write into what it is given: at 224 px fresh
memory costs more than the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

BISECTIONS = 16


class Ball(Protocol):
    """All pictures within epsilon of a centre, in some norm.

    Attributes:
        unit: grey levels in one unit of epsilon and of the step size.
        nudge: length of a step, in levels, that is sure to change a value of the 8-bit picture.
    """

    unit: float
    nudge: float

    def project(self, levels: torch.Tensor) -> torch.Tensor:
        """The nearest picture in the ball, cut to [0, 255]."""
        ...

    def direction(self, gradient: torch.Tensor) -> torch.Tensor:
        """The direction of steepest ascent, of length 1 in this norm."""
        ...

    def random(self, seed: int, whole: bool) -> torch.Tensor:
        """A picture drawn uniformly from the ball (of its whole-level ones), cut to [0, 255]."""
        ...

    def quantize(self, levels: torch.Tensor) -> torch.Tensor:
        """Whole levels in the ball, near to those given; centre and epsilon must be whole."""
        ...

    def keeps_whole(self, step_size: float) -> bool:
        """Whether steps of that size lead from whole levels to whole levels."""
        ...


class LinfBall:
    """No value farther than epsilon grey levels from the centre's."""

    unit = 1.0
    nudge = 1.0

    def __init__(self, centre: torch.Tensor, epsilon: float):
        self.centre, self.radius = centre, epsilon * self.unit
        self.low = (centre - self.radius).clamp_(min=0)
        self.high = (centre + self.radius).clamp_(max=255)

    def project(self, levels: torch.Tensor) -> torch.Tensor:
        return levels.clamp_(self.low, self.high)

    def direction(self, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.sign_()

    def random(self, seed: int, whole: bool) -> torch.Tensor:
        # Drawn on the CPU: the same seed starts at the same place on every device.
        generator = torch.Generator().manual_seed(seed)
        size, reach = self.centre.shape, int(self.radius)
        if whole:
            # Departure: Madry et al. draw from the continuous ball; whole levels keep it 8-bit.
            noise = torch.randint(-reach, reach + 1, size, generator=generator).float()
        else:
            noise = (2 * torch.rand(size, generator=generator) - 1) * reach
        return self.project(self.centre + noise.to(self.centre.device))

    def quantize(self, levels: torch.Tensor) -> torch.Tensor:
        return levels.round()

    def keeps_whole(self, step_size: float) -> bool:
        return step_size == int(step_size)


class L2Ball:
    """The change as a whole no longer than epsilon, with values in [0, 1]."""

    unit = 255.0

    def __init__(self, centre: torch.Tensor, epsilon: float):
        self.centre, self.radius = centre, epsilon * self.unit
        self.nudge = max(self.radius / 4, 1.0)

    def project(self, levels: torch.Tensor) -> torch.Tensor:
        # Scaled down to the radius; cutting to [0, 255] then only brings it nearer.
        change = levels.sub_(self.centre)
        shrink = self.radius / _length(change).clamp_(min=max(self.radius, 1e-30))
        return change.mul_(shrink).add_(self.centre).clamp_(0, 255)

    def direction(self, gradient: torch.Tensor) -> torch.Tensor:
        # A gradient of zeros stays.
        return gradient.div_(_length(gradient).clamp_(min=1e-30))

    def random(self, seed: int, whole: bool) -> torch.Tensor:
        # A uniform direction, and a length whose d-th power is uniform, for d values.
        del whole
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(self.centre.shape, generator=generator)
        uniform = torch.rand(len(noise), 1, 1, 1, generator=generator)
        noise *= self.radius * uniform ** (1 / noise[0].numel()) / _length(noise)
        return self.project(self.centre + noise.to(self.centre.device))

    def quantize(self, levels: torch.Tensor) -> torch.Tensor:
        """Whole levels whose change q is no longer than the change c of those given.

        Rounding alone would leave the ball, or lose a change of less than half a level everywhere.
        Of all q no longer than itself, round(s c) has the largest <q, c>, as each of its values has
        the largest q c - q q / 2s. The largest s that is not too long is found by bisection.
        """
        change = levels - self.centre
        longest = _length(change).clamp_(max=self.radius) * (1 + 1e-6)
        low = torch.zeros_like(longest)
        # The longest change there can be: no factor beyond it is of use.
        high = 255 / change.abs().amax((1, 2, 3), keepdim=True).clamp_(min=1e-6)
        best = self.centre.clone()
        for _ in range(BISECTIONS):
            # Halved until one fits, then drawn together.
            factor = torch.where(low == 0, high / 2, (low + high) / 2)
            tried = (change * factor).round_().add_(self.centre).clamp_(0, 255)
            fits = _length(tried - self.centre) <= longest
            best = torch.where(fits, tried, best)
            low, high = torch.where(fits, factor, low), torch.where(fits, high, factor)
        return best

    def keeps_whole(self, step_size: float) -> bool:
        del step_size  # directions are no whole numbers
        return False


def _length(x: torch.Tensor) -> torch.Tensor:
    """Euclidean length of each picture, (N, 1, 1, 1)."""
    length: torch.Tensor = torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)
    return length


BALLS: dict[str, Callable[[torch.Tensor, float], Ball]] = {"linf": LinfBall, "l2": L2Ball}
