"""Runs side by side, the class list that follows the network, the endpoint."""

import gradio as gr
import numpy as np
import pytest
import torch
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.feature_visualization import runs, tab, views
from demos.feature_visualization.controls import DEFAULTS, classes_and_layers
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from models import registry
from models.feature_visualization.settings import VisualizationSettings


def test_the_classes_and_layers_follow_the_network():
    classes, layers = classes_and_layers("en", "pets_lite2", "Siamese cat", "blocks.3")
    assert classes["value"] == "Siamese"
    assert len(classes["choices"]) == 37
    assert layers == gr.update(choices=[("–", "")], value="")
    classes, layers = classes_and_layers("en", "vgg16", "zebra", "features.1")
    assert (classes["value"], layers["value"]) == ("zebra", "features.1")
    assert len(classes["choices"]) == 1000
    _, layers = classes_and_layers("en", "efficientnet_lite0", "zebra", "features.1")
    assert layers["value"] == ""


@pytest.mark.parametrize(
    ("values", "axis"),
    [([0.1, 41.0], (0, 80)), ([-0.3, 0.2], (-0.4, 0.4)), ([0, 9], (0, 10)), ([0, 0], (0, 0.001))],
)
def test_the_axis_of_an_activation(values, axis):
    assert views.axis(list(enumerate(values))) == pytest.approx(axis)


def test_a_dog_beside_a_cat_needs_imagenet():
    pets = DEFAULTS | {"model": "pets_lite0", "class_name": "Siamese", "seed": 4}
    dog, cat = runs.dog_and_cat(pets)
    assert (dog.class_name, cat.class_name) == ("golden retriever", "Siamese cat")
    assert dog.model == cat.model == registry.DEFAULT_BACKBONE
    assert dog.seed == cat.seed == 4


def test_two_pet_classifiers_side_by_side_each_at_the_size_it_sees():
    every = runs.standard_and_robust(DEFAULTS, ("pets_lite0", "pets_lite2"))
    assert [one.model for one in every] == ["pets_lite0", "pets_lite2"]
    assert {one.class_name for one in every} == {"Siamese"}
    assert {one.method for one in every} == {"plain"}
    assert {one.size for one in every} == {256}
    pug = DEFAULTS | {"class_name": "pug"}
    kept = runs.standard_and_robust(pug, ("pets_lite0", "pets_lite0"))
    assert {one.class_name for one in kept} == {"pug"}


def test_six_seeds_are_one_run_of_six_pictures():
    (six,) = runs.six_seeds(DEFAULTS | {"seed": 4})
    assert (six.seed, six.count, six.size) == (4, 6, 128)


def test_runs_side_by_side_take_turns_and_stop_together(page):
    pair = [
        VisualizationSettings(name, method="plain", size=64, steps=3) for name in ("zebra", "tench")
    ]

    def shown(run):
        events = list(runs.visualize(page.engine, pair, None, run))
        return [event for event in events if isinstance(event, Progress | Result)]

    first, *_, end = shown(StoppableRun())
    assert [one.step.step for one in first.value] == [0, 0]
    assert isinstance(end, Result)
    assert [(one.step.step, one.step.steps) for one in end.value] == [(3, 3), (3, 3)]
    assert [len(one.probabilities["efficientnet_lite0"]) for one in end.value] == [1, 1]
    assert [[step for step, _ in one.curve] for one in end.value] == [[0, 1, 2, 3]] * 2
    assert [list(one.strip.snapshots) for one in end.value] == [[0, 1, 2, 3]] * 2
    assert runs.picture(end.value).size == (132, 64)
    stopped = StoppableRun()
    stopped.set()
    assert [[one.step.step for one in event.value] for event in shown(stopped)] == [[0, 0]]


