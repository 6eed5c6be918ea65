"""What a visitor starts anew in a place replaces what runs there, in every tab: events of the real
page, iterated as Gradio does, and held back where they would be held back.
"""

import threading
import uuid
from inspect import isgenerator
from types import SimpleNamespace

import gradio as gr
import pytest

from demos.gan_lab.live_trainings import LiveTrainings
from demos.runtime.i18n import say
from demos.runtime.places import HEADER, RUN_KEY
from demos.ui.components import Photo

WAIT = 60


@pytest.fixture
def page(page, store):
    """The page, with the networks already loaded."""
    page.engine.__dict__.setdefault("_store", store)
    return page


@pytest.fixture(params=["page", "client"])
def visitor(request, blocks, page):
    """A visitor's page, whose runs have a thread of their own; and a client without a key, whose
    runs end with their events."""
    return Visitor(blocks, page.engine, has_key=request.param == "page")


class Visitor:
    """A page in a browser: sends events, and receives what they write, in order.

    Attributes:
        got: (number of the event, key and value of the components that it wrote).
    """

    def __init__(self, blocks, engine, has_key):
        self.blocks, self.engine = blocks, engine
        self.session, self.sent = uuid.uuid4().hex, 0
        self.key = {RUN_KEY: self.session} if has_key else {}
        self.got: list[tuple[int, dict]] = []
        self.arrived = threading.Condition()
        self.threads: list[threading.Thread] = []

    def event(self, name, element=None):
        """The first event of a function's name that writes in an element."""
        return next(
            fn
            for fn in self.blocks.fns.values()
            if getattr(fn.fn, "__name__", "") == name
            and (element is None or element in [part.elem_id for part in fn.outputs])
        )

    def number(self):
        self.sent += 1
        return self.sent

    def send(self, name, changes=(), element=None, number=None):
        """Sends an event with the page's values, and `changes` of them by the component's key."""
        number = number or self.number()
        self.deliver(number, self.event(name, element), changes)
        return number

    def deliver(self, number, event, changes=()):
        """As `send`, for an event that is known."""
        thread = threading.Thread(target=self._receive, args=(number, event, dict(changes)))
        self.threads.append(thread)
        thread.start()

    def request(self, number):
        return SimpleNamespace(session_hash=self.session, headers={HEADER: str(number)} | self.key)

    def _receive(self, number, event, changes):
        values = [changes.get(keyed(part), part.value) for part in event.inputs]
        values = [value["path"] if is_picture(value) else value for value in values]
        try:
            updates = event.fn(self.request(number), *values)
            for update in updates if isgenerator(updates) else [updates]:
                self._write(number, update, event.outputs)
        except gr.Error as error:
            self._write(number, {"error": error.message}, ())

    def _write(self, number, update, outputs):
        if update == gr.skip():
            return
        if not isinstance(update, dict) or "__type__" in update:
            update = dict(zip(outputs, update if len(outputs) > 1 else [update], strict=True))
        found = {getattr(part, "elem_id", None) or part: value for part, value in update.items()}
        with self.arrived:
            self.got.append((number, found))
            self.arrived.notify_all()

    def wait(self, number, element, text):
        """Until an event has written a text."""

        def written():
            return any(
                who == number and text in str(found.get(element, "")) for who, found in self.got
            )

        with self.arrived:
            assert self.arrived.wait_for(written, WAIT), self.got

    def end(self):
        for thread in self.threads:
            thread.join(WAIT)
            assert not thread.is_alive()

    def last(self, element):
        """What stands in an element."""
        return next(found[element] for _, found in reversed(self.got) if element in found)

    def writers(self):
        """The events in the order in which they wrote, each once in a row."""
        numbers = [number for number, _ in self.got]
        return [n for at, n in enumerate(numbers) if not at or numbers[at - 1] != n]

    def stop(self, place):
        self.engine.places.stop(self.key.get(RUN_KEY, self.session), place, self.number())


def is_picture(value):
    return isinstance(value, dict) and "path" in value


def keyed(component):
    return component.elem_id or component.label


IDEAL = {say("en", "name.steps"): 2000, say("en", "name.size"): 64}


def test_a_newer_ideal_class_replaces_the_older_one_and_can_be_stopped(visitor):
    """Siamese cat, then zebra, then Stop."""
    first = visitor.send("visualize", IDEAL | {"ideal-class": "Siamese cat"}, "ideal-status")
    visitor.wait(first, "ideal-status", "of 2000")
    second = visitor.send("visualize", IDEAL | {"ideal-class": "zebra"}, "ideal-status")
    visitor.wait(second, "ideal-status", "of 2000")
    visitor.stop("ideal")
    visitor.end()
    assert visitor.writers() == [first, second]
    assert "Stopped after" in visitor.last("ideal-status")
    assert "zebra" in visitor.last("ideal-verdict")


