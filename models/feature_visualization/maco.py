"""Phases first, then a free spectrum: ideal pictures of which people see what they show, "maco".

MACO (Fel et al. 2023, "Unlocking feature visualization for deeper networks with magnitude
constrained optimization") fixes the magnitudes of a picture's waves to those of natural pictures
and lets the phases climb: how much of each wave there is, is natural from the start, and what can
be learnt is where things are. Departures: the magnitudes are a law for each color instead of a
data set's mean; the phases are one part of the way only, at small sizes, where one object forms;
four candidates start, of which the one goes on of which the networks are surest; and in the end the
spectrum is set free, under a total-variation loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from models.feature_visualization import candidates, spectrum
from models.feature_visualization.descent import Adam, PictureAdam
from models.feature_visualization.parametrization import (
    FULL_SIDE,
    Generators,
    Merit,
    Parametrization,
    Start,
)
from models.feature_visualization.transforms import (
    Transforms,
    local_brightness,
    resize,
    total_variation,
    transform,
)

CANDIDATES = candidates.ROWS**2
# The magnitude of a wave with f periods per picture is a / f^b, for brightness and the two color
# axes: fitted to 300 photographs in logit space (`benchmarks/ideal_classes.py` says how it does).
LAW = ((0.518, 1.251), (0.552, 1.186), (0.499, 1.088))
MEANS = (1.05, 2.125, 1.457)  # their mean magnitude at f = 0
MAGNITUDE, MEAN_LEFT = 0.85, 0.3  # parts of those that pictures have, the second at f = 0
CHROMA = 1.4  # color is this much stronger than in photographs, or pictures turn grey
PHASE_STEP = 0.06  # in half turns
FREE_STEP, FREE_DECAY = 3.0, 0.8
RATE_LEFT = 0.3  # part of a step's length that is left at the end
CUT = 38.0  # finer waves are dropped when the spectrum is set free: they were never seen
# Weights beside a logit (and, as in "fourier", beside an activation).
CLASS_WEIGHTS, LAYER_WEIGHTS = (33.0, 23.0), (13.0, 7.0)  # of variation, of brightness
HELD = 0.03  # part of the steps for which the choice is shown

OBJECT = Transforms(
    rotation=8, log_scale=0.2, shift=0.06, contrast=0.2, brightness=0.08, tint=0.05,
    spotlight=(0.55, 0.95), flip=True,
)  # fmt: skip
WHOLE = Transforms(
    rotation=4, log_scale=0.05, shift=0.03, contrast=0.2, brightness=0.08, tint=0.03,
    spotlight=None, flip=True,
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A part of the way.

    Attributes:
        until: the share of the steps at which it ends.
        side: of the picture in it, in pixels.
        views: how many transforms of a picture are shown in a step.
        free: whether the whole spectrum climbs, or the phases alone.
        transforms: the largest ones.
    """

    until: float
    side: int
    views: int
    free: bool
    transforms: Transforms


STAGES = (
    Stage(0.28, 80, 1, False, OBJECT),  # the candidates
    Stage(0.6, 112, 2, False, OBJECT),
    Stage(0.8, 160, 1, True, OBJECT),
    Stage(1.0, 224, 1, True, WHOLE),
)


