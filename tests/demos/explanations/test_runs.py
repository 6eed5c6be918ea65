"""What the explanations tab and its endpoints compute, here and in another process."""

import pytest
from PIL import Image

from demos.explanations import controls, runs, tab, views
from demos.explanations.runs import ExplanationRequest
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Loading, Progress, Result
from models import images
from models.explanations.sanity import MapPair
from models.explanations.settings import METHODS
from models.validation import ValidationError
from tests.demos import elsewhere

QUICK = {"path_steps": 2, "samples": 2, "window": 0.5}


@pytest.fixture(scope="module")
def engine(store):
    """An engine of its own that shares the networks already loaded."""
    engine = Engine("cpu")
    engine.__dict__["_store"] = store
    return engine


def explained(engine, image, methods=METHODS, **settings):
    events = [*runs.explain(engine, ExplanationRequest(image, settings), StoppableRun(), methods)]
    assert isinstance(events[0], Loading)
    assert isinstance(events[-1], Result)
    return events[-1].value


def test_the_top_classes_follow_the_loading(engine, photo):
    *loading, last = runs.classify(engine, photo("giant_panda"), top=3)
    assert loading
    assert all(isinstance(event, Loading) for event in loading)
    assert last.value[0][0] == "giant panda"
    assert len(last.value) == 3


def test_an_empty_class_is_the_networks_verdict(engine, photo):
    asked = {"class_name": ""} | QUICK
    found = explained(engine, photo("giant_panda"), ["cam"], **asked)
    assert found.class_name == "giant panda"
    assert found.top[0] == (found.class_name, pytest.approx(found.step.probability, abs=1e-4))
    other = explained(engine, photo("giant_panda"), ["cam"], class_name="pug", **QUICK)
    assert other.class_name == "pug"
    assert other.step.probability < 0.01


def test_a_stopped_run_ends_with_what_there_is(engine, photo):
    run = StoppableRun()
    seen = []
    for event in runs.explain(engine, ExplanationRequest(photo("chelsea"), QUICK), run):
        if isinstance(event, Progress | Result):
            seen.append(event)
            run.set()
    assert isinstance(seen[-1], Result)
    assert seen[-1].value.step.step < seen[-1].value.step.steps


@pytest.mark.slow
def test_it_computes_in_another_process_too(engine, photo):
    other, sent = elsewhere.engine(engine.store)
    here, there = (explained(one, photo("chelsea"), **QUICK) for one in (engine, other))
    assert sent
    assert here.step.target == there.step.target
    for method in METHODS:
        assert here.step.found[method].map.equal(there.step.found[method].map)
        assert here.step.found[method].areas == there.step.found[method].areas


def test_the_check_explains_the_class_by_both_networks(engine, photo):
    events = runs.check(engine, ExplanationRequest(photo("chelsea"), QUICK), StoppableRun())
    *_, last = events
    assert isinstance(last, Result)
    assert list(last.value.step.found) == list(METHODS)
    trained = explained(engine, photo("chelsea"), ["cam"], **QUICK).step.found["cam"].map
    assert last.value.step.found["cam"].trained.equal(trained)


def test_a_map_is_drawn_over_what_the_network_is_shown(engine, photo):
    found = explained(engine, photo("chelsea"), ["cam", "smoothgrad"], **QUICK)
    for method, each in found.step.found.items():
        drawn = runs.drawn(found.subject.shown, method, each.map)
        assert drawn.size == (384, 384)
    # SmoothGrad has no sign: nothing speaks against the class.
    red, green, _ = images.to_tensor(drawn)[0]
    assert (red - green).max() < 40 / 255


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"class_name": "unicorn"}, "no class called unicorn"),
        ({"class_name": "pizza", "model": "pets_lite0"}, "no breed called pizza"),
        ({"model": "alexnet"}, "Choose one of"),
        ({"samples": 0}, "samples must be from 1"),
    ],
)
def test_bad_input_is_refused_before_a_network_is_loaded(engine, photo, bad, message):
    with pytest.raises(ValidationError, match=message):
        next(runs.explain(engine, ExplanationRequest(photo("chelsea"), bad), StoppableRun()))


def test_no_photo_is_refused(engine):
    for image in (None, __file__):
        with pytest.raises(ValidationError):
            next(runs.explain(engine, ExplanationRequest(image), StoppableRun()))
    with pytest.raises(ValidationError):
        next(runs.classify(engine, None))


@pytest.mark.parametrize("top", [0, 1001, 2.5, None])
def test_more_classes_than_there_are_are_refused(engine, photo, top):
    with pytest.raises(ValidationError, match="from 1 to 1000"):
        next(runs.classify(engine, photo("chelsea"), top=top))


@pytest.mark.parametrize("changed", tab.EXPERIMENTS)
def test_experiments_can_be_run(engine, tmp_path, changed):
    path = tmp_path / "plain.png"
    Image.new("RGB", (64, 64), "grey").save(path)
    values = controls.DEFAULTS | changed
    asked = controls.request(str(path), tuple(values.values()))
    assert next(runs.explain(engine, asked, StoppableRun()))
    assert runs.checked(values).class_name == changed.get("class_name")


def test_the_check_with_random_weights_shows_its_figures_and_its_code():
    import torch

    map_ = torch.zeros(2, 2)
    found = {"cam": MapPair(map_, map_, 0.25)}
    plain = views.correlations("en", found)
    with_code = views.correlations("en", found, "code/see_random?image=x.jpg")
    assert with_code.startswith(plain)
    assert "<p>" in plain
    assert 'data-code="code/see_random?image=x.jpg"' in with_code
    assert views.correlations("en", {}) == ""
