"""Live trainings on the server: a bounded registry, freed when nobody watches any more.

They are the one thing of a visitor that outlives an event. A run computes only while somebody asks
it to, in slices that take turns in one thread (`Engine.training_slice`), so that all runs advance
alike and one that nobody looks at costs nothing but its memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError

if TYPE_CHECKING:
    from models.gan.training.data import Data
    from models.gan.training.diagnosis import Diagnosis
    from models.gan.training.metrics import Metrics
    from models.gan.training.trainer import Snapshot

PLACES = 24
RUN_BYTES = 320 << 20
ALL_BYTES = 2 << 30
# A run is given up when nobody has watched it for so long; when room is short, sooner.
SECONDS_ALONE, SECONDS_ALONE_WHEN_FULL = 300.0, 20.0
SWEEP_SECONDS = 15.0


class LiveRun:
    """One visitor's training: the trainer, its history, and who may step it.

    Attributes:
        identity: what it was made from; other data or networks mean another run.
        wanted: settings that the visitor has turned to; taken over before the next slice.
        snapshot, metrics: the latest, None before the first.
        paused: set when the loop that watches it should end.
        watcher: the event that shows it; a later one takes over.
        pace, views: how the visitor wants to see it.
    """

    def __init__(self, data: Data, settings: TrainingSettings, identity: tuple, device, start=None):
        from models.gan.training.history import History
        from models.gan.training.trainer import Trainer

        self.trainer = Trainer(data, settings, device, start)
        self.history = History()
        self.identity, self.wanted = identity, settings
        self.snapshot: Snapshot | None = None
        self.metrics: Metrics | None = None
        self.paused = threading.Event()
        self.watcher: object = None
        self.pace, self.views = "normal", ["heat"]
        self.seen = time.monotonic()

    @property
    def bytes(self) -> int:
        return self.trainer.bytes

    def touch(self) -> None:
        """Somebody is watching."""
        self.seen = time.monotonic()

    def chunk(self, seconds: float, rounds: int | None = None, phase: str = "both") -> None:
        """Trains for a slice; like all that touches the trainer it belongs into a `gym_turn`."""
        self.touch()
        if self.wanted is not self.trainer.settings:
            self.trainer.configure(self.wanted)
        self.trainer.train(seconds, rounds, phase)

    def note(self, look: bool = False) -> None:
        """Notes how it stands now, with a look at the samples if one is due or wanted."""
        self.snapshot = self.trainer.snapshot()
        self.metrics = self.history.add(self.trainer, self.snapshot, look) or self.metrics

    def slice(
        self, seconds: float, rounds: int | None = None, phase: str = "both", look: bool = False
    ) -> None:
        """`chunk`, then `note`."""
        self.chunk(seconds, rounds, phase)
        self.note(look)

    def diagnose(self) -> Diagnosis:
        """The diagnosis as of now."""
        return self.history.diagnose(self.trainer)


class LiveRuns:
    """Runs by visitor's session.

    Args:
        places: how many runs there may be.
        run_bytes, all_bytes: what one of them and all together may hold on to.
        seconds: how long a run may be alone.
    """

    def __init__(
        self,
        places: int = PLACES,
        run_bytes: int = RUN_BYTES,
        all_bytes: int = ALL_BYTES,
        seconds: float = SECONDS_ALONE,
    ):
        self.places, self.run_bytes, self.all_bytes = places, run_bytes, all_bytes
        self.seconds = seconds
        self._lock = threading.Lock()
        self._runs: dict[str, LiveRun] = {}
        self._sweeper: threading.Thread | None = None

    def get(self, key: str) -> LiveRun | None:
        """The run of `key`, if it is still there."""
        with self._lock:
            return self._runs.get(key)

    def open(self, key: str, make: Callable[[], LiveRun]) -> LiveRun:
        """A new run of `key`; an older one of the same key ends.

        Raises:
            ValidationError: it needs more memory than a run may have, or every place is taken by a
                run that somebody watches.
        """
        self.close(key)
        run = make()
        if run.bytes > self.run_bytes:
            raise ValidationError(
                "lab_memory", needed=round(run.bytes / 2**20), limit=self.run_bytes >> 20
            )
        with self._lock:
            self._make_room(run.bytes)
            self._runs[key] = run
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, daemon=True)
                self._sweeper.start()
        return run

    def close(self, key: str) -> None:
        """Ends the run of `key`; does nothing if there is none."""
        with self._lock:
            run = self._runs.pop(key, None)
        if run:
            run.paused.set()

    def held(self) -> tuple[int, int]:
        """(runs, bytes they hold on to)."""
        with self._lock:
            return len(self._runs), sum(run.bytes for run in self._runs.values())

    def free_unwatched(self, seconds: float | None = None) -> None:
        """Ends the runs that nobody has watched for `seconds`."""
        alone = time.monotonic() - (self.seconds if seconds is None else seconds)
        with self._lock:
            for key in [key for key, run in self._runs.items() if run.seen < alone]:
                self._runs.pop(key).paused.set()

    def _make_room(self, needed: int) -> None:
        """Takes places from runs that have been alone, the longest alone first."""
        alone = time.monotonic() - min(SECONDS_ALONE_WHEN_FULL, self.seconds)

        def full() -> bool:
            held = sum(run.bytes for run in self._runs.values())
            return len(self._runs) >= self.places or held + needed > self.all_bytes

        for key in sorted(self._runs, key=lambda key: self._runs[key].seen):
            if full() and self._runs[key].seen < alone:
                self._runs.pop(key).paused.set()
        if full():
            raise ValidationError("lab_full", count=len(self._runs))

    def _sweep(self) -> None:
        while True:
            time.sleep(min(SWEEP_SECONDS, self.seconds / 4))
            self.free_unwatched()
            with self._lock:
                if not self._runs:
                    self._sweeper = None
                    return
