"""Live trainings on the server: a bounded registry, freed when nobody watches any more.

They are the one thing of a visitor that outlives an event. A run computes only while somebody asks
it to, in slices that take turns in one thread (`Engine.training_slice`), so that all runs advance
alike and one that nobody looks at costs nothing but its memory.
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
from demos.runtime.idle_registry import IdleRegistry
from demos.runtime.scheduler import REST
from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.gan.training.data import Data
    from models.gan.training.diagnosis import Diagnosis
    from models.gan.training.directions import Directions
    from models.gan.training.metrics import Metrics
    from models.gan.training.snapshot import Snapshot

MAX_STEPS = 100_000  # of a training to a fixed number of rounds
MAX_RUNS = 24
MAX_RUN_BYTES = 320 << 20
MAX_BYTES = 2 << 30
# A run is given up when nobody has watched it for so long; when room is short, sooner.
IDLE_SECONDS, IDLE_SECONDS_WHEN_FULL = 300.0, 20.0
SWEEP_SECONDS = 15.0
# Seconds of training between two pictures; in slow motion, seconds after each network's step.
PACES = {"slow": 0.9, "normal": 0.15, "fast": 0.6}
# A page left open overnight must not train for ever.
MAX_WATCH_SECONDS = 1800
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
        self.last_seen = time.monotonic()
        self._lock = threading.Lock()
        self._watcher_ended: threading.Event | None = None

    @property
    def bytes(self) -> int:
        return self.trainer.bytes

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


class LiveTrainings(IdleRegistry[str | None, LiveTraining]):
    """Runs by visitor's session.

    Args:
        max_runs: how many runs there may be.
        max_run_bytes, max_bytes: what one of them and all together may hold on to.
        idle_seconds: how long a run may be unwatched.
    """

    def __init__(
        self,
        max_runs: int = MAX_RUNS,
        max_run_bytes: int = MAX_RUN_BYTES,
        max_bytes: int = MAX_BYTES,
        idle_seconds: float = IDLE_SECONDS,
    ):
        super().__init__(idle_seconds, SWEEP_SECONDS)
        self.max_runs, self.max_run_bytes, self.max_bytes = max_runs, max_run_bytes, max_bytes

    def ended(self, item: LiveTraining) -> None:
        """Its loop ends."""
        item.paused.set()

    def get(self, key: str | None) -> LiveTraining | None:
        """The run of `key`, if it is still there."""
        with self._lock:
            return self._items.get(key)

    def started(self, key: str | None) -> LiveTraining:
        """As `get`, of a run that there is something to see of; somebody is watching it.

        Raises:
            ValidationError: there is none.
        """
        run = self.get(key)
        if run is None or run.snapshot is None:
            raise ValidationError("lab_no_run")
        run.touch()
        return run

    def open(
        self,
        key: str | None,
        make: Callable[[], LiveTraining],
        wanted: Callable[[], bool] = lambda: True,
    ) -> LiveTraining:
        """A new run of `key`; an older one of the same key ends.

        Raises:
            InterruptedError: it was not `wanted` any more when it was made: data took their time,
                and the visitor has started something newer.
            ValidationError: it needs more memory than a run may have, or every place is taken by a
                run that somebody watches.
        """
        self.close(key)
        run = make()
        if run.bytes > self.max_run_bytes:
            raise ValidationError(
                "lab_memory", needed=round(run.bytes / 2**20), limit=self.max_run_bytes >> 20
            )
        with self._lock:
            if not wanted():
                raise InterruptedError
            self._make_room_for(run.bytes)
            self._keep(key, run)
        return run

    def close(self, key: str | None) -> None:
        """Ends the run of `key`, and the loop that watches it; does nothing if there is none."""
        with self._lock:
            run = self._items.pop(key, None)
        if run:
            run.take_over()

    def gone(self, visitor: str) -> None:
        """Ends the run of `visitor`."""
        self.close(visitor)

    def held(self) -> tuple[int, int]:
        """(runs, bytes they hold on to)."""
        with self._lock:
            return len(self._items), sum(run.bytes for run in self._items.values())

    def _make_room_for(self, needed: int) -> None:
        """Ends idle runs while there is no room."""
        idle = time.monotonic() - min(IDLE_SECONDS_WHEN_FULL, self.idle_seconds)

        def full() -> bool:
            held = sum(run.bytes for run in self._items.values())
            return len(self._items) >= self.max_runs or held + needed > self.max_bytes

        self._make_room(full, idle)
        if full():
            raise ValidationError("lab_full", count=len(self._items))


def watch(
    engine: Engine, live: LiveTraining
) -> Generator[Progress[LiveTraining] | Result[LiveTraining], None, None]:
    """Trains until it is paused or diverges: `Progress` after each slice, `Result` at the end.

    Ends without a `Result` as soon as somebody else takes the run over.
    """
    start = time.perf_counter()
    with live.watch() as watching:
        for _ in _slices(engine, live):
            if not watching():
                return
            yield Progress(live, time.perf_counter() - start)
            seconds = time.perf_counter() - start
            if live.paused.is_set() or seconds > MAX_WATCH_SECONDS:
                break
        if watching():
            yield Result(live, time.perf_counter() - start)


def _slices(engine: Engine, live: LiveTraining) -> Iterator[None]:
    """Trains slice by slice, in turn with all other runs; in slow motion network by network."""
    while True:
        if live.pace != "slow":
            engine.training_slice(live.advance, PACES[live.pace])
            yield
            live.paused.wait(REST)
            if live.trainer.diverged:
                return
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
