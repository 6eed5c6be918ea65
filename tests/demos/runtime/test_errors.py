"""Full memory, a full disk, our own mistakes: told in the visitor's language, and got over."""

import errno
import weakref
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

from demos.runtime import errors
from demos.runtime.engine import Engine
from demos.runtime.events import Result
from demos.runtime.i18n import say
from demos.runtime.scheduler import HEAVY_RUNS, schedule
from demos.ui.page import localize_errors


def full():
    raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")


def gpu_full():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")


def memory_full():
    torch.empty(2**50)  # a petabyte: PyTorch's own error


def mistake():
    return {}["missing"]


def as_python_says():
    raise MemoryError


CASES = {
    full: "disk_full", gpu_full: "out_of_memory", memory_full: "out_of_memory",
    as_python_says: "out_of_memory", mistake: "unexpected",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ne"])
@pytest.mark.parametrize("wrong", CASES)
def test_a_visitor_reads_what_happened(wrong, language, capsys):
    with pytest.raises(gr.Error) as caught:
        localize_errors(lambda language: wrong())(language)
    assert caught.value.message == say(language, f"error.{CASES[wrong]}")
    log = capsys.readouterr().err
    # Only what nobody foresaw needs a traceback, and whoever serves the page reads of a full disk.
    assert ("KeyError: 'missing'" in log) == (wrong is mistake)
    assert ("No space left" in log) == (wrong is full)


def test_a_stream_that_fails_says_so_too():
    @localize_errors
    def run(language):
        yield "first"
        memory_full()

    going = run("hi")
    assert next(going) == "first"
    with pytest.raises(gr.Error, match="मेमोरी"):
        next(going)


def test_gradios_own_errors_pass():
    @localize_errors
    def run(language):
        raise gr.Error("of its own")

    with pytest.raises(gr.Error, match="of its own"):
        run("en")


def test_memory_of_a_failed_run_is_let_go():
    class Large:
        pass

    kept = []

    @localize_errors
    def run(language):
        large = Large()
        kept.append(weakref.ref(large))
        gpu_full()

    with pytest.raises(gr.Error):
        run("en")
    assert kept[0]() is None


def test_a_run_without_memory_frees_its_turn_and_its_place():
    """As an event does it: the next run begins, for the same visitor and for others."""
    engine = Engine("cpu")

    @localize_errors
    def run(language, fails):
        with engine.run("visitor", "style") as stop:

            def steps():
                yield SimpleNamespace(step=0, steps=2)
                if fails:
                    gpu_full()
                yield SimpleNamespace(step=2, steps=2)

            for event in schedule(steps(), stop, HEAVY_RUNS, 0):
                yield event.value.step, isinstance(event, Result)

    with pytest.raises(gr.Error):
        list(run("en", True))
    assert engine.places.running() == []
    assert list(run("en", False)) == [(0, False), (2, True)]


def test_an_error_stays_itself():
    from models.validation import ValidationError

    error = ValidationError("no_picture")
    assert errors.as_validation_error(error) is error