def test_the_film_of_maco_shows_the_candidates_and_at_last_the_picture(page):
    one = VisualizationSettings("zebra", method="maco", size=64, steps=6)
    first, *_, end = [
        event
        for event in runs.visualize(page.engine, [one], None, StoppableRun())
        if isinstance(event, Progress | Result)
    ]
    assert torch.equal(first.value[0].pictures, first.value[0].step.overview())
    assert isinstance(end, Result)
    (shown,) = end.value
    assert list(shown.strip.snapshots) == [0, 1, 2, 4, 5, 6]
    assert torch.equal(shown.pictures, shown.step.image)
    assert set(shown.probabilities) == {"efficientnet_lite0", "efficientnet_lite2"}


def test_a_run_stopped_among_candidates_ends_with_the_one_that_leads(page):
    one = VisualizationSettings("zebra", method="maco", size=64, steps=100)
    stopped = StoppableRun()
    stopped.set()
    *_, end = runs.visualize(page.engine, [one], None, stopped)
    (shown,) = end.value
    assert torch.equal(shown.pictures, shown.step.image)
    assert shown.strip.row().shape == (1, 3, 64, 64)


def test_a_stopped_run_says_how_many_steps_it_made():
    settings = VisualizationSettings(steps=64)
    for stopped, steps in ((None, 64), (21, 21)):
        assert f", {steps} steps" in tab._origin("en", settings, None, stopped=stopped)


def size(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.size


def test_the_endpoint_takes_breeds_layers_and_photos(client, photo):
    def ideal_class(**options):
        return client.predict(**{"size": 64, "steps": 3, **options}, api_name="/ideal_class")

    picture, report = ideal_class(model="pets_lite0", class_name="Siamese", count=3)
    assert size(picture) == (132, 132)
    assert set(report["by_model"]) == {"pets_lite0", "pets_lite2"}
    picture, report = ideal_class(layer="blocks.2", channel=3, strip=True)
    assert size(picture) == (4 * 64 + 3 * 4, 64)
    assert report["probability"] is None
    assert (report["class"], report["layer"], report["channel"]) == (None, "blocks.2", 3)
    assert isinstance(report["activation"], float)
    picture, report = ideal_class(method="maco", class_name="zebra")
    assert size(picture) == (64, 64)
    assert set(report["by_model"]) == {"efficientnet_lite0", "efficientnet_lite2"}
    kitten = {"start": "photo", "image": handle_file(photo("kitten"))}
    near, report = ideal_class(method="accentuate", image=kitten["image"])
    assert report["steps"] == 3
    picture, report = ideal_class(method="plain", steps=1, octaves=2, **kitten)
    with Image.open(photo("kitten")) as image:
        middle = image.convert("RGB").resize((64, 64))
    for path in (picture, near):
        seen = np.asarray(Image.open(path).convert("RGB")).astype(float)
        assert np.corrcoef(seen.ravel(), np.asarray(middle).ravel())[0, 1] > 0.5


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"class_name": "Siamese"}, "ImageNet has no class called Siamese"),
        ({"model": "pets_lite0"}, "There is no breed called Siamese cat"),
        ({"model": "pets_lite0", "layer": "blocks.2"}, "shows no layers here"),
        ({"layer": "blocks.7"}, "layer can't be blocks.7. Choose one of: bn1, blocks.0"),
        ({"layer": "bn1", "channel": 32}, "channel must be from 0 to 31, not 32"),
        ({"layer": "bn1", "channel": -1}, "channel must be from 0"),
        ({"start": "photo"}, "There is no picture yet"),
        ({"start": "paper"}, "start can't be paper"),
        ({"steps": 0}, "steps must be from 1 to 2000, not 0"),
        ({"count": 7}, "count must be from 1 to 6"),
        ({"octaves": 0}, "octaves must be from 1 to 4"),
    ],
)
def test_what_cannot_be_visualized_is_said(client, bad, message):
    with pytest.raises(AppError) as caught:
        client.predict(**bad, api_name="/ideal_class")
    assert message in str(caught.value)


def test_a_tiny_start_photo_is_said(client, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "tiny.png")
    tiny = handle_file(str(tmp_path / "tiny.png"))
    with pytest.raises(AppError, match="at least 16"):
        client.predict(start="photo", image=tiny, api_name="/ideal_class")
