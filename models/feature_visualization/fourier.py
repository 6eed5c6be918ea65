"""Gradient ascent on a Fourier spectrum under random transforms (Olah et al. 2017).

For "fourier", and from a photo for "accentuate".
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from models.feature_visualization import spectrum, transforms
from models.feature_visualization.descent import PictureAdam
from models.feature_visualization.parametrization import (
    FULL_SIDE,
    Generators,
    Parametrization,
    Start,
)

# Found by trying a dozen classes.
STAGES = ((0.7, 144), (0.9, 184), (1.0, 224))  # (until this part of the steps, side in pixels)
NOISE, STEP = 0.01, 4.7
VARIATION_WEIGHT, BRIGHTNESS_WEIGHT = 13.0, 7.0  # the latter against dark pictures
FINE_FROM = 0.75  # the last part of the steps has no spotlight and smaller transforms
TRANSFORMS = transforms.Transforms()


class FourierParametrization(Parametrization):
    """N pictures as Fourier spectra of three decorrelated colors, for "fourier" and "accentuate".

    x = sigmoid(C irfft2(z * s)) with the color axes C and the scale s of each frequency.

    Attributes:
        values: z, (N, 3, side, side // 2 + 1, 2), the last axis being real and imaginary part.
    """

    def __init__(self, start: Start) -> None:
        settings, device, photo = start.settings, start.device, start.photo
        self.size, self.tv_weight = settings.size, settings.tv_weight
        # The networks see nothing finer than this; a larger picture is rendered from this spectrum.
        self.side = min(settings.size, FULL_SIDE)
        # The smallest stage that the picture fits into is the last it needs.
        self.largest = next((p for _, p in STAGES if p >= self.side), STAGES[-1][1])
        self.axes = spectrum.color_axes(settings.decorrelated).to(device)
        self.scale = spectrum.spectrum_scale(self.side).to(device)
        shape = (1, 3, self.side, self.side // 2 + 1, 2)
        begin = [torch.randn(shape, generator=g) * NOISE for g in start.generators]
        self.brightness = torch.tensor(0.5, device=device)
        if photo is not None:
            small = transforms.resize(photo.to(device), self.side)
            self.brightness = transforms.local_brightness(small)
            begin = [self.spectrum(small)] * len(begin)
        self.values = torch.cat(begin).to(device).requires_grad_()
        self.optimizer = PictureAdam(self.values, STEP)
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
        variation = transforms.total_variation(pictures) * (pictures.shape[-1] / stage) ** 2
        # Not in the papers: holds each sixteenth of the picture near middle grey (or the photo's
        # brightness), against dark pictures.
        brightness = transforms.local_brightness(pictures) - self.brightness
        regularizers = {
            "variation": VARIATION_WEIGHT * self.tv_weight * variation,
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
        return transforms.transform(pictures, seen, drawn, largest), regularizers
