"""The registry of live trainings: bounded by memory, with a line, freed when left alone."""

import math
import time
from types import SimpleNamespace

import pytest

from demos.gan_lab import live_trainings
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.runs import LiveTraining
from models.gan.training import data as gan_data
from models.gan.training import presets
from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError
from tests.demos.gan_lab.opened import at_once

SMALL = TrainingSettings(width=8, batch=16)


def live(settings: TrainingSettings = SMALL) -> LiveTraining:
    return LiveTraining(gan_data.plane("ring"), settings, ("ring",), "cpu")


SIZE = live().bytes + live_trainings.OVERHEAD_BYTES


def room_for(count: int) -> LiveTrainings:
    return LiveTrainings(max_bytes=count * SIZE)


def end_of(events):
    """What a wait ends with that need not last."""
    try:
        for _ in range(3):
            next(events)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits still")


def test_a_run_is_kept_under_its_visitor_until_it_is_closed():
    registry = LiveTrainings()
    run = registry.open("a", live)
    assert registry.get("a") is run
    assert registry.get("b") is None
    assert registry.held() == (1, SIZE)
    registry.close("a")
    assert registry.get("a") is None
    assert run.paused.is_set()
    registry.close("a")


def test_a_visitor_who_has_left_is_waited_for_by_nobody():
    registry = LiveTrainings()
    run, other = registry.open("a", live), registry.open("b", live)
    with run.watch():  # a loop that waits for its slice
        registry.gone("a")
        assert run.paused.is_set()
    assert registry.get("a") is None
    registry.gone("nobody")
    assert registry.get("b") is other
    assert not other.paused.is_set()


def test_a_second_run_of_a_visitor_ends_the_first():
    registry = LiveTrainings()
    first = registry.open("a", live)
    second = registry.open("a", live)
    assert first.paused.is_set()
    assert registry.get("a") is second
    assert registry.held()[0] == 1


def test_a_run_nobody_watches_is_freed_by_itself():
    registry = LiveTrainings(idle_seconds=0.2)
    run = registry.open("a", live)
    watched = registry.open("b", live)
    watched.last_seen = math.inf  # touched all the time, however busy the machine
    deadline = time.monotonic() + 20
    while registry.get("a") is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert registry.get("a") is None
    assert run.paused.is_set()
    assert registry.get("b") is watched


def test_when_all_places_are_watched_a_newcomer_is_told_so():
    registry = room_for(2)
    registry.open("a", live)
    registry.open("b", live)
    with pytest.raises(ValidationError, match="All 2 places"):
        registry.open("c", live)
    assert registry.get("a") is not None
    assert registry.get("c") is None


def test_the_longest_alone_gives_its_place():
    registry = room_for(2)
    old, older = registry.open("a", live), registry.open("b", live)
    old.last_seen -= 30
    older.last_seen -= 40
    registry.open("c", live)
    assert registry.get("b") is None
    assert registry.get("a") is old


def test_memory_is_bounded_for_one_and_for_all():
    with pytest.raises(ValidationError, match=f"a run may take {SIZE - 1 >> 20} MB"):
        LiveTrainings(max_run_bytes=SIZE - 1).open("a", live)
    # A run that needs more than all may have is refused, and does not wait for ever.
    with pytest.raises(ValidationError, match="of memory"):
        at_once(LiveTrainings(max_bytes=SIZE - 1).enter("a", live))
    registry = LiveTrainings(max_bytes=2 * SIZE)
    registry.open("a", live)
    registry.open("b", live)
    assert registry.held() == (2, 2 * SIZE)
    with pytest.raises(ValidationError, match="All 2 places"):
        registry.open("c", live)


def test_all_together_take_a_quarter_of_the_memory_at_most(monkeypatch):
    small = SimpleNamespace(total=1 << 30)
    monkeypatch.setattr(live_trainings.psutil, "virtual_memory", lambda: small)
    assert LiveTrainings().max_bytes == 256 << 20
    assert LiveTrainings().max_run_bytes == 256 << 20


