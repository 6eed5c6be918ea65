import threading
import time

import pytest

from demos.runtime.engine import Engine
from demos.runtime.events import Loading
from models import registry
from models.validation import ValidationError


class SlowStore:
    """A store whose networks must be downloaded, a byte every few milliseconds."""

    def __init__(self):
        self.given_up = threading.Event()

    def get(self, name, progress):
        try:
            for done in range(1000):
                progress(done, 1000)
                time.sleep(0.005)
        except InterruptedError:
            self.given_up.set()
            raise


def drain(generator):
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def test_network_is_loaded_once_and_shared():
    engine = Engine("cpu")
    first = drain(engine.load_classifier(registry.DEFAULT_BACKBONE))
    assert first is drain(engine.load_classifier(registry.DEFAULT_BACKBONE))
    assert engine.health() == {
        "status": "ok",
        "device": "cpu",
        "models": [*registry.BACKBONES, *registry.GANS, *registry.PET_CLASSIFIERS],
        "loaded": [registry.DEFAULT_BACKBONE],
    }


def test_unknown_network_is_refused_before_anything_is_loaded():
    engine = Engine("cpu")
    with pytest.raises(ValidationError):
        next(engine.load_classifier("nothing"))


def test_a_closed_browser_ends_a_download():
    engine = Engine("cpu")
    engine._store = SlowStore()
    waiting = engine.load_classifier("vgg19")
    assert next(waiting) == Loading("VGG-19")
    assert next(waiting).total == 1000
    waiting.close()
    assert engine._store.given_up.wait(2)


def test_live_training_takes_one_core_and_leaves_the_rest_alone():
    import threading

    import torch

    engine, before = Engine("cpu"), torch.get_num_threads()
    assert engine.training_slice(torch.get_num_threads) == 1
    found = []
    other = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    other.start()
    other.join()
    assert found == [before]
    assert torch.get_num_threads() == before
