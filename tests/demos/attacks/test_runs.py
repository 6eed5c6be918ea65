"""What the attack tab and its endpoints compute, here and in another process."""

import pytest
import torch
from PIL import Image

from demos.attacks import costs, defense_runs, runs, transferability
from demos.attacks.runs import AttackRequest
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Progress, Result
from models import registry
from models.attacks.settings import CurveSettings, JpegSettings, SmoothingSettings
from models.validation import ValidationError
from tests.demos import elsewhere


@pytest.fixture(scope="module")
def engine(store):
    """An engine of its own that shares the networks already loaded."""
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return engine


def values(events):
    """Those of the steps; the last event is the only result."""
    found = [event for event in events if isinstance(event, Progress | Result)]
    assert [isinstance(event, Result) for event in found] == [False] * (len(found) - 1) + [True]
    return [event.value for event in found]


def test_networks_with_the_same_classes():
    assert runs.same_classes("vgg16") == registry.BACKBONES
    assert runs.same_classes("pets_lite2") == registry.PET_CLASSIFIERS
    assert runs.available("efficientnet_lite1")
    assert runs.available("pets_lite0")


def test_an_attack_is_measured_at_its_end(engine, photo):
    settings = {"target": "Siamese cat", "steps": 8, "step_size": 2.0}
    asked = AttackRequest(photo("german_shepherd"), settings=settings)
    *before, last = values(runs.measured_attack(engine, asked, StoppableRun()))
    assert all(step.result is None for step in before)
    assert last.result.report.after[0][0] == "Siamese cat"
    assert last.result.report.steps == 8
    blends = last.result.blends
    assert len(blends) == 17
    assert (blends[0][0], blends[-1][0]) == ("German shepherd", "Siamese cat")
    for points in last.probabilities.values():
        assert [step for step, _ in points] == list(range(9))
    assert last.probabilities["target"][-1][1] > 0.5 > last.probabilities["true"][-1][1]


def test_two_networks_side_by_side(engine, photo):
    names = (costs.STANDARD, costs.ROBUST)
    settings = {"epsilon": 16.0, "steps": 6, "step_size": 4.0, "target": "pizza"}
    asked = AttackRequest(photo("chelsea"), settings=settings)
    steps = values(defense_runs.side_by_side(engine, asked, StoppableRun(), names))
    found = [step for step in steps if step.verdicts]
    assert [step.place for step in found] == [0, 1]
    for each in found:
        (verdict,) = each.verdicts
        clean, adversarial = verdict.pictures.split(1)
        assert clean.equal(each.subject.clean)
        assert verdict.clean[0] != verdict.adversarial[0]
        assert verdict.outcome == "fools"
        assert (adversarial - clean).abs().max() * 255 <= 16.001


def test_a_jpeg_stops_the_attacker_who_does_not_know_of_it(engine, photo):
    asked = AttackRequest(photo("german_shepherd"), settings={"epsilon": 4.0, "steps": 10})
    outcomes = []
    for adaptive in (False, True):
        settings = JpegSettings(quality=75, adaptive=adaptive)
        *_, last = values(defense_runs.jpeg_defense(engine, asked, settings, StoppableRun()))
        without, behind = last.verdicts
        assert without.transform == "none"
        outcomes.append(behind.outcome)
    assert outcomes == ["cured", "fools"]


def test_both_pictures_are_voted_on(engine, photo):
    asked = AttackRequest(photo("german_shepherd"), settings={"steps": 5, "target": ""})
    settings = SmoothingSettings(sigma=8.0, samples=16)
    steps = values(defense_runs.smoothing_defense(engine, asked, settings, StoppableRun()))
    assert steps[0].votes == {}
    last = steps[-1]
    assert list(last.votes) == ["clean", "attacked"]
    assert all(vote.lower is not None for vote in last.votes.values())
    assert last.length > 0
    (alone,) = values(defense_runs.certificate(engine, asked, settings, StoppableRun()))[
        -1
    ].votes.values()
    assert alone == last.votes["clean"]


def test_stop_ends_every_section_with_what_there_is(engine, photo):
    run = StoppableRun()
    run.set()
    asked = AttackRequest(photo("german_shepherd"), settings={"epsilon": 4.0, "target": ""})
    (found,) = values(runs.transformed_attack(engine, asked, run))
    assert len(found.verdicts) == 12
    (found,) = values(runs.transferability(engine, asked, run))
    assert found.step.rows == {}
    assert transferability._table("en", found)
    (found,) = values(runs.curves(engine, asked, CurveSettings(), run))
    assert found.quantized is None
    (found,) = values(defense_runs.side_by_side(engine, asked, run, ("pets_lite0",) * 2))
    assert found.place == 0
    *_, found = values(defense_runs.smoothing_defense(engine, asked, SmoothingSettings(), run))
    assert list(found.votes) == ["clean"]


def test_bad_input_is_said(engine, photo, tmp_path):
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (15, 15)).save(tiny)
    dog, model = photo("german_shepherd"), "efficientnet_lite0"
    for path, name, options, key in (
        (None, model, {}, "no_picture"),
        (str(tiny), model, {}, "picture_too_small"),
        (dog, "nobody", {}, "unknown_choice"),
        (dog, model, {"epsilon": 65}, "out_of_range"),
        (dog, model, {"target": "unicorn"}, "unknown_class"),
    ):
        with pytest.raises(ValidationError) as caught:
            list(
                runs.transformed_attack(engine, AttackRequest(path, name, options), StoppableRun())
            )
        assert caught.value.key == key


STREAMS = {
    "attack": lambda engine, asked: runs.measured_attack(engine, asked, StoppableRun()),
    "transforms": lambda engine, asked: runs.transformed_attack(engine, asked, StoppableRun()),
    "curves": lambda engine, asked: runs.curves(
        engine, asked, CurveSettings(points=3, steps=2), StoppableRun()
    ),
    "transferability": lambda engine, asked: runs.transferability(engine, asked, StoppableRun()),
    "jpeg": lambda engine, asked: defense_runs.jpeg_defense(
        engine, asked, JpegSettings(adaptive=True), StoppableRun()
    ),
    "side_by_side": lambda engine, asked: defense_runs.side_by_side(
        engine, asked, StoppableRun(), (costs.STANDARD, costs.ROBUST)
    ),
    "smoothing": lambda engine, asked: defense_runs.smoothing_defense(
        engine, asked, SmoothingSettings(samples=8), StoppableRun()
    ),
    "certificate": lambda engine, asked: defense_runs.certificate(
        engine, asked, SmoothingSettings(samples=8), StoppableRun()
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_every_run_may_compute_in_another_process(store, engine, photo, name):
    asked = AttackRequest(photo("chelsea"), "pets_lite0", {"steps": 2, "epsilon": 4.0})
    other, sent = elsewhere.engine(store)
    *_, here = values(STREAMS[name](engine, asked))
    *_, there = values(STREAMS[name](other, asked))
    assert sent
    torch.testing.assert_close(result(there), result(here), rtol=0, atol=0)


def result(value):
    """The part of a run's last value that tells of its result."""
    if hasattr(value, "votes"):
        return [vote.votes for vote in value.votes.values()]
    if hasattr(value, "classifiers"):
        return value.step.adversarial
    if hasattr(value, "quantized"):
        return [curve.true for curve in value.step.curves.values()]
    return value.step.adversarial
