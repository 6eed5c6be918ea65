"""The section of the universal perturbation: made from some photos, tried on the others."""

import pytest

from demos.attacks import universal
from demos.attacks.runs import AttackRequest
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Progress, Result
from demos.ui import examples
from models.attacks.settings import UniversalSettings
from models.validation import ValidationError

QUICK = UniversalSettings(photos=2, steps=1)


@pytest.fixture(scope="module")
def engine(store):
    """An engine of its own that shares the networks already loaded."""
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return engine


def made(engine, photo, run):
    # A target is the attack's, and none of this.
    request = AttackRequest(photo, settings={"target": "toaster"})
    events = list(universal.make(engine, request, QUICK, run))
    return [event for event in events if isinstance(event, Progress | Result)]


def test_it_is_made_from_the_photo_and_tried_on_the_rest(engine, photo):
    *before, last = made(engine, photo("chelsea"), StoppableRun())
    assert isinstance(last, Result)
    assert not any(event.value.finished for event in before)
    found = last.value
    assert found.finished
    assert found.paths[0] == photo("chelsea")
    assert len(set(found.paths)) == len(found.paths) == len(examples.paths("photos"))
    assert len(found.step.made.before) == 2
    assert len(found.step.others.before) == len(found.paths) - 2
    for points in found.rates.values():
        assert [step for step, _ in points] == [0, 1]
    for language in ("en", "hi"):
        table = universal._table(language, found)
        assert table.count("<img") == len(found.paths)
        assert examples.title(language, photo("koala")) in table


def test_stopped_it_shows_what_it_has(engine, photo):
    run = StoppableRun()
    run.set()
    (last,) = made(engine, photo("chelsea"), run)
    assert isinstance(last, Result)
    assert last.value.step.made.rate == 0
    assert "<img" in universal._table("en", last.value)


def test_a_photo_that_cannot_be_read_is_said(engine, tmp_path):
    (tmp_path / "no.jpg").write_text("no picture")
    with pytest.raises(ValidationError, match="not a picture"):
        list(universal.make(engine, AttackRequest(str(tmp_path / "no.jpg")), QUICK, StoppableRun()))
