"""What gradient ascent changes: a picture's pixels, or the waves that it consists of.

The same gradient means another step in other coordinates. In pixels the steepest direction is fine
noise; in a spectrum, whose coefficients are scaled by one over their frequency, it is a broad shape
(Olah et al. 2017, "Feature visualization"). Each parametrization holds N independent pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from models.feature_visualization.descent import PictureAdam
from models.feature_visualization.settings import VisualizationSettings

FULL_SIDE = 224  # what a network with inputs of 224 pixels is shown of a spectrum in the last stage

Generators = Sequence[torch.Generator]
Merit = Callable[[torch.Tensor], torch.Tensor]  # pictures (N, 3, H, W) -> how good each is, (N,)


@dataclass(frozen=True)
class Start:
    """What a parametrization begins with.

    Attributes:
        settings: what is visualized.
        generators: one for each picture.
        device: where to compute.
        photo: (1, 3, size, size) in [0, 1]; None starts from noise.
    """

    settings: VisualizationSettings
    generators: Generators
    device: torch.device
    photo: torch.Tensor | None = None


class Parametrization(Protocol):
    """N pictures that climb.

    Attributes:
        values: what is optimized; the first axis is N, or N times as many candidates.
        optimizer: moves them.
    """

    values: torch.Tensor
    optimizer: PictureAdam

    def snapshot(self) -> Callable[[], torch.Tensor]:
        """What renders the pictures (N, 3, size, size) as they are now, whatever comes after."""
        ...

    def shown(
        self, progress: float, side: int, generators: Generators
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The pictures as a network is shown them in a step, and the regularizers.

        Args:
            progress: share of the steps that are done, 0..1.
            side: of the network's input, in pixels.
            generators: one for each picture.

        Returns:
            Pictures (M, 3, h, h), and scalar losses by name.
        """
        ...

    def overview(self) -> Callable[[], torch.Tensor] | None:
        """What renders the candidates among which each picture is chosen, or None."""
        return None

    def enter(self, progress: float, merit: Merit) -> None:
        """Prepares the values for the step at `progress`."""

    def scores(self, reported: torch.Tensor) -> torch.Tensor:
        """Each picture's score (N,), of what the objective reports of all that was shown."""
        return reported

    def step(self, gradient: torch.Tensor, progress: float) -> None:
        """One step down `gradient`."""
        self.optimizer.step(gradient, progress)
