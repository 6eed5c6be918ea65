"""`models.train_probe`: the same as training step by step."""

import torch

import models
from models.linear_probe import features, train
from models.linear_probe.settings import ProbeSettings


def test_a_probe_in_one_call_is_the_probe_trained_step_by_step():
    settings = {"task": "cats_vs_dogs", "per_class": 5, "epochs": 3, "features": "untrained"}
    probe = models.train_probe(**settings)
    examples, test = features.load("cats_vs_dogs", "untrained")
    steps = list(train.train(examples, test, ProbeSettings(**settings)))
    assert probe.curve == [(step.step, step.accuracy) for step in steps]
    assert (probe.accuracy, probe.train_accuracy) == (steps[-1].accuracy, steps[-1].train_accuracy)
    assert probe.examples == 10
    assert torch.equal(probe.counts.sum(1), torch.bincount(test.labels))
    assert probe.confusion_matrix.size[0] == probe.confusion_matrix.size[1]
