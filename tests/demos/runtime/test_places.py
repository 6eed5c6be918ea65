"""Places: a newer run replaces an older one where both would write, and only there."""

import threading
from contextlib import ExitStack

import pytest

from demos.runtime import places as places_module
from demos.runtime.places import Places
from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError


def test_stop_reaches_only_its_own_run():
    places = Places()
    with places.enter("asha", "style") as hers, places.enter("bikram", "style") as his:
        places.stop("asha", "style")
        places.stop("asha", "style")
        assert hers.is_set()
        assert not his.is_set()
    places.stop("asha", "style")
    assert places.running() == []


def test_a_newer_run_stops_the_older_one_of_its_place_and_no_other():
    places = Places()
    with places.enter("asha", "ideal") as older, places.enter("asha", "attack") as elsewhere:
        with places.enter("asha", "ideal") as newer:
            assert older.is_set()
            assert older.replaced
            for run in (newer, elsewhere):
                assert not run.is_set()
                assert not run.replaced
            places.stop("asha", "ideal")
            assert newer.is_set()
        places.stop("asha", "attack")  # both can be stopped, whichever came first
        assert elsewhere.is_set()


def test_a_newer_run_can_be_stopped_after_the_older_one_has_ended():
    places = Places()
    older, newer = places.enter("asha", "style"), places.enter("asha", "style")
    older.__enter__()
    with newer as run:
        older.__exit__(None, None, None)
        places.stop("asha", "style")
        assert run.is_set()
    assert places.running() == []


def test_calls_of_an_endpoint_are_places_of_their_own():
    places = Places()
    with places.enter(None, "style") as one, places.enter(None, "style") as two:
        places.stop(None, "style")
        assert not one.is_set()
        assert not two.is_set()
    assert places.running() == []
    assert len(places._places) <= 1


def test_a_visitor_has_so_many_heavy_runs_and_no_more():
    places = Places()
    with ExitStack() as stack:
        for name in ("style", "attack", "ideal"):
            stack.enter_context(places.enter("me", name))
        with pytest.raises(ValidationError) as refused, places.enter("me", "tour"):
            pass
        assert refused.value.key == "too_many_runs"
        # The same place anew, what is short, other visitors, endpoints.
        for session, name in (("me", "style"), ("you", "tour"), (None, "tour")):
            with places.enter(session, name) as run:
                assert not run.replaced
        with places.enter("me", "tour", heavy=False) as run:
            assert not run.replaced
    with places.enter("me", "tour"):
        pass


def test_what_was_sent_earlier_and_comes_late_writes_nothing():
    places = Places()
    with places.enter("asha", "style", number=7) as run:
        with places.enter("asha", "style", number=6) as late:
            assert late.replaced
        assert not run.is_set()
    with places.enter("asha", "style", number=6) as late:
        assert late.replaced  # the end of the newer one changes nothing
    with places.enter("asha", "style", number=8) as run:
        assert not run.replaced


def test_stop_reaches_what_was_sent_before_it_and_begins_after_it():
    places = Places()
    places.stop("asha", "style", number=2)
    with places.enter("asha", "style", number=1) as waited:
        assert waited.is_set()
        assert not waited.replaced  # it says where it stopped
    with places.enter("asha", "style", number=3) as begun_anew:
        assert not begun_anew.is_set()
    with places.enter("asha", "style") as without_number:
        assert not without_number.is_set()


def test_what_is_beside_a_run_gives_way_to_it():
    places = Places()
    estimate = {"name": "style.estimate", "beside": "style", "idle": True, "heavy": False}
    with places.enter("asha", **estimate) as before, places.enter("asha", "style"):
        assert before.replaced
        with places.enter("asha", **estimate) as during:
            assert during.replaced
    with places.enter("asha", **estimate) as after:
        assert not after.replaced


def test_a_prediction_does_not_hide_a_result_about_the_same():
    places = Places()
    same = {"heavy": False, "unless": "kitten"}
    with places.enter("asha", "attack", about="kitten") as run:
        with places.enter("asha", "attack", **same) as during:
            assert during.replaced
        assert not run.replaced
    with places.enter("asha", "attack", **same) as after:
        assert after.replaced
    with places.enter("asha", "attack", heavy=False, unless="owl") as other:
        assert not other.replaced
    with places.enter("asha", "attack", **same) as again:  # the kitten's result is gone
        assert not again.replaced


def test_a_run_is_not_lost_to_a_preview_of_the_same_that_began_before_it():
    """Sent in this order: run 2, previews 3 and 4; the run waits in the queue."""
    places = Places()
    for number in (1, 3, 4):
        with places.enter("asha", "style", number, heavy=False, unless="pair"):
            pass
    with places.enter("asha", "style", 2, about="pair") as run:
        assert run.may_write()
        with places.enter("asha", "style", 5, heavy=False, unless="pair") as late:
            assert not late.may_write()
        assert run.may_write()
    for number, unless in ((6, None), (8, "another pair"), (9, "pair")):
        with places.enter("asha", "style", number, heavy=False, unless=unless):
            pass
    with places.enter("asha", "style", 7, about="pair") as late:
        assert not late.may_write()


def test_a_run_that_fails_leaves_no_result():
    places = Places()
    with pytest.raises(InterruptedError), places.enter("asha", "attack", about="kitten"):
        raise InterruptedError
    with places.enter("asha", "attack", heavy=False, unless="kitten") as prediction:
        assert not prediction.replaced


def test_a_newer_run_begins_when_the_message_before_it_is_sent():
    """A generator goes on when Gradio has sent what it gave: until then a newer one waits."""
    places, order = Places(), []
    given, newer_waits = threading.Event(), threading.Event()

    def older() -> None:
        with places.enter("asha", "ideal") as run:
            updates = run.written(iter_of("one", "two"))
            order.append(next(updates))
            given.set()
            assert newer_waits.wait(30)
            order.append("one is sent")
            assert list(updates) == []

    thread = threading.Thread(target=older)
    thread.start()
    assert given.wait(30)
    replaced = places._places["asha", "ideal"].run
    waited = replaced.wait_until_sent

    def noticed() -> None:
        newer_waits.set()
        waited()

    replaced.wait_until_sent = noticed
    with places.enter("asha", "ideal"):
        order.append("newer")
    thread.join(30)
    assert order == ["one", "one is sent", "newer"]


def iter_of(*values):
    yield from values


def test_a_replaced_run_is_closed_and_has_no_errors():
    places, closed = Places(), []

    def failing():
        try:
            yield "one"
            raise InterruptedError
        finally:
            closed.append(True)

    with places.enter("asha", "ideal") as run:
        updates = run.written(failing())
        next(updates)
        run.replace()
        assert list(updates) == []
    assert closed == [True]
    with places.enter("asha", "ideal") as run, pytest.raises(InterruptedError):
        list(run.written(failing()))


def test_a_change_that_a_run_cannot_go_on_with_is_refused():
    places = Places()
    places.change("asha", "style", {"style_weight": 0.0})  # no run, nothing to refuse
    with places.enter("asha", "style") as run:
        run.check = lambda changed: TrainingSettings(**changed)
        places.change("asha", "style", {"lr_d": 0.5})
        with pytest.raises(ValidationError):
            places.change("asha", "style", {"lr_g": 0.5, "lr_d": -1})
        assert run.changed == {"lr_d": 0.5}


def test_places_are_bounded(monkeypatch):
    monkeypatch.setattr(places_module, "MAX_PLACES", 5)
    places = Places()
    for visitor in range(20):
        with places.enter(str(visitor), "style"):
            pass
    assert len(places._places) == 5
