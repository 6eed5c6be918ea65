"""A patch by itself: made, and tried on the photo and on others."""

import pytest
from PIL import Image

from demos.attacks import patch, patch_photos
from demos.attacks.runs import AttackRequest
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Progress, Result
from demos.ui import examples

QUICK = patch.SETTINGS | {"target": "toaster", "patch_size": 0.5, "steps": 2, "seed": 1}


@pytest.fixture(scope="module")
def engine(store):
    """An engine of its own that shares the networks already loaded."""
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return engine


def steps(engine, photo, run, others=()):
    events = patch.make(engine, AttackRequest(photo, settings=QUICK), run, others)
    found = [event for event in events if isinstance(event, Progress | Result)]
    assert [isinstance(event, Result) for event in found] == [False] * (len(found) - 1) + [True]
    return [event.value for event in found]


def test_it_is_tried_on_the_photo_and_then_on_the_others(engine, photo):
    own, others = photo("chelsea"), [photo("owl"), photo("koala")]
    *before, last = steps(engine, own, StoppableRun(), others)
    assert [path for path, _ in last.trials] == [own, *others]
    assert (last.step.step, last.step.steps) == (3, 3)
    assert before[0].report is None
    assert last.report.steps == 2
    assert last.image.size == (112, 112)
    names = [last.subject.named(trial.before)[0] for _, trial in last.trials]
    assert names[-1] == "koala"
    for language in ("en", "hi"):
        table = patch_photos._table(language, last)
        assert table.count("<tr>") == 4
        assert examples.title(language, own) in table


def test_stopped_it_is_still_tried_on_its_photo(engine, photo):
    run = StoppableRun()
    run.set()
    last = steps(engine, photo("chelsea"), run, [photo("owl")])[-1]
    assert len(last.trials) == (1 if last.image else 0)


def test_the_other_photos_are_the_examples_without_its_own(tmp_path):
    every = examples.paths("photos")
    assert patch_photos.others(None) == every
    copied = tmp_path / "owl.jpg"
    Image.new("RGB", (8, 8)).save(copied)
    left = patch_photos.others(str(copied))
    assert len(left) == len(every) - 1
    assert not any(path.endswith("owl.jpg") for path in left)
