"""How the page's events are wired: in which of Gradio's queues they wait, and who is told so."""

import json

from app import MAX_THREADS
from demos.runtime.i18n import EVERY
from demos.ui import page as page_module
from demos.ui import progress

OWN_GROUPS = (page_module.HEAVY, page_module.LIVE_TRAINING, page_module.PROBES)


def test_a_class_may_watch_its_trainings_and_nobody_lacks_a_thread(blocks):
    limits = {
        fn.concurrency_id: fn.concurrency_limit for fn in blocks.fns.values() if fn.concurrency_id
    }
    assert limits["live_training"] >= 2 * 40
    groups = (*OWN_GROUPS, page_module.LIGHT)
    assert sum(group["concurrency_limit"] for group in groups) < MAX_THREADS


# They take a run's turn, but are one picture or file, or follow a run that was started before.
NO_RUNS = ("clear", "film", "files", "show_maps", "draw", "_move", "bring_back", "follow")


def test_whoever_starts_a_run_reads_at_once_that_it_waits(blocks):
    """In every tab: the browser says so before the server is asked, in the visitor's language."""
    words = json.dumps(progress.sent(EVERY))
    said = {fn.targets[0][0] for fn in blocks.fns.values() if words in str(fn.js)}
    groups = [group["concurrency_id"] for group in OWN_GROUPS]
    started = {
        first_trigger(blocks, fn)
        for fn in blocks.fns.values()
        if fn.concurrency_id in groups
        and fn.api_visibility == "private"
        and getattr(fn.fn, "__name__", "") not in NO_RUNS
    }
    assert len(started) > 25
    assert started <= said


def first_trigger(blocks, fn):
    """The component whose event started a chain."""
    while fn.trigger_after is not None:
        fn = blocks.fns[fn.trigger_after]
    return fn.targets[0][0]


def test_emptying_holds_no_other_event_of_its_trigger_back(blocks):
    """Gradio sends what "always_last" held back with all events of the trigger: two never end."""
    empties = [fn for fn in blocks.fns.values() if getattr(fn.fn, "__name__", "") == "empty"]
    assert empties
    assert {fn.trigger_mode for fn in empties} == {"multiple"}
