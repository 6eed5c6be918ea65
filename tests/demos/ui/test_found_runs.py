"""A page that was loaded anew, which has the same key and another of Gradio's sessions, finds its
runs: events of the real page, as in test_streams.
"""

import uuid
from types import SimpleNamespace

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.gan_lab.live_trainings import LiveTrainings
from demos.runtime.i18n import say
from demos.runtime.places import HEADER, RUN_KEY
from demos.ui import found_runs
from tests.demos.ui.test_streams import Visitor, page  # noqa: F401

STEPS = say("en", "name.steps")
STARTS = {
    "style": ("paint", "style-status", {STEPS: 300, say("en", "name.size"): 64}),
    "attack": ("stream_attack", "attack-status", {STEPS: 1000}),
    "gan_lab": ("train", "gan-lab-status", {}),
}


class LoadedAnew(Visitor):
    """The page of `before`, loaded anew: other values, another session, the same key."""

    def __init__(self, before):
        super().__init__(before.blocks, before.engine, has_key=True)
        self.key, self.sent = before.key, before.sent + 1000

    def find(self, place):
        """As the script does: presses the place's button, and what comes then."""
        elem_id = self.engine.found[place]["button"]
        button = next(b for b in self.blocks.blocks.values() if b.elem_id == elem_id)
        (find,) = [f for f in self.blocks.fns.values() if (button._id, "click") in f.targets]
        (follow,) = [f for f in self.blocks.fns.values() if f.trigger_after == find._id]
        brought = find.fn(self.request(self.number()))
        number = self.number()
        self.deliver(number, follow)
        return number, {getattr(c, "elem_id", None) or c.label: u["value"]
                        for c, u in brought.items() if c != "__type__"}  # fmt: skip


@pytest.fixture
def before(blocks, page):  # noqa: F811
    visitor = Visitor(blocks, page.engine, has_key=True)
    visitor.key = {RUN_KEY: uuid.uuid4().hex}
    return visitor


@pytest.mark.parametrize("place", STARTS)
def test_a_run_is_found_and_can_be_stopped(before, place):
    name, line, changes = STARTS[place]
    run = before.send(name, changes, line)
    going = "rounds a second" if place == "gan_lab" else f"of {changes[STEPS]}"
    before.wait(run, line, going)
    anew = LoadedAnew(before)
    follow, brought = anew.find(place)
    assert {key: brought[key] for key in changes} == changes
    anew.wait(follow, line, going)
    assert place in anew.engine.kept.places(anew.key[RUN_KEY])
    if place == "gan_lab":
        live = anew.engine.shared(LiveTrainings).get(anew.key[RUN_KEY])
        assert live.trainer.rounds
        pause = next(
            f.fn for f in anew.blocks.fns.values() if getattr(f.fn, "__name__", "") == "pause"
        )
        pause(anew.request(anew.number()))
    else:
        anew.stop(place)
    anew.end()
    before.end()
    stopped = "Paused" if place == "gan_lab" else "Stopped after"
    assert stopped in anew.last(line)
    again = LoadedAnew(anew)  # the result waits
    again.find(place)
    again.end()
    assert again.last(line) == anew.last(line)
    anew.engine.forget(anew.key[RUN_KEY])
    empty = LoadedAnew(again)
    assert empty.find(place)[1] == {}
    empty.end()
    assert empty.got == []


def test_a_reload_leaves_the_knobs_of_a_run_as_they_are(before):
    """The address that is loaded again is older than what the visitor has chosen since."""
    run = before.send("stream_attack", {STEPS: 1000})
    before.wait(run, "attack-status", "of 1000")
    anew = LoadedAnew(before)
    read, request = anew.event("read_address").fn, anew.request(anew.number())
    request.query_params = {"tab": "attack", "steps": "5"}
    for how, expected in (("navigate", [5]), ("reload", []), ("back_forward", [])):
        assert [value for value in read(request, how) if value != gr.skip()] == expected
    before.stop("attack")
    before.end()
    anew.engine.forget(anew.key[RUN_KEY])
    assert [value for value in read(request, "reload") if value != gr.skip()] == [5]


