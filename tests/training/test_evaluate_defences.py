"""What defences cost, on made-up pictures and a network worked out by hand."""

import pytest
import torch
from PIL import Image

from demos.attacks import costs
from training import evaluate_defences
from training.evaluate_defences import accuracy, correct, measure, with_jpeg, with_smoothing


def brightness(pictures):
    """Class 1 where the mean is above a half."""
    mean = pictures.mean((1, 2, 3))
    return torch.stack([torch.zeros_like(mean), mean - 0.5], 1)


def first_value(pictures):
    """Class 1 where the first value is above a half."""
    value = pictures[:, 0, 0, 0]
    return torch.stack([torch.zeros_like(value), value - 0.5], 1)


def flat(value):
    return torch.full((1, 3, 16, 16), value / 255)


def test_shares_come_with_wilsons_interval():
    assert accuracy([True, True, True, False]) == {"top1": 0.75, "interval": [0.3006, 0.9544]}


def test_flat_pictures_pass_a_jpeg():
    shown, labels = [flat(20), flat(200), flat(240)], [0, 1, 0]
    assert correct(brightness, shown, labels) == [True, True, False]
    assert with_jpeg(brightness, shown, labels, 30)["top1"] == 0.6667


def test_a_vote_abstains_on_the_border_and_is_wrong_there():
    # Ten deviations from the border, exactly on it, and far away but called otherwise.
    shown, labels = [flat(207.5), flat(127.5), flat(247)], [1, 1, 0]
    found = with_smoothing(first_value, shown, labels, sigma=8.0)
    assert found["top1"] == 0.3333
    assert found["abstained"] == 0.3333


def test_what_is_measured_is_what_the_page_says(monkeypatch):
    monkeypatch.setattr(evaluate_defences, "SAMPLES", 8)
    monkeypatch.setattr(evaluate_defences, "SIGMAS", (8,))
    monkeypatch.setattr(evaluate_defences, "EVERY", 4)
    pictures = [Image.new("RGB", (20, 30), (grey,) * 3) for grey in (10, 30, 220, 250, 60, 240)]
    facts = measure(brightness, pictures, [0, 0, 1, 1, 1, 1], side=16)
    assert facts["photos"] == 6
    assert facts["none"]["top1"] == pytest.approx(5 / 6, abs=1e-4)
    assert set(facts["jpeg"]) == {"95", "75", "50", "30"}
    # Every fourth: the first and the fifth, which is dark and called bright.
    assert facts["smoothing"]["photos"] == 2
    assert facts["smoothing"]["sigma"]["8"]["top1"] == 0.5
    monkeypatch.setattr("models.weights.entry", lambda name: {"defences": facts})
    assert "83.3%" in costs.jpeg("en")
    assert "σ 8: 50.0% (0.0%)" in costs.smoothing("en")
