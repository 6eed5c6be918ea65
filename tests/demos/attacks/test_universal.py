"""The section of the universal perturbation: made from some photos, tried on the others."""

from pathlib import Path

import pytest
from PIL import Image

from demos.attacks import recipes, universal
from demos.attacks.runs import AttackRequest
from demos.attacks.section import _address
from demos.runtime import i18n
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Progress, Result
from demos.ui import examples
from models.attacks.settings import MORE_PHOTOS, UniversalSettings
from models.validation import ValidationError

QUICK = UniversalSettings(photos=2, steps=1)


@pytest.fixture(scope="module")
def engine(store):
    """An engine of its own that shares the networks already loaded."""
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return engine


def made(engine, photo, run, more=(), settings=QUICK):
    # A target is the attack's, and none of this.
    request = AttackRequest(photo, settings={"target": "toaster"}, more=tuple(more))
    events = list(universal.make(engine, request, settings, run))
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


def own_photos(folder, count):
    """Paths of photos that are no examples, all called the same."""
    paths = []
    for number in range(count):
        paths.append(folder / str(number) / "image.png")
        paths[-1].parent.mkdir()
        Image.effect_noise((40, 30), 20 * (number + 1)).convert("RGB").save(paths[-1])
    return [str(path) for path in paths]


def test_ones_own_photos_come_before_the_examples_and_those_left_over_are_held_out(
    engine, photo, tmp_path
):
    own = own_photos(tmp_path, 3)
    *_, last = made(engine, photo("chelsea"), StoppableRun(), own)
    found = last.value
    assert found.photos("made") == (photo("chelsea"), own[0])
    assert found.photos("others")[:2] == (own[1], own[2])
    assert len(found.photos("others")) == len(examples.paths("photos")) - 1 + 2


def test_no_photo_that_it_is_made_from_is_among_those_it_never_saw(engine, photo, tmp_path):
    renamed = tmp_path / "mine.jpg"
    renamed.write_bytes(Path(photo("owl")).read_bytes())
    more = [str(renamed), photo("chelsea"), str(renamed)]
    *_, last = made(engine, photo("chelsea"), StoppableRun(), more)
    assert last.value.photos("made") == (photo("chelsea"), str(renamed))
    assert photo("owl") not in last.value.paths
    assert len(last.value.paths) == len(examples.paths("photos"))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_it_is_said_which_of_several_photos_cannot_be_read(engine, photo, tmp_path, language):
    own = own_photos(tmp_path, 4)
    Path(own[2]).write_bytes(Path(own[2]).read_bytes()[:200])
    with pytest.raises(ValidationError) as caught:
        made(engine, photo("chelsea"), StoppableRun(), own)
    said = i18n.error_message(language, caught.value)
    assert i18n.say(language, "error.picture_broken") in said
    assert all(part in said for part in ("3", "4", '"image.png"'))
    if language == "en":
        assert said == str(caught.value)


def test_more_photos_than_it_takes_are_refused_before_any_is_read(engine, photo):
    with pytest.raises(ValidationError, match="at most 8 further photos; there are 9"):
        made(engine, photo("chelsea"), StoppableRun(), ["nowhere.png"] * (MORE_PHOTOS + 1))


def test_a_photo_that_cannot_be_read_is_said(engine, tmp_path):
    (tmp_path / "no.jpg").write_text("no picture")
    with pytest.raises(ValidationError, match="not a picture"):
        list(universal.make(engine, AttackRequest(str(tmp_path / "no.jpg")), QUICK, StoppableRun()))


def test_the_code_names_each_photo_once(photo):
    image, owl = photo("kitten"), photo("owl")
    asked = AttackRequest(image, "efficientnet_lite0", more=(owl, image, owl))
    once = AttackRequest(image, "efficientnet_lite0", more=(owl,))
    assert _address(recipes.UNIVERSAL, asked, {}, "") == _address(recipes.UNIVERSAL, once, {}, "")
