"""What gradient ascent changes: the pixels themselves, or the Fourier spectrum of the picture.

The same gradient means another step in other coordinates. In pixels the steepest direction is fine
noise; in a spectrum, whose coefficients are scaled by one over their frequency, it is a broad shape
(Olah et al. 2017, "Feature visualization"). Each parametrization holds N independent pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch.nn import functional as F

from models.feature_visualization import spectrum
from models.feature_visualization.descent import PictureAdam
from models.feature_visualization.settings import VisualizationSettings
from models.feature_visualization.spectrum import COLOR_AXES
from models.feature_visualization.transforms import (
    Transforms,
    resize,
    total_variation,
    transform,
)

# "plain" and "variation": standard deviation of the noise, and of a step, in pixel values.
PIXEL_NOISE, PIXEL_STEP = 0.05, 0.01
CLASS_VARIATION, LAYER_VARIATION = 10_000.0, 1_000.0  # weights beside a logit, beside a layer
JITTER = 16  # pixels
OCTAVE = math.sqrt(2)  # from one size to the next

# "fourier" and "accentuate", found by trying a dozen classes.
STAGES = ((0.7, 144), (0.9, 184), (1.0, 224))  # (until this part of the steps, side in pixels)
FOURIER_NOISE, FOURIER_STEP, FOURIER_VARIATION = 0.01, 4.7, 13.0
BRIGHTNESS_WEIGHT = 7.0  # of the loss against dark pictures
FINE_FROM = 0.75  # the last part of the steps has no spotlight and smaller transforms
FULL_SIDE = 224  # what a network with inputs of 224 pixels is shown in the last stage
TRANSFORMS = Transforms()

Generators = Sequence[torch.Generator]
Merit = Callable[[torch.Tensor], torch.Tensor]  # pictures (N, 3, H, W) -> how good each is, (N,)


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


class PixelParametrization(Parametrization):
    """N pictures as their own pixels, for "plain" and "variation".

    Args:
        settings: what is visualized.
        generators: one for each picture.
        device: where to compute.
        photo: (1, 3, size, size) in [0, 1] to start from; None starts from noise.

    Attributes:
        values: (N, 3, size, size), what is optimized.
    """

    def __init__(
        self,
        settings: VisualizationSettings,
        generators: Generators,
        device: torch.device,
        photo: torch.Tensor | None = None,
    ) -> None:
        shape = (1, 3, settings.size, settings.size)
        start = [torch.randn(shape, generator=g) * PIXEL_NOISE + 0.5 for g in generators]
        if photo is not None:
            start = [photo] * len(start)
        self.values = torch.cat(start).clamp(0, 1).to(device).requires_grad_()
        self.optimizer = PictureAdam(self.values, PIXEL_STEP * math.sqrt(math.prod(shape)))
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


class FourierParametrization(Parametrization):
    """N pictures as Fourier spectra of three decorrelated colors, for "fourier" and "accentuate".

    x = sigmoid(C irfft2(z * s)) with the color axes C and the scale s of each frequency.

    Args, attributes: as those of `PixelParametrization`; values z are
        (N, 3, side, side // 2 + 1, 2), the last axis being real and imaginary part.
    """

    def __init__(
        self,
        settings: VisualizationSettings,
        generators: Generators,
        device: torch.device,
        photo: torch.Tensor | None = None,
    ) -> None:
        self.size, self.tv_weight = settings.size, settings.tv_weight
        # The networks see nothing finer than this; a larger picture is rendered from this spectrum.
        self.side = min(settings.size, FULL_SIDE)
        # The smallest stage that the picture fits into is the last it needs.
        self.largest = next((p for _, p in STAGES if p >= self.side), STAGES[-1][1])
        axes = torch.tensor(COLOR_AXES) if settings.decorrelated else torch.eye(3) / math.sqrt(3)
        self.scale, self.axes = spectrum.spectrum_scale(self.side).to(device), axes.to(device)
        shape = (1, 3, self.side, self.side // 2 + 1, 2)
        start = [torch.randn(shape, generator=g) * FOURIER_NOISE for g in generators]
        self.brightness = torch.tensor(0.5, device=device)
        if photo is not None:
            small = resize(photo.to(device), self.side)
            self.brightness = F.adaptive_avg_pool2d(small.mean(1, keepdim=True), 4)
            start = [self.spectrum(small)] * len(start)
        self.values = torch.cat(start).to(device).requires_grad_()
        self.optimizer = PictureAdam(self.values, FOURIER_STEP)
        # The spotlight lets one object form out of noise; a photo has one, a texture needs none.
        self.spotlight = photo is None and not settings.layer
        self.photo = self.values.detach().clone() if settings.method == "accentuate" else None

    def spectrum(self, pictures: torch.Tensor) -> torch.Tensor:
        """The values that give `pictures` (N, 3, side, side), to half a grey level."""
        return torch.view_as_real(spectrum.analyze(pictures, self.axes) / self.scale)

    @torch.no_grad()
    def snapshot(self) -> Callable[[], torch.Tensor]:
        """What renders the pictures (N, 3, size, size) as they are now, whatever comes after."""
        values = self.values.detach().clone()
        return lambda: self.render(self.size, values)

    def render(self, side: int, values: torch.Tensor | None = None) -> torch.Tensor:
        """The pictures at `side` x `side` pixels; frequencies that don't fit are left out."""
        waves = torch.view_as_complex(self.values if values is None else values) * self.scale
        return spectrum.render(waves, self.axes, side)

    def shown(
        self, progress: float, side: int, generators: Generators
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The randomly transformed pictures, and the regularizers; see `Parametrization`.

        For "accentuate" the photo follows each, transformed the same: (2N, 3, h, h).
        """
        # Coarse to fine: broad shapes come first, and cost less.
        stage = min(next(pixels for end, pixels in STAGES if progress < end), self.largest)
        pictures = self.render(min(stage, self.size))
        # Small pictures have steeper differences; they count as if rendered as large as the others.
        variation = total_variation(pictures) * (pictures.shape[-1] / stage) ** 2
        # Not in the papers: holds each sixteenth of the picture near middle grey (or the photo's
        # brightness), against dark pictures.
        brightness = F.adaptive_avg_pool2d(pictures.mean(1, keepdim=True), 4) - self.brightness
        regularizers = {
            "variation": FOURIER_VARIATION * self.tv_weight * variation,
            "brightness": BRIGHTNESS_WEIGHT * brightness.square().mean(),
        }
        # A network with a larger input is shown larger pictures.
        seen = round(stage * side / FULL_SIDE)
        fine = progress >= FINE_FROM
        largest = TRANSFORMS.small() if fine else TRANSFORMS
        if fine or not self.spotlight:
            largest = largest.unlit()
        drawn = largest.draw(generators)
        if self.photo is not None:
            with torch.no_grad():
                original = self.render(pictures.shape[-1], self.photo)
            pictures, drawn = torch.cat((pictures, original)), drawn.repeat(2, 1)
        return transform(pictures, seen, drawn, largest), regularizers