def milestones(steps: int) -> tuple[int, ...]:
    """The steps that a film shows: the noise, the candidates half-way, the choice, and the end of
    each later stage.

    >>> milestones(256)
    (0, 36, 72, 154, 205, 256)
    """
    ends = [math.ceil(stage.until * steps) for stage in STAGES]
    return tuple(sorted({0, ends[0] // 2, *ends}))


def natural_magnitudes(side: int) -> torch.Tensor:
    """Magnitudes of the waves of a natural picture: (1, 3, side, side // 2 + 1)."""
    f = spectrum.frequencies(side)
    found = torch.stack([a / f.pow(b) for a, b in LAW])
    found[:, 0, 0] = torch.tensor(MEANS) * MEAN_LEFT
    return MAGNITUDE * found[None]


class MacoParametrization(Parametrization):
    """N pictures for "maco": four candidates each until one is chosen, and then that one.

    x = sigmoid(C irfft2(m exp(i pi z))), later sigmoid(C irfft2(z * s)), with the color axes C, the
    magnitudes m and the scale s of each frequency. From a photo m are the photo's magnitudes, z its
    phases, and there is nothing to choose.

    Attributes:
        values: z, (4N, 3, side, side // 2 + 1) while candidates compete, (N, ...) afterwards, and
            with a last axis of real and imaginary part once the spectrum is free.
    """

    def __init__(self, start: Start) -> None:
        settings, device, photo = start.settings, start.device, start.photo
        self.size, self.count = settings.size, len(start.generators)
        self.side = min(settings.size, FULL_SIDE)
        self.largest = next(s.side for s in STAGES if s.side >= self.side)
        self.axes = spectrum.color_axes(settings.decorrelated, CHROMA).to(device)
        self.scale = spectrum.spectrum_scale(self.side, FREE_DECAY).to(device)
        if photo is None:
            self.candidates = CANDIDATES
            shape = (CANDIDATES, 3, self.side, self.side // 2 + 1)
            self.magnitudes = natural_magnitudes(self.side).to(device)
            begin = [torch.randn(shape, generator=g) for g in start.generators]
            self.brightness = torch.tensor(0.5, device=device)
            self.finest = torch.exp(-((spectrum.frequencies(self.side) / CUT) ** 4)).to(device)
        else:
            self.candidates = 1
            small = resize(photo.to(device), self.side)
            waves = spectrum.analyze(small, self.axes)
            self.magnitudes = waves.abs()
            begin = [waves.angle() / math.pi] * self.count
            self.brightness = local_brightness(small)
            self.finest = torch.ones_like(self.scale)
        # One object forms under a spotlight; a photo has one, a texture needs none.
        self.lit = photo is None and not settings.layer
        weights = LAYER_WEIGHTS if settings.layer else CLASS_WEIGHTS
        self.variation_weight, self.brightness_weight = weights[0] * settings.tv_weight, weights[1]
        self.free = False
        self.leading = torch.zeros(self.count, dtype=torch.long, device=device)
        self.choice: Callable[[], torch.Tensor] | None = None
        self.values = torch.cat(begin).to(device).requires_grad_()
        self.optimizer: PictureAdam = Adam(self.values, PHASE_STEP, RATE_LEFT)

    @torch.no_grad()
    def snapshot(self) -> Callable[[], torch.Tensor]:
        """What renders the pictures (N, 3, size, size) as they are now, whatever comes after; of
        candidates the one that leads."""
        draw, values = self._drawn(), self.values.detach()[self._rows(self.leading)].clone()
        return lambda: draw(values, self.size)

    @torch.no_grad()
    def overview(self) -> Callable[[], torch.Tensor] | None:
        """What renders the candidates of each picture in a square, while there are any, and for a
        moment which was chosen."""
        if self.candidates == 1:
            return self.choice
        draw, values = self._drawn(), self.values.detach().clone()
        return lambda: candidates.square(draw(values, self.size), self.size)

    def shown(
        self, progress: float, side: int, generators: Generators
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The randomly transformed pictures, and the regularizers; see `Parametrization`."""
        stage = _stage(progress)
        pixels = min(stage.side, self.largest)
        pictures = self._drawn()(self.values, min(pixels, self.size))
        regularizers = dict.fromkeys(("variation", "brightness"), pictures.new_zeros(()))
        if self.free:
            # Small pictures have steeper differences; they count as if rendered at full size.
            variation = total_variation(pictures) * (pictures.shape[-1] / FULL_SIDE) ** 2
            brightness = local_brightness(pictures) - self.brightness
            regularizers = {
                "variation": self.variation_weight * variation,
                "brightness": self.brightness_weight * brightness.square().mean(),
            }
        largest = stage.transforms if self.lit else stage.transforms.unlit()
        each = [g for g in generators for _ in range(self.candidates * stage.views)]
        many = pictures.repeat_interleave(stage.views, 0)
        seen = round(pixels * side / FULL_SIDE)
        return transform(many, seen, largest.draw(each), largest), regularizers

    def scores(self, reported: torch.Tensor) -> torch.Tensor:
        """Each picture's score, of what the objective reports of all that was shown; of candidates
        the best one's."""
        each = reported.view(self.count, self.candidates, -1).mean(2)
        best, self.leading = each.max(1)
        return best

    @torch.no_grad()
    def enter(self, progress: float, merit: Merit) -> None:
        """Chooses among the candidates, and sets the spectrum free, when their stage begins."""
        if self.candidates == 1 and progress >= STAGES[0].until + HELD:
            self.choice = None
        if self.candidates > 1 and progress >= STAGES[0].until:
            self._choose(merit)
        if not self.free and _stage(progress).free:
            self._release()

    def _choose(self, merit: Merit) -> None:
        draw, values = self._drawn(), self.values.detach()
        merits = merit(draw(values, min(STAGES[0].side, self.size)))
        self.leading = merits.view(self.count, -1).argmax(1)
        square, chosen = draw(values, self.size), self.leading
        self.choice = lambda: candidates.square(square, self.size, chosen)
        rows = self._rows(chosen)
        self.values = values[rows].clone().requires_grad_()
        self.optimizer.keep(self.values, rows)
        self.candidates, self.leading = 1, torch.zeros_like(chosen)

    def _release(self) -> None:
        waves = torch.polar(
            self.magnitudes.expand(len(self.values), -1, -1, -1), self.values * math.pi
        )
        values = torch.view_as_real(waves * self.finest / self.scale)
        self.values, self.free = values.contiguous().requires_grad_(), True
        self.optimizer = PictureAdam(self.values, FREE_STEP, RATE_LEFT)

    def _rows(self, which: torch.Tensor) -> torch.Tensor:
        """Where in `values` the candidates `which`, one for each picture, are."""
        first = torch.arange(self.count, device=which.device) * self.candidates
        return first + which

    def _drawn(self) -> Callable[[torch.Tensor, int], torch.Tensor]:
        """(values, side) -> pictures, by what the values mean now."""
        axes, scale, magnitudes, free = self.axes, self.scale, self.magnitudes, self.free

        def draw(values: torch.Tensor, side: int) -> torch.Tensor:
            if free:
                return spectrum.render(torch.view_as_complex(values) * scale, axes, side)
            # Angles of waves that don't fit are not even read.
            known = spectrum.crop(magnitudes, side).expand(len(values), -1, -1, -1)
            waves = torch.polar(known, spectrum.crop(values, side) * math.pi)
            return spectrum.render(waves, axes, side)

        return draw


def _stage(progress: float) -> Stage:
    return next((stage for stage in STAGES if progress < stage.until), STAGES[-1])
