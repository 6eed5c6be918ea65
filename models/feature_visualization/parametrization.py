"""What a dream moves: the pixels themselves, or the waves that the picture is the sum of.

The same gradient means another step in other coordinates. Among pixels the steepest way is fine
noise; among waves, scaled by one over their frequency, it is a broad shape (Olah et al. 2017,
"Feature visualization"). Each canvas holds N pictures, which never meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F

from models.feature_visualization.transforms import resize, total_variation, view

if TYPE_CHECKING:
    from models.feature_visualization.optimize import Settings

# "plain" and "variation": deviation of the noise, and of a step, in pixel values.
PIXEL_NOISE, PIXEL_RATE = 0.05, 0.01
PIXEL_VARIATION, LAYER_VARIATION = 10_000.0, 1_000.0  # weights beside a logit, beside a layer
JITTER = 16  # pixels
OCTAVE = math.sqrt(2)  # from one size to the next

# "fourier", found by trying on a dozen classes.
STAGES = ((0.7, 144), (0.9, 184), (1.0, 224))  # (until this part of the steps, side in pixels)
SPECTRUM_NOISE, SPECTRUM_RATE, SPECTRUM_VARIATION = 0.01, 4.7, 13.0
DECAY = 0.9  # coefficients are divided by frequency to this power
GREY = 7.0  # weight of the loss against darkness
CALM_FROM = 0.75  # the last part of the steps has no spotlight and smaller moves
FULL = 224  # side of a view for a network made for pictures of that size, at full size
EDGE = 1 / 510  # half a grey level: how near to black and white a photo's values are taken

# Columns: brightness and two colour axes of natural pictures (Olah et al. 2017), divided by the
# length of the first. Departure: colour is held back to 0.7, or it turns garish.
COLOURS = (
    (0.5628, 0.1364, 0.0303),
    (0.5845, 0.0000, -0.0758),
    (0.5845, -0.1364, 0.0455),
)

Generators = Sequence[torch.Generator]


class Pixels:
    """N pictures as their own pixels, for "plain" and "variation".

    Args:
        settings: what is dreamed.
        generators: one a picture.
        device: where.
        photo: (1, 3, size, size) in [0, 1] to start from; None starts from noise.

    Attributes:
        values: (N, 3, size, size), what is moved.
        rate: Euclidean length of a step.
    """

    def __init__(
        self,
        settings: Settings,
        generators: Generators,
        device: torch.device,
        photo: torch.Tensor | None = None,
    ):
        shape = (1, 3, settings.size, settings.size)
        start = [torch.randn(shape, generator=g) * PIXEL_NOISE + 0.5 for g in generators]
        if photo is not None:
            start = [photo] * len(start)
        self.values = torch.cat(start).clamp(0, 1).to(device).requires_grad_()
        self.rate = PIXEL_RATE * math.sqrt(math.prod(shape))
        self.smooth, self.octaves = settings.method == "variation", settings.octaves
        weight = LAYER_VARIATION if settings.layer else PIXEL_VARIATION
        self.variation_weight = weight * settings.tv_weight if self.smooth else 0.0

    def frozen(self) -> Callable[[], torch.Tensor]:
        """What draws the pictures (N, 3, size, size) as they are now, whatever comes after."""
        values = self.values.detach().clone()
        return lambda: values

    def look(self, done: float, side: int, generators: Generators):
        """The pictures as a network of this size sees them, and the losses that hold them back."""
        variation = self.variation_weight * total_variation(self.values)
        seen = self.values
        if self.smooth:
            # Mahendran & Vedaldi (2016) shake the picture, so that nothing hangs on the strides.
            moves = [torch.randint(-JITTER, JITTER + 1, (2,), generator=g) for g in generators]
            rolled = (
                one.roll(move.tolist(), (1, 2)) for one, move in zip(seen, moves, strict=True)
            )
            seen = torch.stack(list(rolled))
        # DeepDream's octaves (Mordvintsev 2015): what fills a small picture is broad in the
        # large one. Here the one picture is seen smaller, so nothing has to be carried over.
        octave = min(int(done * self.octaves), self.octaves - 1) + 1 - self.octaves
        return resize(seen, round(side * OCTAVE**octave)), {"variation": variation}

    @torch.no_grad()
    def clamp(self) -> None:
        """Back into [0, 1]."""
        self.values.clamp_(0, 1)


class Spectrum:
    """N pictures as Fourier spectra of three decorrelated colours, for "fourier".

    Args, attributes: as those of `Pixels`; values are (N, 3, side, side // 2 + 1, 2), the last
    axis being real and imaginary part.
    """

    def __init__(
        self,
        settings: Settings,
        generators: Generators,
        device: torch.device,
        photo: torch.Tensor | None = None,
    ):
        self.size, self.weight = settings.size, settings.tv_weight
        # Finer than this the networks see nothing; a larger picture is drawn from these waves.
        self.side = min(settings.size, FULL)
        # The smallest stage that the picture fits into is the last it needs.
        self.largest = next((p for _, p in STAGES if p >= self.side), STAGES[-1][1])
        colours = torch.tensor(COLOURS) if settings.decorrelated else torch.eye(3) / math.sqrt(3)
        self.scale, self.colours = spectrum_scale(self.side).to(device), colours.to(device)
        shape = (1, 3, self.side, self.side // 2 + 1, 2)
        start = [torch.randn(shape, generator=g) * SPECTRUM_NOISE for g in generators]
        self.ground = 0.5
        if photo is not None:
            small = resize(photo.to(device), self.side)
            self.ground = F.adaptive_avg_pool2d(small.mean(1, keepdim=True), 4)
            start = [self.spectrum(small)] * len(start)
        self.values = torch.cat(start).to(device).requires_grad_()
        self.rate = SPECTRUM_RATE
        # A class out of noise needs a place to stand; a photo has one, a texture needs none.
        self.staged = photo is None and not settings.layer

    def spectrum(self, pictures: torch.Tensor) -> torch.Tensor:
        """The values that draw `pictures` (N, 3, side, side), but for half a grey level."""
        planes = torch.logit(pictures, eps=EDGE)
        planes = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(self.colours), planes)
        return torch.view_as_real(torch.fft.rfft2(planes, norm="forward") / self.scale)

    @torch.no_grad()
    def frozen(self) -> Callable[[], torch.Tensor]:
        """What draws the pictures (N, 3, size, size) as they are now, whatever comes after."""
        values = self.values.detach().clone()
        return lambda: self.draw(self.size, values)

    def draw(self, side: int, values: torch.Tensor | None = None) -> torch.Tensor:
        """The pictures at `side` x `side` pixels: waves that don't fit are left out, exactly."""
        waves = torch.view_as_complex(self.values if values is None else values) * self.scale
        if side < self.side:
            rows = (waves[:, :, : (side + 1) // 2], waves[:, :, -(side // 2) :])
            waves = torch.cat(rows, dim=2)[..., : side // 2 + 1]
        elif side > self.side:
            middle = self.side // 2 + self.side % 2
            gap = waves.new_zeros(*waves.shape[:2], side - self.side, waves.shape[-1])
            waves = torch.cat((waves[:, :, :middle], gap, waves[:, :, middle:]), dim=2)
        planes = torch.fft.irfft2(waves, s=(side, side), norm="forward")
        return torch.einsum("ij,bjhw->bihw", self.colours, planes).sigmoid()

    def look(self, done: float, side: int, generators: Generators):
        """Random views for a network of this size, and the losses that hold the pictures back."""
        # Coarse to fine: broad shapes come first, and cost less.
        stage = min(next(pixels for end, pixels in STAGES if done < end), self.largest)
        pictures = self.draw(min(stage, self.size))
        # Small pictures have steeper differences; they count as if drawn as large as the others.
        variation = total_variation(pictures) * (pictures.shape[-1] / stage) ** 2
        # Not in the papers: holds each sixteenth of the picture near middle grey, against darkness.
        grey = F.adaptive_avg_pool2d(pictures.mean(1, keepdim=True), 4) - self.ground
        priors = {
            "variation": SPECTRUM_VARIATION * self.weight * variation,
            "grey": GREY * grey.square().mean(),
        }
        # A network made for larger pictures looks at larger views.
        view_side = round(stage * side / FULL)
        calm = done >= CALM_FROM
        return view(pictures, view_side, generators, calm, self.staged and not calm), priors

    def clamp(self) -> None:
        """Nothing: every spectrum is a picture."""


def spectrum_scale(side: int) -> torch.Tensor:
    """What each wave's coefficient is multiplied by: 1 / max(f, 1)^0.9 / 4.

    f is the wave's frequency in periods per picture. The exponent is 1 in Olah et al. (2017): a
    little less gives crisper detail.

    Returns:
        (side, side // 2 + 1), laid out as torch.fft.rfft2 does, in (0, 1/4].
    """
    rows = torch.fft.fftfreq(side)[:, None] * side
    columns = torch.fft.rfftfreq(side)[None] * side
    return (rows.square() + columns.square()).sqrt().clamp(min=1).pow(-DECAY) / 4
