"""The running app's computing side: loaded networks, worker threads, and visitors' runs."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from demos.runtime import memory
from demos.runtime.events import Event, Loading
from demos.runtime.idle_registry import IdleRegistry
from demos.runtime.kept_runs import KeptRuns, LeftVisitors
from demos.runtime.places import Places, StoppableRun
from demos.runtime.scheduler import HEAVY_RUNS, Batcher, RunQueue, S, Worker, schedule
from models import registry
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.backbones.backbone import Backbone
    from models.classifiers.pet_classifier import PetClassifier
    from models.gan.pretrained import PretrainedGan
    from models.store import Store

MAX_BATCH = 8
MAX_PHOTOS = 8  # that are named at the same time on a CPU
T = TypeVar("T")


class Engine:
    """What every demo shares.

    PyTorch is imported when the store is first asked for: the page is served seconds earlier.

    Args:
        device: one of `models.device.DEVICES`.
        remote: (function, *args) -> the steps of `function(*args)`, computed in another process;
            None computes here.
    """

    def __init__(self, device: str = "auto", remote: Callable[..., Iterator] | None = None):
        self.device_name = device
        self.remote = remote
        self._lock = threading.Lock()
        # Short computations of PyTorch's go through one thread: side by side they would only get in
        # each other's way, and every new thread would bring a team of workers of its own.
        self.worker = Worker("worker")
        # Live trainings have a thread of their own, a slice each, first come first served: sliders
        # need not wait for them, and no training gets more than its share.
        self._training_worker = Worker("training", use_one_core)
        self._shared: dict[Callable, Any] = {}
        self.kept = KeptRuns()
        self.left = LeftVisitors(self.forget)
        self.found: dict[str, dict[str, str]] = {}  # how a page finds a place, see `ui.found_runs`
        self.places = Places(self.kept.forget)

    @cached_property
    def _store(self) -> Store:
        from models.store import Store

        return Store(self.device_name)

    @property
    def store(self) -> Store:
        """All networks, loaded on first use."""
        with self._lock:
            return self._store

    def backbone(self, name: str) -> Backbone:
        """The ImageNet network called `name`; raises as `Store.get`."""
        return self.store.get(registry.backbone(name).name)

    def gan(self, name: str) -> PretrainedGan:
        """The generator called `name`; raises as `Store.get`."""
        return self.store.get(registry.gan(name).name)

    def pet_classifier(self, name: str) -> PetClassifier:
        """The pet classifier called `name`; raises as `Store.get`."""
        return self.store.get(registry.pet_classifier(name).name)

    def classifier(self, name: str) -> Backbone | PetClassifier:
        """The ImageNet network or pet classifier called `name`; raises as `Store.get`."""
        return self.store.get(registry.classifier(name).name)

    def shared(self, make: Callable[[], T]) -> T:
        """The one object of this engine that `make` makes, made when it is first asked for."""
        with self._lock:
            if make not in self._shared:
                self._shared[make] = make()
            return self._shared[make]

    def forget(self, visitor: str) -> None:
        """Ends and frees all that a visitor has here."""
        with self._lock:
            shared = [one for one in self._shared.values() if isinstance(one, IdleRegistry)]
        for held in (self.kept, *shared):
            held.gone(visitor)

    @cached_property
    def predict_pets(self) -> Batcher:
        """(classifier's name, picture (1, 3, side, side)) -> its `PetPrediction`, batched."""

        def compute(items: list[tuple[str, torch.Tensor]]) -> list:
            import torch

            found: dict[int, object] = {}
            for name in dict.fromkeys(name for name, _ in items):
                places = [n for n, (asked, _) in enumerate(items) if asked == name]
                pictures = torch.cat([items[n][1] for n in places])
                predictions = self.pet_classifier(name).predict_batch(pictures)
                found |= zip(places, predictions, strict=True)
            return [found[n] for n in range(len(items))]

        if self.store.device.type != "cpu":
            return Batcher(self.worker, compute, MAX_BATCH)
        import torch

        # A CPU is no faster for a batch: who is first need not wait for its last. Of photos that
        # come at the same time each takes a core (see `models.onnx_runtime.forward`).
        cores = min(torch.get_num_threads(), MAX_PHOTOS)
        return Batcher(Worker("pets", threads=cores), compute, 1)

    def steps(self, function: Callable[..., Iterator[S]], *args) -> Iterator[S]:
        """The steps of a heavy run, `function(*args)`, computed wherever this engine computes."""
        return self.remote(function, *args) if self.remote else function(*args)

    @property
    def run_queue(self) -> RunQueue | None:
        """Whose turns a heavy run takes; None where it computes elsewhere and holds up nobody."""
        return None if self.remote else HEAVY_RUNS

    def schedule(self, steps: Iterator[S], run: StoppableRun) -> Generator[Event[S]]:
        """`steps` of a heavy run as events, in turn with those of all visitors."""
        return schedule(steps, run, self.run_queue)

    def training_slice(self, function: Callable[..., T], *args) -> T:
        """`function(*args)` in its turn among the slices of all live trainings."""
        return self._training_worker.submit(function, *args).result()

    def preload(self) -> None:
        """Loads the networks that the tabs use by default; one that can't be used is told on the
        console."""
        for name in (
            registry.DEFAULT_GAN,
            "efficientnet_lite0",
            "efficientnet_lite2",
            registry.DEFAULT_PET_CLASSIFIER,
            registry.PAGE_PET_CLASSIFIER,
        ):
            try:
                self.store.get(name)
            except ValidationError as error:
                print(f"netglass: {error}", file=sys.stderr)

    def warm_up(self) -> None:
        """Reads PyTorch and what the first tab needs, while the visitor looks around."""
        # The tab that needs a weight file says what is wrong with it.
        with suppress(ValidationError):
            self.gan(registry.DEFAULT_GAN)

    def health(self) -> dict:
        """The answer of GET /health."""
        return {
            "status": "ok",
            "device": str(self.store.device),
            "models": [*registry.BACKBONES, *registry.GANS, *registry.PET_CLASSIFIERS],
            "loaded": self.store.loaded(),
        }

    def load_backbone(self, name: str) -> Generator[Loading, None, Backbone]:
        """The ImageNet network called `name`; as `load_classifier`."""
        registry.backbone(name)
        return cast("Backbone", (yield from self.load_classifier(name)))

    def load_classifier(self, name: str) -> Generator[Loading, None, Backbone | PetClassifier]:
        """The classifier called `name`; yields `Loading` at once and while it is downloaded.

        Runs the load in a thread, so that a closed browser ends a download at once.

        Raises:
            ValidationError: unknown name, or weights that can't be had.
        """
        title = registry.classifier(name).title
        yield Loading(title)
        news: queue.SimpleQueue = queue.SimpleQueue()
        given_up = threading.Event()

        def progress(done: int, total: int) -> None:
            if given_up.is_set():
                raise InterruptedError("nobody waits for this download any more")
            news.put(("progress", (done, total)))

        def work() -> None:
            try:
                news.put(("network", self.store.get(name, progress)))
            except BaseException as error:
                news.put(("error", error))

        threading.Thread(target=work, daemon=True).start()
        try:
            while True:
                kind, value = news.get()
                while kind == "progress" and not news.empty():
                    kind, value = news.get()
                if kind == "network":
                    return value
                if kind == "error":
                    raise value
                yield Loading(title, *value)
        finally:
            given_up.set()

    @contextmanager
    def run(self, session: str | None, place: str, **options: Any) -> Iterator[StoppableRun]:
        """A run in a place of a visitor's page; arguments and errors as `Places.enter`."""
        try:
            with self.places.enter(session, place, **options) as run:
                yield run
        finally:
            if not self.places.running():
                memory.release()


def use_one_core() -> None:
    """Lets PyTorch compute on one core in the calling thread, and on all of them elsewhere.

    Live training goes on for minutes: with a team on every core the page, its server and other
    visitors would get stuck behind it, and small networks are hardly faster for it.
    """
    import torch

    everywhere = torch.get_num_threads()
    torch.set_num_threads(1)
    # The number is kept per thread, but new threads begin with the one that was set last.
    restored = threading.Thread(target=torch.set_num_threads, args=(everywhere,))
    restored.start()
    restored.join()
