"""The running app's computing side: one store of networks, made on first use, and stop flags."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from demos.gan_lab.runs import Registry
from demos.runtime import memory
from demos.runtime.batch import Batch
from demos.runtime.lane import Lane
from demos.runtime.pacing import HEAVY
from demos.runtime.turns import Turns
from models import registry
from models.classifiers import pet_specs
from models.classifiers import specs as classifiers
from models.gan import specs as gans
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.backbones.backbone import Backbone
    from models.store import Store


MOST_RUNS = 3  # of one visitor at once


class Run(threading.Event):
    """One visitor's run: set when Stop is pressed.

    Attributes:
        turned: knobs that were turned since it began.
    """

    def __init__(self):
        super().__init__()
        self.turned: dict[str, float] = {}


class Engine:
    """What every demo shares.

    PyTorch is imported when the store is first asked for: the page is served seconds earlier.

    Args:
        device: one of `models.device.DEVICES`.
        far: (function, *args) -> the steps of `function(*args)`, computed in another process; None
            computes here.
    """

    def __init__(self, device: str = "auto", far: Callable[..., Iterator] | None = None):
        self.device_name = device
        self.far = far
        self._lock = threading.Lock()
        # Short computations take turns in one thread: side by side they would only get in each
        # other's way, and every new thread would bring a team of workers of its own.
        self.turns = Turns("turns")
        # Live trainings take turns in a thread of their own, a slice each, first come first served:
        # sliders need not wait for them, and no run gets more than its share.
        self._slices = Turns("gym", one_core_for_this_thread)
        self.gym = Registry()
        self._running: dict[tuple[str, str], Run] = {}
        self._watching: list[tuple[tuple[str, str], threading.Event]] = []

    @cached_property
    def _store(self) -> Store:
        from models.store import Store

        return Store(self.device_name)

    @property
    def store(self) -> Store:
        """The ImageNet networks."""
        with self._lock:
            return self._store

    @cached_property
    def _gans(self) -> Store:
        from models.gan import pretrained
        from models.store import Store

        return Store(self.device_name, load=pretrained.load, spec=gans.spec)

    @property
    def gans(self) -> Store:
        """The generators."""
        with self._lock:
            return self._gans

    @cached_property
    def _pets(self) -> Store:
        from models.classifiers import pet_classifier
        from models.store import Store

        def load(spec, _device, progress):
            return pet_classifier.load(spec, self.store.get(spec.backbone, progress))

        return Store(self.device_name, load=load, spec=pet_specs.spec)

    @property
    def pets(self) -> Store:
        """The pet classifiers."""
        with self._lock:
            return self._pets

    @cached_property
    def style_costs(self):
        """What style transfers cost on this machine."""
        from models.style_transfer.cost import Costs

        return Costs()

    @cached_property
    def breeds(self) -> Batch:
        """(classifier's name, picture (1, 3, side, side)) -> what it sees, batched."""

        def look(items: list[tuple[str, torch.Tensor]]) -> list:
            import torch

            seen: dict[int, object] = {}
            for name in dict.fromkeys(name for name, _ in items):
                places = [n for n, (wanted, _) in enumerate(items) if wanted == name]
                pictures = torch.cat([items[n][1] for n in places])
                seen |= zip(places, self.pets.get(name).look(pictures), strict=True)
            return [seen[n] for n in range(len(items))]

        return Batch(self.turns, look, 8)

    def steps(self, function: Callable, *args) -> Iterator:
        """The steps of a heavy run, `function(*args)`."""
        return self.far(function, *args) if self.far else function(*args)

    @property
    def lane(self) -> Lane | None:
        """Whose turns a heavy run takes; None where it computes elsewhere and holds up nobody."""
        return None if self.far else HEAVY

    def network_called(self, name: str, progress: Callable[[int, int], None] | None = None):
        """The classifier called `name`, loaded at once if need be.

        Args:
            progress: as `Store.get` takes it.

        Raises:
            ValidationError: unknown name, or weights that can't be had.
        """
        classifiers.spec(name)
        return (self.pets if name in pet_specs.NAMES else self.store).get(name, progress)

    def gym_turn(self, function: Callable, *args):
        """`function(*args)` in its turn among the slices of all live trainings."""
        return self._slices.submit(function, *args).result()

    def preload(self) -> None:
        """Loads the networks that the tabs use by default."""
        self.gans.get(gans.DEFAULT)
        for name in ("efficientnet_lite0", "efficientnet_lite2"):
            self.store.get(name)
        self.pets.get(pet_specs.DEFAULT)

    def warm_up(self) -> None:
        """Reads PyTorch and what the first tab needs, while the visitor looks around."""
        # A weight file that can't be used is told by the tab that wants it.
        with suppress(ValidationError):
            self.gans.get(gans.DEFAULT)

    def health(self) -> dict:
        """The answer of GET /health."""
        return {
            "status": "ok",
            "device": str(self.store.device),
            "models": [*registry.NAMES, *gans.NAMES, *pet_specs.NAMES],
            "loaded": self.store.loaded() + self.gans.loaded() + self.pets.loaded(),
        }

    def network(self, name: str) -> Generator[tuple[int, int], None, Backbone]:
        """The classifier called `name`; yields (bytes so far, bytes in all) while it is downloaded.

        Runs the load in a thread, so that a closed browser ends a download at once.

        Raises:
            ValidationError: unknown name, or weights that can't be had.
        """
        classifiers.spec(name)  # refused before a thread begins
        news: queue.SimpleQueue = queue.SimpleQueue()
        given_up = threading.Event()

        def progress(done: int, total: int) -> None:
            if given_up.is_set():
                raise InterruptedError("nobody waits for this download any more")
            news.put(("progress", (done, total)))

        def work() -> None:
            try:
                news.put(("network", self.network_called(name, progress)))
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
                yield value
        finally:
            given_up.set()

    @contextmanager
    def run(self, session: str | None, demo: str) -> Iterator[Run]:
        """A run of `demo` by one visitor; the event is set when that visitor presses Stop.

        The flag lives as long as the run: nothing of a visitor stays on the server.

        Raises:
            ValidationError: the visitor has `MOST_RUNS` of other demos under way.
        """
        key, flag = (session or "", demo), Run()
        with self._lock:
            others = sum(who == session and what != demo for who, what in self._running)
            if session and others >= MOST_RUNS:
                raise ValidationError("too_many_runs", limit=MOST_RUNS)
            self._running[key] = flag
            for watched, begun in self._watching:
                if watched == key:
                    begun.set()
        try:
            yield flag
        finally:
            with self._lock:
                if self._running.get(key) is flag:
                    del self._running[key]
                quiet = not self._running
            if quiet:
                memory.give_back()

    def stop(self, session: str | None, demo: str) -> None:
        """Asks the visitor's run of `demo` to stop; does nothing if there is none."""
        with self._lock:
            flag = self._running.get((session or "", demo))
        if flag:
            flag.set()

    def turn(self, session: str | None, demo: str, values: dict[str, float]) -> None:
        """Tells the visitor's run of `demo` which knobs were turned; nothing if there is none."""
        with self._lock:
            run = self._running.get((session or "", demo))
        if run:
            run.turned = run.turned | values

    @contextmanager
    def watch(self, session: str | None, demo: str) -> Iterator[threading.Event]:
        """An event that is set if the visitor has, or begins meanwhile, a run of `demo`.

        For what is shown until a run shows more: come late, it must not hide the run's result.
        """
        key, begun = (session or "", demo), threading.Event()
        with self._lock:
            if key in self._running:
                begun.set()
            self._watching.append((key, begun))
        try:
            yield begun
        finally:
            with self._lock:
                self._watching = [pair for pair in self._watching if pair[1] is not begun]


def one_core_for_this_thread() -> None:
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
