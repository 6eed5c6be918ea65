"""Estimates of time and memory: lines through two probes, and sizes that do not fit."""

import pytest
import torch

from models.style_transfer import estimate
from models.style_transfer.estimate import RunEstimator
from models.style_transfer.settings import StyleSettings
from models.validation import ValidationError


def test_a_line_through_two_points():
    assert estimate._fit_line([10, 20], (3.0, 5.0)) == (pytest.approx(1.0), pytest.approx(0.2))
    assert estimate._fit_line([10, 20], (5.0, 3.0)) == (3.0, 0.0)


@pytest.fixture
def known(lite0, monkeypatch):
    """Costs of a network whose step takes 1 ms and saves 1 kB, and per pixel 1 us and 1 kB."""
    costs = RunEstimator()
    monkeypatch.setattr(costs, "_probe", lambda *_: ((1e-3, 1e-6), (1000, 1000)))
    return costs


def test_seconds_by_hand(known, lite0):
    """100 steps at 128 x 64 pixels: 100 (0.001 + 0.008192)."""
    seconds = known.seconds(lite0, StyleSettings(size=128, steps=100), ratio=0.5)
    assert seconds == pytest.approx(0.9192)


def test_finished_runs_correct_the_estimate_by_their_median(known, lite0):
    """The probes say 0.9192 s; runs took half, twice, and out of all proportion."""
    settings, probed = StyleSettings(size=128, steps=100), 0.9192
    for seconds, correction in ((probed / 2, 0.5), (probed * 2, 1.25), (1e6, 2.0), (0.0, 1.25)):
        known.learn(lite0, settings, 0.5, seconds)
        assert known.seconds(lite0, settings, 0.5) == pytest.approx(probed * correction)
    assert list(known.corrections["efficientnet_lite0"]) == pytest.approx([0.5, 2, 20, 1 / 20])


def test_a_run_too_short_to_tell_corrects_nothing(known, lite0):
    known.learn(lite0, StyleSettings(size=128, steps=9), 0.5, 100.0)
    assert not known.corrections


def test_bytes_by_hand(known, lite0):
    pixels = 128 * 64
    expected = estimate.SPARE * (1000 + 1000 * pixels) + estimate.PER_PIXEL * pixels
    assert known.bytes(lite0, StyleSettings(size=128), ratio=0.5) == pytest.approx(expected)


def test_bytes_of_tiles_by_hand(known, lite0):
    """Above 1,024 pixels a tile's activations, and what the whole picture takes."""
    tile = estimate.IN_TILES * (1000 + 1000 * 1024**2)
    whole = estimate.PER_LARGE_PIXEL * 4096 * 2048
    found = known.bytes(lite0, StyleSettings(size=4096), ratio=0.5)
    assert found == pytest.approx(tile + whole)


def test_what_does_not_fit_is_refused_with_what_would(known, lite0, monkeypatch):
    free = known.bytes(lite0, StyleSettings(size=512))
    monkeypatch.setattr(estimate, "available", lambda _device: free)
    known.check(lite0, StyleSettings(size=512))
    with pytest.raises(ValidationError, match="largest that fits is 512 pixels") as caught:
        known.check(lite0, StyleSettings(size=1024))
    assert caught.value.values["size"] == 1024


def test_a_container_has_its_own_limit(monkeypatch):
    assert estimate.available(torch.device("cpu")) > 0

    class Memory:
        available = 123

    monkeypatch.setattr(estimate.psutil, "virtual_memory", lambda: Memory)
    assert estimate.available(torch.device("cpu")) <= 123


def test_probes_of_the_real_network(lite0):
    costs = RunEstimator()
    settings = StyleSettings(size=256, steps=10)
    assert costs.seconds(lite0, settings) > 0
    small, large = (costs.bytes(lite0, StyleSettings(size=size)) for size in (256, 512))
    # Activations dominate, and there are four times as many.
    assert 3 < large / small < 4.2
    assert len(costs.measured) == 1
    assert not any(p.grad is not None for p in lite0.parameters())