def test_a_newer_attack_replaces_a_slower_one(visitor, photo):
    """A cat with many steps, then dog to cat: photo, result and verdict are of the dog."""
    target = say("en", "name.target")
    slow = {"attack-photo": photo("chelsea"), say("en", "name.steps"): 100}
    first = visitor.send("stream_attack", slow)
    visitor.wait(first, "attack-status", "of 100")
    dog = {"attack-photo": photo("german_shepherd"), target: "Siamese cat"}
    second = visitor.send("stream_attack", dog)
    visitor.end()
    assert visitor.writers() == [first, second]
    assert "German shepherd" in visitor.last("attack-before")
    assert "Siamese cat" in visitor.last("attack-after")
    assert "Done" in visitor.last("attack-status")


def test_reset_during_a_run_is_the_last_word(visitor, photo):
    run = visitor.send("stream_attack", {say("en", "name.steps"): 1000})
    visitor.wait(run, "attack-status", "of 1000")
    reset = visitor.send("cleared", element="attack-status")
    visitor.end()
    assert visitor.writers() == [run, reset]
    assert visitor.last("attack-status") == ""


def test_another_photo_ends_the_run_on_the_one_before(visitor, photo):
    run = visitor.send(
        "stream_attack", {"attack-photo": photo("chelsea"), say("en", "name.steps"): 1000}
    )
    visitor.wait(run, "attack-status", "of 1000")
    same = visitor.send("predict", {"attack-photo": photo("chelsea")})  # such as a visit elsewhere
    other = visitor.send("predict", {"attack-photo": photo("owl")})
    visitor.end()
    assert visitor.writers() == [run, other]
    assert same not in visitor.writers()
    for element in ("attack-status", "attack-after", "attack-plot"):
        assert visitor.last(element) == ""


SECTIONS = ("robustness-transforms", "robustness-transferability", "robustness-curve")


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_ends_and_is_empty_when_the_photo_is_another(visitor, photo, section):
    """What is below the attack; what was sent before the change does not come back either."""
    chelsea, owl = ({"attack-photo": photo(name)} for name in ("chelsea", "owl"))
    slow = chelsea | {say("en", "name.steps"): 1000}
    line = visitor.event("stream", section).outputs[0].elem_id
    late = visitor.number()
    run = visitor.send("stream", slow, section)
    visitor.wait(run, line, say("en", "status.step", step=0, steps=0).split()[0])
    visitor.send("empty", chelsea, section)  # such as an upload of the same
    visitor.send("empty", owl, section, number=late)
    other = visitor.send("empty", owl, section)
    visitor.send("stream", slow, section, number=run)
    visitor.end()
    assert visitor.writers() == [run, other]
    assert visitor.last(line) == visitor.last(section) == ""


def test_every_result_about_a_photo_is_emptied_or_renewed_with_the_photo(blocks):
    """In every tab; an ideal class only begins with one, a second style only adds to a painting."""
    written: dict[int, set] = {}
    for event in blocks.fns.values():
        for source, trigger in event.targets:
            if trigger == "change":
                written.setdefault(source, set()).update(event.outputs)
    about = [
        (event, part)
        for event in blocks.fns.values()
        for part in event.inputs
        if event.concurrency_id == "heavy" and event.api_visibility == "private"
        if isinstance(part, Photo) and part.elem_id not in ("ideal-photo", "style-second-picture")
    ]
    assert len(about) > 10
    for event, part in about:
        assert set(event.outputs) <= written[part._id], (event.name, part.elem_id)


def test_a_picture_that_is_sent_late_replaces_none_chosen_since(blocks, visitor, monkeypatch):
    """From the explorer, which draws it first, to the attack: the visitor uploads one meanwhile."""
    from demos.gan_explorer import runs

    drawing, ready = threading.Event(), threading.Event()

    def slow(*_args, **_settings):
        drawing.set()
        assert ready.wait(WAIT)
        return "cat.png"

    monkeypatch.setattr(runs, "enlarged", slow)
    sends = [fn for fn in blocks.fns.values() if getattr(fn.fn, "__name__", "") == "send"]
    to_attack = [fn for fn in sends if fn.outputs[1].elem_id == "attack-photo"]
    send = max(to_attack, key=lambda fn: len(fn.inputs))  # all knobs of the explorer
    (photo,) = [part for part in blocks.blocks.values() if part is send.outputs[1]]
    (note,) = [fn for fn in blocks.fns.values() if (photo._id, "input") in fn.targets]
    late, chosen = visitor.number(), visitor.number()
    visitor.deliver(late, send)
    assert drawing.wait(WAIT)
    note.fn(visitor.request(chosen))
    ready.set()
    visitor.end()
    assert visitor.got == []
    newer = visitor.number()
    visitor.deliver(newer, send)
    visitor.end()
    assert visitor.last("attack-photo") == "cat.png"
    assert visitor.writers() == [newer]


