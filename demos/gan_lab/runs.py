"""Live trainings on the server, and the loops that watch them.

A run computes only while somebody asks it to, in slices that take turns in one thread
(`Engine.training_slice`), so that all runs advance alike and one that nobody looks at costs nothing
but its memory. `demos.gan_lab.live_trainings` keeps them.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from demos.runtime.engine import Engine
from demos.runtime.events import Progress, Result
from demos.runtime.scheduler import REST
from models.gan.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch

    from models.gan.training.data import Data
    from models.gan.training.diagnosis import Diagnosis
    from models.gan.training.directions import Directions
    from models.gan.training.metrics import Metrics
    from models.gan.training.snapshot import Snapshot

MAX_STEPS = 100_000  # of a training to a fixed number of rounds
# Seconds of training between two pictures; in slow motion, seconds after each network's step.
PACES = {"slow": 0.9, "normal": 0.15, "fast": 0.6}
# Where many train, a run's slices are so short that its next picture comes after about so long; but
# no shorter than the least slice.
CYCLE_SECONDS, LEAST_SLICE, SLICE_GROWTH = 4.0, 0.02, 0.01
# A page left open overnight must not train for ever; while others wait for a place, nobody longer
# than a turn.
MAX_WATCH_SECONDS, TURN_SECONDS = 1800, 300.0
TAKE_OVER_SECONDS = 30.0
# Of a training to a fixed number of rounds: snapshots in all, and seconds between those shown.
SNAPSHOTS, SECONDS_BETWEEN = 60, 0.5


class LiveTraining:
    """One visitor's training: the trainer, its history, and who watches it.

    Attributes:
        identity: what it was made from; other data or networks mean another run.
        settings: as the visitor has chosen them last; applied before the next slice.
        snapshot, metrics: the latest, None before the first.
        directions: found for its generator, None before.
        uniform: whether it is what its settings alone give: they were these from the first round
            on, and no network had steps of its own.
        paused: set when the loop that watches it should end.
        pace, views: how the visitor wants to see it: one of `PACES`, and what is drawn.
        digit: the class that the visitor wants to see by itself, None for all.
        turn_began: when the loop that watches it now began, or the last one.
        gave_way: whether that loop ended because others wait for a place.
    """

    def __init__(
        self,
        data: Data,
        settings: TrainingSettings,
        identity: tuple,
        device: torch.device | str,
        start: Mapping[str, Mapping[str, torch.Tensor]] | None = None,
    ):
        from models.gan.training.history import History
        from models.gan.training.trainer import Trainer

        self.trainer = Trainer(data, settings, device, start)
        self.history = History()
        self.identity, self.settings = identity, settings
        self.snapshot: Snapshot | None = None
        self.metrics: Metrics | None = None
        self.directions: Directions | None = None
        self.uniform = True
        self.paused = threading.Event()
        self.pace, self.views = "normal", ["heatmap"]
        self.digit: int | None = None
        self.last_seen = self.turn_began = time.monotonic()
        self.gave_way = False
        self._lock = threading.Lock()
        self._watcher_ended: threading.Event | None = None

    @property
    def bytes(self) -> int:
        return self.trainer.bytes

    @property
    def is_watched(self) -> bool:
        """Whether a loop shows it."""
        return self._watcher_ended is not None and not self._watcher_ended.is_set()

    def touch(self) -> None:
        """Somebody is watching."""
        self.last_seen = time.monotonic()

    def train(self, seconds: float, rounds: int | None = None, phase: str = "both") -> None:
        """Trains for a slice; like all that uses the trainer it runs in `Engine.training_slice`."""
        self.touch()
        if self.settings is not self.trainer.settings:
            self.uniform &= self.settings == self.trainer.settings or not self.trainer.rounds
            self.trainer.configure(self.settings)
        self.uniform &= phase == "both"
        self.trainer.train(seconds, rounds, phase)

    def record(self, measure: bool = False) -> None:
        """Records how it stands now; measures the samples if that is due or wanted."""
        self.snapshot = self.trainer.snapshot()
        self.metrics = self.history.add(self.trainer, self.snapshot, measure) or self.metrics

    def advance(
        self, seconds: float, rounds: int | None = None, phase: str = "both", measure: bool = False
    ) -> None:
        """`train`, then `record`."""
        self.train(seconds, rounds, phase)
        self.record(measure)

    def diagnose(self) -> Diagnosis:
        """The diagnosis as of now."""
        return self.history.diagnose(self.trainer)

    @contextmanager
    def watch(self) -> Iterator[Callable[[], bool]]:
        """For a loop that shows the run: yields whether it still may; one loop may at a time."""
        ended = threading.Event()
        self.take_over(ended)
        self.paused.clear()
        self.turn_began, self.gave_way = time.monotonic(), False
        try:
            yield lambda: self._watcher_ended is ended
        finally:
            ended.set()

    def take_over(self, ended: threading.Event | None = None) -> None:
        """Ends the loop that watches the run, and waits until it has ended.

        What that loop shows could otherwise arrive after, and hide, what is shown next.
        """
        with self._lock:
            before, self._watcher_ended = self._watcher_ended, ended
        self.paused.set()
        if before:
            before.wait(TAKE_OVER_SECONDS)


def watch(
    engine: Engine,
    live: LiveTraining,
    gives_way: Callable[[LiveTraining], bool] = lambda live: False,
) -> Generator[Progress[LiveTraining] | Result[LiveTraining], None, None]:
    """Trains until it is paused or diverges: `Progress` after each slice, `Result` at the end.

    Ends without a `Result` as soon as somebody else takes the run over.

    Args:
        gives_way: whether somebody waits for its place: then a turn ends after `TURN_SECONDS`.
    """
    start = time.perf_counter()
    with live.watch() as watching:
        for _ in _slices(engine, live):
            if not watching():
                return
            yield Progress(live, time.perf_counter() - start)
            seconds = time.perf_counter() - start
            live.gave_way = seconds > TURN_SECONDS and gives_way(live)
            if live.gave_way or live.paused.is_set() or seconds > MAX_WATCH_SECONDS:
                break
        if watching():
            yield Result(live, time.perf_counter() - start)


def _slices(engine: Engine, live: LiveTraining) -> Iterator[None]:
    """Trains slice by slice, in turn with all other runs; in slow motion network by network."""
    seconds, begin = math.inf, time.perf_counter()
    while True:
        if live.pace != "slow":
            seconds = min(seconds, PACES[live.pace])
            engine.training_slice(live.advance, seconds)
            yield
            live.paused.wait(REST)
            if live.trainer.diverged:
                return
            now = time.perf_counter()
            seconds, begin = next_slice(seconds, now - begin), now
            continue
        settings = live.settings
        for phase, count in (
            ("discriminator", settings.d_steps),
            ("generator", settings.g_steps),
        ):
            engine.training_slice(live.advance, 60.0, count, phase, True)
            yield
            if live.trainer.diverged:
                return
            live.paused.wait(PACES["slow"])


def next_slice(seconds: float, cycle: float) -> float:
    """How many seconds to train before the next picture.

    Shrinks by a fifth where the last picture took more than `CYCLE_SECONDS`, by half where it took
    twice that, and grows by a constant where it did not: so runs that take turns come to equal
    slices (additive increase, multiplicative decrease; Chiu and Jain, 1989).

    Args:
        seconds: of the last slice.
        cycle: from the picture before the last to the last.
    """
    if cycle <= CYCLE_SECONDS:
        return seconds + SLICE_GROWTH
    return max(LEAST_SLICE, seconds * (0.8 if cycle <= 2 * CYCLE_SECONDS else 0.5))


def step(engine: Engine, live: LiveTraining, phase: str) -> None:
    """One step of one network, or of both, whoever watched the run before."""
    live.take_over()
    engine.training_slice(live.advance, 0.0, 1, phase, True)


def train(
    engine: Engine, live: LiveTraining, rounds: int
) -> Generator[Progress[LiveTraining] | Result[LiveTraining], None, None]:
    """Trains to a number of rounds, `Progress` about twice a second, `Result` at the end.

    Snapshots lie at fixed rounds, so that the same settings give the same losses.
    """
    trainer, start, due = live.trainer, time.perf_counter(), 0.0
    interval = math.ceil(rounds / SNAPSHOTS)
    while not live.paused.is_set():
        until = min(trainer.rounds + interval, rounds)
        while trainer.rounds < until and not trainer.diverged:
            engine.training_slice(live.train, PACES["normal"], until - trainer.rounds)
        engine.training_slice(live.record, True)
        now = time.perf_counter()
        if trainer.rounds >= rounds or trainer.diverged:
            yield Result(live, now - start)
            return
        if now >= due:
            due = now + SECONDS_BETWEEN
            yield Progress(live, now - start)