def test_what_a_page_sends_by_itself_while_it_is_loaded_ends_no_run(before, photo):
    owl = {"attack-photo": photo("owl")}
    run = before.send("stream_attack", owl | {STEPS: 1000})
    before.wait(run, "attack-status", "of 1000")
    anew = LoadedAnew(before)
    anew.send("predict", {"attack-photo": photo("chelsea")})
    anew.end()
    late = anew.number()
    follow, brought = anew.find("attack")
    assert brought["attack-photo"] == owl["attack-photo"]
    anew.wait(follow, "attack-status", "of 1000")
    anew.send("predict", {"attack-photo": photo("chelsea")}, number=late)
    anew.send("predict", owl)  # as the photo that was brought back changes
    anew.stop("attack")
    anew.end()
    assert anew.writers() == [follow]
    other = anew.send("predict", {"attack-photo": photo("chelsea")})  # as the visitor chooses it
    anew.end()
    assert anew.writers() == [follow, other]
    assert anew.engine.kept.of(anew.key[RUN_KEY], "attack") is None


def test_a_result_that_waits_no_longer_does_not_keep_a_preview_away(before, photo):
    run = before.send("stream_attack", {STEPS: 1, "attack-photo": photo("owl")})
    before.end()
    assert before.writers() == [run]
    before.engine.kept.forget(before.key[RUN_KEY], "attack")
    client = TestClient(Starlette(routes=found_runs.routes(before.engine)))
    assert client.get("/runs", headers=before.key).json() == []
    anew = LoadedAnew(before)
    shown = anew.send("predict", {"attack-photo": photo("owl")})
    anew.end()
    assert anew.writers() == [shown]


def test_nobody_finds_what_is_anothers(before):
    run = before.send("stream_attack", {STEPS: 1000})
    before.wait(run, "attack-status", "of 1000")
    stranger = LoadedAnew(before)
    stranger.key = {RUN_KEY: uuid.uuid4().hex}
    assert stranger.find("attack")[1] == {}
    stranger.stop("attack")
    stranger.end()
    client = LoadedAnew(before)  # who has learnt the session's name only
    client.session, client.key = before.session, {}
    assert client.find("attack")[1] == {}
    client.end()
    assert stranger.got == client.got == []
    assert before.engine.kept.of(before.key[RUN_KEY], "attack").is_running
    before.stop("attack")
    before.end()


def test_addresses_tell_what_is_kept_and_take_a_goodbye(before):
    client = TestClient(Starlette(routes=found_runs.routes(before.engine)))
    run = before.send("stream_attack", {STEPS: 1})
    before.end()
    assert before.writers() == [run]
    (place,) = client.get("/runs", headers=before.key).json()
    assert place["line"] == "attack-status"
    for bad in ({}, {RUN_KEY: "x" * 32}, {RUN_KEY: "0" * 32}):
        assert client.get("/runs", headers=bad).json() == []
    engine, key = before.engine, before.key[RUN_KEY]
    for bad in (b"", b"x" * 33, b"x" * (1 << 20), b"\xff" * 32):
        assert client.post("/runs/left", content=bad).status_code == 204
    assert client.post("/runs/left", content=key).status_code == 204
    assert set(engine.left._items) == {key}
    client.get("/runs", headers=before.key)
    assert len(engine.left) == 0
    assert client.get("/runs/left").status_code == 405


def test_every_run_of_every_tab_is_found_where_it_was_started(blocks, page):  # noqa: F811
    """Its status line is on the page when it is, and all that it writes is written again."""
    assert set(page.engine.found) == set(page.started)
    assert len(page.started) > 12
    request = SimpleNamespace(session_hash="x", headers={HEADER: "1", RUN_KEY: "0" * 32})
    for place, found in page.engine.found.items():
        button = next(b for b in blocks.blocks.values() if b.elem_id == found["button"])
        (line,) = [b for b in blocks.blocks.values() if b.elem_id == found["line"]]
        assert line is page.started[place][0].line
        (find,) = [f for f in blocks.fns.values() if (button._id, "click") in f.targets]
        (follow,) = [f for f in blocks.fns.values() if f.trigger_after == find._id]
        for started in page.started[place]:
            assert set(started.outputs) <= set(follow.outputs), place
            assert set(started.controls) <= set(find.outputs), place
            # What a visitor sets is brought back: photos and clips as well as knobs.
            lost = set(started.inputs) - {*started.controls, *started.outputs}
            assert all(isinstance(c, gr.State) or c.visible is False for c in lost), place
        assert len(list(follow.fn(request, "en"))) == 1
