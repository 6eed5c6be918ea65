"""The story of a run: every moment's figures, thinned out as it grows, and its film strip."""

from __future__ import annotations

import time
from dataclasses import replace

from models.gan.training import diagnosis, landscape
from models.gan.training import metrics as gan_figures
from models.gan.training import settings as gan_settings
from models.gan.training.diagnosis import Reading, Verdict
from models.gan.training.film_strip import Strip
from models.gan.training.metrics import Figures
from models.gan.training.trainer import Moment, Trainer

MOST = 400
PLANE_SIDE = 240
KEPT = 2 * diagnosis.WINDOW
# Seconds between two looks at the samples: looking must not take much from training.
PLANE_SECONDS, PICTURE_SECONDS = 0.5, 1.5
CURVES = ("loss_d", "loss_g", "accuracy_real", "accuracy_fake")


def steps(moment: Moment) -> int:
    """Steps of both networks, D's skipped ones too: time that passes in slow motion as well."""
    return moment.steps_d + moment.skipped + moment.steps_g


class Journal:
    """Keeps what the plots, the doctor and the strip need, in bounded memory."""

    def __init__(self):
        self.curves: dict[str, list[tuple[float, float]]] = {name: [] for name in CURVES}
        self.readings: list[Reading] = []
        self.strip = Strip()
        self._due, self._last = 0.0, 0

    def add(self, trainer: Trainer, moment: Moment, now: bool = False) -> Figures | None:
        """Notes a moment; takes figures of the samples when it is time again, or `now`."""
        at = steps(moment)
        if self._last > at:  # a run that diverged is back at an earlier state
            self._forget(at)
        self._last = at
        for name, points in self.curves.items():
            value = getattr(moment, name)
            if value is not None:
                points.append((at, value))
            if len(points) > MOST:
                del points[1:-1:2]
        plane = len(trainer.data.shape) == 1
        if not (now or moment.diverged) and time.monotonic() < self._due:
            return None
        figures = gan_figures.take(trainer)
        self._due = time.monotonic() + (PLANE_SECONDS if plane else PICTURE_SECONDS)
        # The doctor reads numbers; the samples would only fill the memory.
        self.readings.append(Reading(replace(moment, samples=moment.samples[:0].clone()), figures))
        del self.readings[:-KEPT]
        shown = landscape.plane(trainer, moment, PLANE_SIDE) if plane else moment.samples
        self.strip.add(at, shown)
        return figures

    def _forget(self, at: int) -> None:
        """What came after step `at` has not happened."""
        for points in self.curves.values():
            points[:] = [point for point in points if point[0] <= at]
        self.readings = [reading for reading in self.readings if steps(reading.moment) <= at]
        self.strip.forget(at)

    def verdict(self, trainer: Trainer) -> Verdict:
        """What the doctor says now."""
        settings = trainer.settings
        return diagnosis.diagnose(self.readings, settings.architecture, gan_settings.cost(settings))
