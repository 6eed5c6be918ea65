"""The history of a run: its curves, thinned out as it grows, its last readings, its film strip."""

from __future__ import annotations

import time
from dataclasses import replace

from models.gan.training import diagnosis, landscape, metrics
from models.gan.training.diagnosis import Diagnosis, Reading
from models.gan.training.film_strip import FilmStrip
from models.gan.training.metrics import Metrics
from models.gan.training.snapshot import Snapshot
from models.gan.training.trainer import Trainer

CURVES = ("loss_d", "loss_g", "accuracy_real", "accuracy_fake")
MAX_POINTS = 400  # of a curve
MAX_READINGS = 2 * diagnosis.WINDOW
LANDSCAPE_SIDE = 240
# Seconds between two measurements of the samples: they must not take much from training.
SECONDS_POINTS, SECONDS_PICTURES = 0.5, 1.5


def steps(snapshot: Snapshot) -> int:
    """Steps of both networks, D's skipped ones too: they pass in slow motion as well."""
    return snapshot.steps_d + snapshot.skipped + snapshot.steps_g


class History:
    """Keeps what plots, diagnosis and film strip need, in bounded memory."""

    def __init__(self) -> None:
        self.curves: dict[str, list[tuple[int, float]]] = {name: [] for name in CURVES}
        self.readings: list[Reading] = []
        self.film = FilmStrip()
        self._due, self._last = 0.0, 0

    def add(self, trainer: Trainer, snapshot: Snapshot, measure: bool = False) -> Metrics | None:
        """Notes a snapshot; measures the samples if it is time again, or if told to."""
        at = steps(snapshot)
        if self._last > at:  # a run that diverged is back at an earlier state
            self._forget_after(at)
        self._last = at
        for name, points in self.curves.items():
            value = getattr(snapshot, name)
            if value is not None:
                points.append((at, value))
            if len(points) > MAX_POINTS:
                del points[1:-1:2]
        if not (measure or snapshot.diverged) and time.monotonic() < self._due:
            return None
        measured = metrics.measure(trainer)
        plane = len(trainer.data.shape) == 1
        self._due = time.monotonic() + (SECONDS_POINTS if plane else SECONDS_PICTURES)
        # Without the samples, which would only fill the memory.
        light = replace(snapshot, samples=snapshot.samples[:0].clone())
        self.readings.append(Reading(light, measured))
        del self.readings[:-MAX_READINGS]
        shown = landscape.draw(trainer, snapshot, LANDSCAPE_SIDE) if plane else snapshot.samples
        self.film.add(at, shown)
        return measured

    def _forget_after(self, step: int) -> None:
        for points in self.curves.values():
            points[:] = [point for point in points if point[0] <= step]
        self.readings = [reading for reading in self.readings if steps(reading.snapshot) <= step]
        self.film.forget_after(step)

    def diagnose(self, trainer: Trainer) -> Diagnosis:
        """The diagnosis as of now."""
        settings = trainer.settings
        return diagnosis.diagnose(self.readings, settings.architecture, settings.equilibrium_loss)
