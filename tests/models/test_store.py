"""The cache under many threads, with loads that take a while."""

import threading
import time
from dataclasses import dataclass

import pytest

from models.store import Store
from models.validation import ValidationError


@dataclass
class Loaded:
    name: str
    bytes: int


class Loader:
    """Counts loads; each takes a moment, so that threads do meet."""

    def __init__(self, fail_first: bool = False):
        self.calls, self.fail_first, self.lock = [], fail_first, threading.Lock()

    def __call__(self, spec, store, progress):
        with self.lock:
            self.calls.append(spec.name)
            fail, self.fail_first = self.fail_first, False
        time.sleep(0.05)
        if fail:
            raise ValidationError("no_picture")
        return Loaded(spec.name, 100)


def at_once(count, function):
    barrier, results = threading.Barrier(count), []

    def work():
        barrier.wait()
        try:
            results.append(function())
        except ValidationError as error:
            results.append(error)

    threads = [threading.Thread(target=work) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return results


def test_many_threads_cause_one_load():
    loader = Loader()
    store = Store("cpu", load=loader)
    results = at_once(16, lambda: store.get("vgg19"))
    assert loader.calls == ["vgg19"]
    assert all(result is results[0] for result in results)


def test_a_failed_load_is_tried_again():
    loader = Loader(fail_first=True)
    store = Store("cpu", load=loader)
    results = at_once(2, lambda: store.get("vgg19"))
    assert sorted(type(result).__name__ for result in results) == ["Loaded", "ValidationError"]
    assert store.loaded() == ["vgg19"]


def test_least_recently_used_goes_first():
    store = Store("cpu", budget_bytes=250, load=Loader())
    store.get("vgg16")
    store.get("vgg19")
    store.get("vgg16")
    store.get("resnet50")
    assert store.loaded() == ["vgg16", "resnet50"]


def test_one_network_is_always_kept():
    store = Store("cpu", budget_bytes=1, load=Loader())
    assert store.get("vgg16").name == "vgg16"
    assert store.loaded() == ["vgg16"]


def test_unknown_name_is_refused():
    with pytest.raises(ValidationError, match="Choose one of"):
        Store("cpu", load=Loader()).get("nothing")
