"""The report of an attack, and its change as a picture."""

import pytest
import torch

from models.attacks.attack import magnify, measure
from models.attacks.settings import AttackSettings
from tests.models.attacks.toys import GOLDFISH, TENCH, grid_pictures, levels, pixel, random_network


def test_measured_by_hand():
    # Logits 0 and x0 + x1 - x2 in levels over 10: 1 on the clean picture, -0.2 after rounding.
    def network(x):
        score = (x[:, 0] + x[:, 1] - x[:, 2]).flatten() * 25.5
        return torch.stack([torch.zeros_like(score), score], 1)

    clean, adversarial = pixel(10, 20, 20), pixel(7.3, 16.4, 24.6)  # rounds to 7, 16, 25
    report = measure(network, clean, adversarial, AttackSettings())
    assert [name for name, _ in report.before] == [GOLDFISH, TENCH]
    assert [name for name, _ in report.after] == [TENCH, GOLDFISH]
    assert [p for _, p in report.before] == pytest.approx([0.731059, 0.268941], abs=1e-5)
    assert [p for _, p in report.after] == pytest.approx([0.549834, 0.450166], abs=1e-5)
    assert report.success is True
    assert report.linf == 5
    assert report.l2 == pytest.approx(50**0.5 / 255)  # 3, 4 and 5
    assert (report.steps, report.seconds) == (20, 0)
    assert measure(network, clean, adversarial, AttackSettings(target=TENCH)).success is True
    assert measure(network, clean, adversarial, AttackSettings(target=GOLDFISH)).success is False
    assert measure(network, clean, adversarial, AttackSettings("fgsm")).steps == 1
    still = measure(network, clean, clean, AttackSettings(), steps=3, seconds=1.5)
    assert (still.success, still.linf, still.l2) == (False, 0, 0)
    assert (still.steps, still.seconds) == (3, 1.5)


def test_magnify_by_hand():
    picture, factor = magnify(pixel(10, 20, 30), pixel(14, 17, 30))
    assert factor == 31  # 31 * 4 = 124 of 127.5 levels
    assert levels(picture) == [251.5, 34.5, 127.5]


def test_magnify_at_its_ends():
    grey, factor = magnify(pixel(1, 2, 3), pixel(1, 2, 3))
    assert (levels(grey), factor) == ([127.5] * 3, 1)
    picture, factor = magnify(pixel(0, 0, 255), pixel(255, 64, 0))
    assert (levels(picture), factor) == ([255, 191.5, 0], 1)


def test_measure_wants_one_picture():
    with pytest.raises(ValueError, match="One picture"):
        measure(random_network(), grid_pictures(), grid_pictures(), AttackSettings())