def test_every_way_to_choose_a_photo_is_noted_before_a_late_one_arrives(page, blocks):
    """An upload, an example, a button that fills it, and Reset."""
    for key, ways in (("attack.photo", 4), ("pets.photo", 3), ("style.content", 2)):
        photo = page.send_targets[key]
        (note,) = [fn for fn in blocks.fns.values() if (photo._id, "input") in fn.targets]
        assert len(note.targets) == ways


def test_a_prediction_that_is_held_back_does_not_hide_a_result(visitor, photo):
    held = visitor.number()
    run = visitor.send(
        "stream_attack", {"attack-photo": photo("chelsea"), say("en", "name.steps"): 2}
    )
    visitor.wait(run, "attack-status", "of 2")
    visitor.send("predict", {"attack-photo": photo("owl")}, number=held)
    visitor.end()
    visitor.send("predict", {"attack-photo": photo("owl")}, number=held)
    visitor.end()
    assert visitor.writers() == [run]


def test_an_estimate_gives_way_to_a_painting_and_what_is_late_to_stopped_after(visitor):
    held = visitor.number()
    paint = visitor.send("paint", {say("en", "name.steps"): 2000, say("en", "name.size"): 64})
    visitor.wait(paint, "style-status", "of 2000")
    visitor.send("estimate", {say("en", "name.steps"): 8})  # a control moved during the run
    for late in ("preview", "estimate"):
        visitor.send(late, number=held)
    visitor.stop("style")
    visitor.end()
    for late in ("preview", "estimate"):
        visitor.send(late, number=held)
    visitor.end()
    assert visitor.writers() == [paint]
    assert "Stopped after" in visitor.last("style-status")


def test_a_late_preset_of_the_lab_does_not_end_a_newer_one(visitor, monkeypatch):
    """Data may take their time: what was pressed before, and is ready later, is given up."""
    from demos.gan_lab import inputs

    reading, load, ready = threading.Event(), inputs.load, threading.Event()

    def slow_load(data, *args):
        if data == "moons":
            reading.set()
            assert ready.wait(WAIT)
        return load(data, *args)

    monkeypatch.setattr(inputs, "load", slow_load)
    data = say("en", "name.data")
    late = visitor.send("restart", {data: "moons"})
    assert reading.wait(WAIT)
    newer = visitor.send("restart", {data: "ring"})
    visitor.wait(newer, "gan-lab-status", "rounds")
    ready.set()
    visitor.threads[0].join(WAIT)
    assert visitor.engine.shared(LiveTrainings).get(visitor.session).trainer.data.name == "ring"
    reset = visitor.send("clear")
    visitor.end()
    assert visitor.writers() == [late, newer, reset]
    assert visitor.last("gan-lab-status") == ""


def test_after_a_step_the_lab_offers_run_again(visitor):
    visitor.send("step")
    visitor.end()
    assert "Paused after round" in visitor.last("gan-lab-status")
    assert "data-busy" not in visitor.last("gan-lab-status")
    visitor.send("clear")
    visitor.end()


def test_who_finds_no_place_in_the_lab_waits_and_gets_in_by_itself(blocks, page, monkeypatch):
    lives = page.engine.shared(LiveTrainings)
    visitors = [Visitor(blocks, page.engine, has_key=True) for _ in range(3)]
    first, third = visitors[0], visitors[2]
    try:
        for one in visitors[:2]:
            one.wait(one.send("train"), "gan-lab-status", "rounds")
        monkeypatch.setattr(lives, "max_bytes", lives.held()[1])
        waits = third.send("train")
        third.wait(waits, "gan-lab-status", "number 1 in line")
        first.send("clear")
        third.wait(waits, "gan-lab-status", "rounds")
        # Who presses Stop waits no longer.
        again = first.send("train")
        first.wait(again, "gan-lab-status", "number 1 in line")
        first.stop("gan_lab")
        first.end()
        assert first.last("gan-lab-status") == ""
        assert lives.held()[0] == 2
        assert not lives.others_wait()
    finally:  # a training left behind would change the threads of other tests
        for one in visitors:
            one.send("clear")
            one.end()
