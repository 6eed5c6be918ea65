import threading
import time
from contextlib import ExitStack

import pytest

from demos.runtime.engine import Engine
from demos.runtime.events import Loading
from models import registry
from models.gan.training.settings import TrainingSettings
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


def test_stop_reaches_only_its_own_run():
    engine = Engine("cpu")
    with engine.run("asha", "style") as hers, engine.run("bikram", "style") as his:
        engine.stop("asha", "style")
        engine.stop("asha", "style")
        assert hers.is_set()
        assert not his.is_set()
    engine.stop("asha", "style")
    assert engine._running == {}


def test_a_newer_run_keeps_its_flag_when_an_older_one_ends():
    engine = Engine("cpu")
    older, newer = engine.run("asha", "style"), engine.run("asha", "style")
    older.__enter__()
    with newer as flag:
        older.__exit__(None, None, None)
        engine.stop("asha", "style")
        assert flag.is_set()
    assert engine._running == {}


def test_a_change_that_a_run_cannot_go_on_with_is_refused():
    engine = Engine("cpu")
    engine.change("asha", "style", {"style_weight": 0.0})  # no run, nothing to refuse
    with engine.run("asha", "style") as run:
        run.check = lambda changed: TrainingSettings(**changed)
        engine.change("asha", "style", {"lr_d": 0.5})
        with pytest.raises(ValidationError):
            engine.change("asha", "style", {"lr_g": 0.5, "lr_d": -1})
        assert run.changed == {"lr_d": 0.5}


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


def test_a_visitor_has_so_many_runs_and_no_more():
    engine = Engine("cpu")
    with ExitStack() as stack:
        for demo in ("style", "attack", "ideal"):
            stack.enter_context(engine.run("me", demo))
        with pytest.raises(ValidationError) as refused, engine.run("me", "robustness"):
            pass
        assert refused.value.key == "too_many_runs"
        with (
            engine.run("me", "style"),
            engine.run("you", "robustness"),
            engine.run(None, "robustness"),
        ):
            pass  # the same demo anew, and other visitors
    with engine.run("me", "robustness"):
        pass


def test_who_watches_learns_of_a_run_that_goes_on_or_begins_meanwhile():
    engine = Engine("cpu")
    with engine.run("anna", "style"), engine.watch("anna", "style") as late:
        assert late.is_set()
    with engine.watch("anna", "style") as early:
        for who, what in (("anna", "attack"), ("ben", "style")):
            with engine.run(who, what):
                assert not early.is_set()
        with engine.run("anna", "style"):
            pass
        assert early.is_set()  # though it is over again
    with engine.watch("anna", "style") as after:
        assert not after.is_set()
    assert engine._watching == []