def test_forty_runs_of_the_ring_as_the_page_opens_find_room():
    run = live(presets.settings_for("ring"))
    assert 40 * (run.bytes + live_trainings.OVERHEAD_BYTES) < 256 << 20


def test_who_finds_no_room_waits_in_line_and_gets_in():
    registry = room_for(2)
    registry.open("a", live)
    registry.open("b", live)
    waits, later = registry.enter("c", live), registry.enter("d", live)
    assert (next(waits).ahead, next(later).ahead) == (0, 1)
    assert registry.others_wait()
    registry.close("a")
    with pytest.raises(ValidationError):  # nobody overtakes those who wait
        registry.open("e", live)
    assert next(later).ahead == 1
    assert registry.get("c") is None
    run = end_of(waits)
    assert registry.get("c") is run
    assert next(later).ahead == 0
    registry.close("b")
    last = end_of(later)
    assert registry.get("d") is last
    assert not registry.others_wait()
    assert registry.held()[0] == 2


def test_who_waits_is_told_when_a_place_is_free_at_the_latest():
    registry = room_for(2)
    watched, left = registry.open("a", live), registry.open("b", live)
    now = time.monotonic()
    with watched.watch():
        watched.turn_began = now - 100
        left.last_seen = now - 5
        first, second = registry.enter("c", live), registry.enter("d", live)
        # The one left alone is freed after 20 s, the watched one 20 s after its turn of 300 s.
        assert next(first).seconds == pytest.approx(15, abs=1)
        assert next(second).seconds == pytest.approx(220, abs=1)
    for waiting in (first, second):
        waiting.close()
    assert not registry.others_wait()


def test_only_who_is_first_in_line_holds_a_run_that_has_no_place():
    registry, made = room_for(1), []

    def make() -> LiveTraining:
        made.append(live())
        return made[-1]

    registry.open("a", live)
    first = registry.enter("b", make)
    next(first)
    assert len(made) == 1
    second = registry.enter("c", make)
    next(second)
    next(second)
    assert len(made) == 1
    first.close()
    next(second)
    assert len(made) == 2


def test_who_wants_it_no_more_leaves_the_line():
    registry, wanted = room_for(1), True
    registry.open("a", live)
    waits = registry.enter("b", live, lambda: wanted)
    next(waits)
    wanted = False
    with pytest.raises(InterruptedError):
        next(waits)
    assert not registry.others_wait()


def test_whose_turn_is_over_goes_on_with_the_run_if_it_is_still_there():
    registry = room_for(2)
    own = registry.open("a", live)
    registry.open("b", live)
    other = registry.enter("c", live)
    next(other)
    again = registry.enter("a", live, own=own)
    assert next(again).ahead == 1
    registry.close("b")
    end_of(other)
    own.last_seen -= 100
    assert end_of(again) is own
    assert own.last_seen == pytest.approx(time.monotonic(), abs=5)


def test_whose_place_was_given_away_meanwhile_gets_a_new_run():
    registry = room_for(1)
    own = registry.open("a", live)
    own.last_seen -= 30
    other = registry.enter("b", live)
    taken = end_of(other)  # idle for more than 20 s
    again = registry.enter("a", live, own=own)
    next(again)
    registry.close("b")
    assert end_of(again) is not own
    assert taken.paused.is_set()


def test_only_as_many_runs_give_way_as_wait():
    registry = room_for(3)
    runs = [registry.open(name, live) for name in "abc"]
    with runs[0].watch():
        with runs[1].watch():
            runs[1].turn_began -= 50
            assert not any(map(registry.gives_way, runs))
            first = registry.enter("d", live)
            next(first)
            # The longest of those that are watched, and one is enough.
            assert list(map(registry.gives_way, runs)) == [False, True, False]
            runs[1].gave_way = True
            assert not registry.gives_way(runs[0])
            second = registry.enter("e", live)
            next(second)
        assert registry.gives_way(runs[0])
    for waiting in (first, second):
        waiting.close()
