"""Runs that go on without their page: followed, bounded, found again, and freed."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from demos.runtime import kept_runs
from demos.runtime.idle_registry import IdleRegistry
from demos.runtime.kept_runs import KeptRun, KeptRuns, LeftVisitors, size
from demos.runtime.places import RUN_KEY, StoppableRun, run_key, visitor
from models.validation import ValidationError
from tests.demos.runtime.test_idle_registry import wait_for

WAIT = 20
KEY = "0123456789abcdef" * 2


class Steps:
    """Updates that come when the test says so."""

    def __init__(self):
        self.ready = threading.Semaphore(0)
        self.closed = threading.Event()

    def updates(self, run, *updates):
        try:
            for update in updates:
                assert self.ready.acquire(timeout=WAIT)
                yield update
        finally:
            self.closed.set()

    def go(self, count=1):
        for _ in range(count):
            self.ready.release()


def begun(steps, *updates, registry=None, visitor=KEY, place="place", given=()):
    """A run with these updates; kept if there is a registry."""
    kept = KeptRun(visitor, place, "page", dict(given))
    kept.run = StoppableRun(session=visitor)
    if registry is not None:
        registry.keep(kept)
    ended = registry.settle if registry is not None else lambda kept: None
    kept.begin(kept.run.written(steps.updates(kept.run, *updates)), ["a", "b"], ended)
    return kept


def finished(registry, value, **options):
    steps = Steps()
    kept = begun(steps, {"a": value}, registry=registry, **options)
    steps.go()
    wait_for(lambda: not kept.is_running)
    time.sleep(0.02)  # no two end at the same moment
    return kept


def test_only_a_long_random_key_is_one():
    def asking(text):
        return SimpleNamespace(headers={RUN_KEY: text}, session_hash="session")

    assert run_key(asking(KEY)) == visitor(asking(KEY)) == KEY
    for bad in ("", "1", KEY[:-1], KEY + "0", KEY.upper(), "../" * 11, KEY[:-1] + "\n"):
        assert run_key(asking(bad)) is None
        assert visitor(asking(bad)) == "session"


def test_it_goes_on_alone_and_who_comes_back_gets_all_of_it():
    steps = Steps()
    kept = begun(steps, {"a": 1, "b": "first"}, {"a": 2}, {"a": 3})
    follower = kept.follow("page")
    steps.go()
    assert next(follower) == {"a": 1, "b": "first"}
    follower.close()
    steps.go()
    wait_for(lambda: kept._number == 2)
    again = kept.follow("other")
    assert next(again) == {"a": 2, "b": "first"}
    steps.go()
    assert [*again] == [{"a": 3}]
    assert [*kept.follow("third")] == [{"a": 3, "b": "first"}]
    assert kept.pages == {"page", "other", "third"}


def test_what_was_sent_is_kept_whole():
    """Gradio takes the value out of an update while it sends it."""
    registry = KeptRuns()
    kept = finished(registry, {"__type__": "update", "value": "picture", "visible": True})
    for _ in range(2):
        (sent,) = kept.follow("page")
        assert sent["a"].pop("value") == "picture"


def test_any_number_follow_and_none_holds_up_a_run_for_ever(monkeypatch):
    monkeypatch.setattr(kept_runs, "SEND_SECONDS", 0.2)
    steps = Steps()
    kept = begun(steps, {"a": 1}, {"a": 2}, {"a": 3})
    slow, quick = kept.follow("slow"), kept.follow("quick")
    steps.go()
    assert next(slow) == next(quick) == {"a": 1}
    steps.go(2)
    assert [*quick] in ([{"a": 2}, {"a": 3}], [{"a": 3}])
    assert [*slow] == [{"a": 3}]


def test_updates_of_a_component_become_one():
    steps = Steps()
    shown, hidden = ({"__type__": "update", "visible": visible} for visible in (True, False))
    kept = begun(steps, {"a": "text"}, {"a": shown}, ["other", hidden], {"__type__": "update"})
    steps.go(4)
    wait_for(lambda: not kept.is_running)
    (whole,) = kept.follow("page")
    assert whole == {"a": {**shown, "value": "other"}, "b": hidden}


def test_what_was_replaced_sends_no_more():
    steps = Steps()
    kept = begun(steps, {"a": 1}, {"a": 2})
    follower = kept.follow("page")
    steps.go()
    assert next(follower) == {"a": 1}
    late = kept.follow("late")
    kept.run.replace()
    follower.close()
    steps.go()
    assert [*late] == []
    assert steps.closed.wait(WAIT)


def test_an_error_is_told_to_who_follows_or_comes_back_once():
    registry, steps = KeptRuns(), Steps()

    def failing(run):
        yield from steps.updates(run, {"a": 1})
        raise ValidationError("no_picture")

    for is_followed in (True, False):
        kept = KeptRun(KEY, "place", "page", {})
        kept.run = StoppableRun()
        registry.keep(kept)
        follower = kept.follow("page")
        kept.begin(failing(kept.run), ["a"], registry.settle)
        steps.go()
        assert next(follower) == {"a": 1}
        if is_followed:
            with pytest.raises(ValidationError):
                next(follower)
        else:
            follower.close()
        wait_for(lambda kept=kept: not kept.is_running)
        wait_for(lambda f=is_followed: len(registry) == (not f))
        assert kept.is_running is False
    with pytest.raises(ValidationError):
        [*kept.follow("page")]


def test_results_are_bounded_per_visitor_and_in_all(monkeypatch):
    registry = KeptRuns()
    monkeypatch.setattr(kept_runs, "MAX_RESULTS", 2)
    monkeypatch.setattr(kept_runs, "MAX_BYTES", 1000)
    monkeypatch.setattr(kept_runs, "MAX_ALL_RESULTS", 4)
    monkeypatch.setattr(kept_runs, "MAX_ALL_BYTES", 2000)
    for place in ("first", "second", "third"):
        finished(registry, "text", place=place)
    assert registry.places(KEY) == ["second", "third"]
    finished(registry, "x" * 900, place="large")
    assert registry.places(KEY) == ["third", "large"]
    finished(registry, "x" * 1001, place="too large")
    assert registry.places(KEY) == []
    for other in "abcdef":
        finished(registry, "x" * 600, visitor=other)
    assert [one for one in "abcdef" if registry.places(one)] == ["d", "e", "f"]


def test_runs_are_bounded_and_those_end_that_no_page_follows(monkeypatch):
    monkeypatch.setattr(kept_runs, "MAX_RUNNING", 2)
    registry, steps = KeptRuns(), [Steps() for _ in range(3)]
    first, second = (begun(s, {"a": 1}, registry=registry, place=str(n)) for n, s in
                     enumerate(steps[:2]))  # fmt: skip
    steps[0].go()
    follower = first.follow("page")
    assert next(follower) == {"a": 1}
    third = begun(steps[2], {"a": 1}, registry=registry, place="third")
    assert [one.run.replaced for one in (first, second, third)] == [False, True, False]
    follower.close()


def test_a_result_waits_and_a_run_is_kept_to_its_end():
    registry, steps = KeptRuns(wait_seconds=0.2), Steps()
    going = begun(steps, {"a": 1}, registry=registry, place="going")
    finished(registry, "text", place="done")
    wait_for(lambda: registry.places(KEY) == ["going"])
    steps.go()
    wait_for(lambda: not going.is_running)
    wait_for(lambda: len(registry) == 0)


def test_what_a_visitor_has_is_freed_unless_the_page_comes_back():
    gone = []
    left = LeftVisitors(gone.append, left_seconds=0.2)
    left.leave("stays")
    left.leave("goes")
    left.come_back("stays")
    wait_for(lambda: gone == ["goes"])
    registry, steps = KeptRuns(), Steps()
    kept = begun(steps, {"a": 1}, {"a": 2}, registry=registry)
    other = begun(Steps(), {"a": 1}, registry=registry, visitor="other")
    steps.go()
    registry.gone(KEY)
    steps.go()
    assert steps.closed.wait(WAIT)
    assert (kept.run.is_set(), other.run.is_set(), len(registry)) == (True, False, 1)
    other.run.replace()


def test_everything_of_a_visitor_is_freed():
    from demos.gan_explorer.own_cats import OwnCat, OwnCats
    from demos.gan_lab.live_trainings import LiveTrainings
    from demos.runtime.engine import Engine

    engine = Engine("cpu")
    engine.shared(OwnCats).open(OwnCat(KEY, "cats", None))
    assert isinstance(engine.shared(LiveTrainings), IdleRegistry)
    finished(engine.kept, "text")
    engine.forget(KEY)
    assert (len(engine.shared(OwnCats)), len(engine.kept)) == (0, 0)


def test_pictures_and_texts_are_counted():
    picture = Image.new("RGB", (30, 20))
    assert size({"a": picture, "b": [picture, ("text", np.zeros(10))]}) == 3600 + 4 + 80
