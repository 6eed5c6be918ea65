"""Gradient ascent on the pixels themselves, for "plain" and "variation"."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from models.feature_visualization.descent import PictureAdam
from models.feature_visualization.parametrization import Generators, Parametrization, Start
from models.feature_visualization.transforms import resize, total_variation

NOISE, STEP = 0.05, 0.01  # standard deviation of the noise, and of a step, in pixel values
CLASS_VARIATION, LAYER_VARIATION = 10_000.0, 1_000.0  # weights beside a logit, beside a layer
JITTER = 16  # pixels
OCTAVE = math.sqrt(2)  # from one size to the next


class PixelParametrization(Parametrization):
    """N pictures as their own pixels, for "plain" and "variation".

    Attributes:
        values: (N, 3, size, size), what is optimized.
    """

    def __init__(self, start: Start) -> None:
        settings = start.settings
        shape = (1, 3, settings.size, settings.size)
        begin = [torch.randn(shape, generator=g) * NOISE + 0.5 for g in start.generators]
        if start.photo is not None:
            begin = [start.photo] * len(begin)
        self.values = torch.cat(begin).clamp(0, 1).to(start.device).requires_grad_()
        self.optimizer = PictureAdam(self.values, STEP * math.sqrt(math.prod(shape)))
        self.smooth, self.octaves = settings.method == "variation", settings.octaves
        weight = LAYER_VARIATION if settings.layer else CLASS_VARIATION
        self.variation_weight = weight * settings.tv_weight if self.smooth else 0.0

    def snapshot(self) -> Callable[[], torch.Tensor]:
        """What renders the pictures (N, 3, size, size) as they are now, whatever comes after."""
        values = self.values.detach().clone()
        return lambda: values

    def shown(
        self, progress: float, side: int, generators: Generators
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The pictures at the size that is due, and the variation; see `Parametrization`."""
        variation = self.variation_weight * total_variation(self.values)
        pictures = self.values
        if self.smooth:
            # Mahendran & Vedaldi (2016) jitter the picture, so that nothing depends on where the
            # network's strides fall.
            moves = [torch.randint(-JITTER, JITTER + 1, (2,), generator=g) for g in generators]
            rolled = (
                one.roll(move.tolist(), (1, 2)) for one, move in zip(pictures, moves, strict=True)
            )
            pictures = torch.stack(list(rolled))
        # DeepDream's octaves (Mordvintsev 2015): what fills a small picture is broad in the large
        # one. Departure: the one picture is shown smaller, so nothing has to be carried over.
        octave = min(int(progress * self.octaves), self.octaves - 1) + 1 - self.octaves
        return resize(pictures, round(side * OCTAVE**octave)), {"variation": variation}

    @torch.no_grad()
    def step(self, gradient: torch.Tensor, progress: float) -> None:
        """One step down `gradient`, and back into [0, 1]."""
        self.optimizer.step(gradient, progress)
        self.values.clamp_(0, 1)
