"""Training a head: literal steps on toy features, its choices, and what it refuses."""

from itertools import islice

import pytest
import torch

from models.linear_probe.settings import ProbeSettings
from models.linear_probe.train import (
    Samples,
    confusion_matrix,
    learning_curve,
    subset,
    train,
)
from models.validation import ValidationError

TWO = Samples(torch.eye(2), torch.tensor([0, 1]), 2)


def blobs(count=40, classes=3, size=6, spread=0.3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    features = torch.eye(classes, size)[labels]
    return Samples(
        features + spread * torch.randn(count, size, generator=generator), labels, classes
    )


def test_first_step_is_the_learning_rate_in_the_sign_of_the_gradient():
    settings = ProbeSettings(epochs=1, lr=0.1, weight_decay=0)
    start, end = train(TWO, TWO, settings)
    assert start.logits.abs().max() == 0
    assert start.loss == pytest.approx(0.6931, abs=1e-4)
    # Adam's first step is lr * sign; features are divided by their root mean square, 1/sqrt(2).
    expected = torch.tensor([[0.14142, -0.14142], [-0.14142, 0.14142]])
    assert torch.allclose(end.logits, expected, atol=1e-4)
    assert end.accuracy == 1


def test_label_smoothing_moves_the_target():
    settings = ProbeSettings(epochs=200, lr=0.1, weight_decay=0, smoothing=0.2)
    *_, end = train(TWO, TWO, settings)
    assert end.logits.softmax(1).diagonal().tolist() == pytest.approx([0.9, 0.9], abs=0.01)


def test_weight_decay_of_ten_hardly_learns():
    *_, free = train(TWO, TWO, ProbeSettings(epochs=50, lr=0.05, weight_decay=0))
    *_, held = train(TWO, TWO, ProbeSettings(epochs=50, lr=0.05, weight_decay=10))
    assert held.logits.abs().max() < 0.3 * free.logits.abs().max()


@pytest.mark.parametrize(
    "tricks",
    [
        {},
        {"dropout": 0.5},
        {"batch_norm": True},
        {"schedule": "constant"},
        {"per_class": 1, "batch_norm": True},
    ],
)
def test_every_trick_learns_and_repeats(tricks):
    settings = ProbeSettings(epochs=30, lr=0.05, weight_decay=0.01, **tricks)
    runs = [list(train(blobs(), blobs(seed=1), settings)) for _ in range(2)]
    assert len(runs[0]) == 31
    assert runs[0][-1].accuracy > 0.5  # a third is chance
    assert torch.equal(runs[0][-1].logits, runs[1][-1].logits)


def test_a_single_example_with_batch_norm_is_no_error():
    one = Samples(torch.ones(1, 4), torch.tensor([0]), 2)
    *_, end = train(one, one, ProbeSettings(epochs=2, batch_norm=True))
    assert end.accuracy == 1


def test_more_examples_keep_those_of_fewer():
    labels = torch.arange(60) % 3
    few = subset(labels, 2, seed=3).tolist()
    more = subset(labels, 5, seed=3).tolist()
    assert len(few) == 6
    assert set(few) < set(more)
    assert sorted(subset(labels, 0, seed=3).tolist()) == list(range(60))
    assert subset(labels, 1, seed=4).tolist() != subset(labels, 1, seed=3).tolist()


def test_curve_ends_with_all_there_are():
    points = dict(
        learning_curve(blobs(), blobs(seed=1), ProbeSettings(epochs=10), sizes=(1, 5, 50))
    )
    assert list(points) == [1, 5, 0]
    assert points[0] >= points[1]


def test_confusion_counts_rows_by_truth():
    predicted, labels = torch.tensor([0, 1, 1, 2]), torch.tensor([0, 0, 1, 2])
    assert confusion_matrix(predicted, labels, 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_stopping_early_leaves_nothing_behind():
    run = train(blobs(), blobs(), ProbeSettings(epochs=100))
    assert [epoch.step for epoch in islice(run, 3)] == [0, 1, 2]
    run.close()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"epochs": 0}, "epochs must be from 1 to 200"),
        ({"epochs": 1.5}, "whole number"),
        ({"per_class": -1}, "per_class must be from 0"),
        ({"lr": float("nan")}, "lr must be a number"),
        ({"lr": 0}, "lr must be from"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"dropout": 1}, "dropout must be from 0 to 0.9"),
        ({"smoothing": 0.9}, "smoothing"),
        ({"schedule": "linear"}, "Choose one of: cosine, constant"),
        ({"seed": -1}, "seed"),
        ({"task": "horses"}, "Choose one of: breeds, cats_vs_dogs, digits"),
        ({"features": "pixels"}, "features can't be pixels. Choose one of: imagenet, untrained"),
    ],
)
def test_bad_settings_are_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        ProbeSettings(**bad)


@pytest.mark.parametrize("name", ["epochs", "per_class", "seed"])
def test_a_whole_number_may_arrive_as_a_float(name):
    settings = ProbeSettings(**{name: 3.0})
    assert getattr(settings, name) == 3
    assert isinstance(getattr(settings, name), int)
    assert [step.step for step in train(TWO, TWO, settings.replace(epochs=2.0))] == [0, 1, 2]


@pytest.mark.parametrize("value", [1, -1e308, "yes", None])
def test_a_switch_is_on_or_off(value):
    with pytest.raises(ValidationError) as refused:
        ProbeSettings(batch_norm=value)
    assert (refused.value.key, refused.value.values["name"]) == ("not_a_switch", "batch_norm")
