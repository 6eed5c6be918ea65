"""The linear probe's runs: what they yield, one probe after another, and when they are stopped."""

from pathlib import Path
from threading import Event

import pytest
from PIL import Image

from demos.linear_probe import confusion, few_shot, recipes, runs, tab, views
from demos.runtime.engine import Engine
from demos.runtime.events import Progress, Result
from models.linear_probe.settings import FEATURES, ProbeSettings
from models.validation import ValidationError

DIGITS = ProbeSettings(task="digits", per_class=5, epochs=4)


def test_probes_are_trained_one_after_the_other():
    features = FEATURES["digits"]
    *shown, result = runs.train(DIGITS, features, Event())
    assert all(isinstance(event, Progress) for event in shown)
    assert isinstance(result, Result)
    training = result.value
    assert (training.step, training.steps) == (12, 12)
    assert list(training.curves) == list(features)
    for curve in training.curves.values():
        assert [epoch for epoch, _ in curve] == [0, 1, 2, 3, 4]
    assert training.examples == 50
    assert training.first is training.probes["imagenet"]
    counts = training.confusion_matrix()
    assert counts.sum() == len(training.test.labels)
    assert counts.diagonal().sum() / counts.sum() == pytest.approx(training.first.accuracy)


def test_a_stopped_run_ends_with_the_step_in_hand():
    stop = Event()
    stop.set()
    (result,) = runs.train(DIGITS, FEATURES["digits"], stop)
    assert isinstance(result, Result)
    assert (result.value.step, result.value.steps) == (0, 12)
    assert "epochs: 0" in tab._origin("en", DIGITS, recipes.PROBE, result.value)
    assert result.value.confusion_matrix().sum() == len(result.value.test.labels)


def test_accuracy_by_size_ends_with_all_examples():
    *_, result = runs.accuracy_by_size(ProbeSettings(task="digits", epochs=1), ["pixels"], Event())
    point = result.value
    assert point.step == point.steps == len(point.curves["pixels"])
    sizes = [size for size, _ in point.curves["pixels"]]
    assert sizes == sorted(sizes)
    assert sizes[-1] == point.largest == 200


def test_features_that_the_task_does_not_have_are_refused():
    with pytest.raises(ValidationError, match="Choose one of: imagenet, untrained"):
        list(runs.train(ProbeSettings(), ["pixels"], Event()))


def test_the_legend_tells_the_accuracy_of_finished_probes():
    *_, result = runs.train(DIGITS, ["imagenet", "pixels"], Event())
    accuracy = f"{result.value.probes['pixels'].accuracy:.1%}"
    assert f"raw pixels: {accuracy}" in views.training_plot("en", "digits", result.value, last=True)
    running = views.training_plot("en", "digits", result.value, last=False)
    assert "raw pixels" in running
    assert f"raw pixels: {accuracy}" not in running
    assert f"ImageNet: {result.value.first.accuracy:.1%}" in running


@pytest.mark.parametrize("changed", tab.EXPERIMENTS)
def test_an_experiment_is_a_request_of_the_page(changed):
    settings = tab._settings(tuple((tab.DEFAULTS | changed).values()))
    assert settings == ProbeSettings(**changed)


def test_a_cell_of_the_matrix_says_what_was_taken_for_what():
    import torch

    html = confusion.svg("en", torch.tensor([[3, 1], [0, 2]]), ["<cat>", "dog"])
    assert html.count('class="cell ') == 3
    assert "&lt;cat&gt;" in html
    assert "<cat>" not in html


def test_the_matrix_is_saved_as_a_table_and_as_a_picture():
    import torch

    table, picture = views.files(torch.tensor([[3, 1], [0, 2]]), "cats_vs_dogs")
    assert Path(table).read_text().splitlines() == ["true class,cat,dog", "cat,3,1", "dog,0,2"]
    with Image.open(picture) as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"classes": []}, ValidationError),
        ({"classes": [{"name": "a", "photos": ["data:,x"]}]}, ValidationError),
        ({"classes": [{"name": "a"}]}, KeyError),
        ([], TypeError),
    ],
)
def test_classes_in_another_form_are_refused(asked, error):
    with pytest.raises(error):
        few_shot.fit(Engine("cpu"), asked)
