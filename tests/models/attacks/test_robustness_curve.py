import math

import pytest
import torch

from models.attacks import attack as attacks
from models.attacks.robustness_curve import curves, quantized
from models.attacks.settings import BISECTIONS, BOUNDED, AttackSettings, CurveSettings
from models.validation import ValidationError
from tests.models.attacks.toys import Linear, levels, pixel


def result(*args, **options):
    *_, last = curves(*args, **options)
    return last


# On the pixel (100, 151, 0) class 1 leads by 51 levels. Within epsilon both values move epsilon
# towards each other, so the lead is 51 - 2 epsilon: 25.5 is the smallest that flips.
TWO = Linear([[1, 0, 0], [0, 1, 0]])
START = pixel(100, 151, 0)


def test_radii_are_squares_from_zero_to_the_end():
    assert CurveSettings(points=5).epsilons == (0, 1, 4, 9, 16)
    assert len(CurveSettings().epsilons) == 12


@pytest.mark.parametrize("method", BOUNDED)
def test_a_linear_network_by_hand(method):
    last = result(TWO, START, CurveSettings((method,), epsilon_end=32, points=5, steps=4))
    curve = last.curves[method]
    assert last.epsilons == (0, 2, 8, 18, 32)
    leads = [51 - 2 * epsilon for epsilon in last.epsilons]
    expected = [1 / (1 + math.exp(-10 * lead / 255)) for lead in leads]
    assert curve.true == pytest.approx(expected, abs=1e-6)
    assert curve.target is None
    assert curve.fooled == (False, False, False, False, True)
    # Between 18 and 32: 25 no, 28.5 yes, 26.75 yes, 25.875 yes, 25.4375 no, 25.65625 yes.
    assert curve.smallest == 25.65625
    assert levels(curve.nearest) == [125.656, 125.344, 0]
    picture, level = quantized(TWO, START, curve.nearest, curve.smallest)
    assert (levels(picture), level) == ([126, 125, 0], 26)


@pytest.mark.parametrize("method", BOUNDED)
def test_towards_a_target(method):
    # Class 2 scores the third channel: it needs 151 levels and gets epsilon; class 1 loses
    # epsilon: 151 - epsilon < epsilon from 75.5 on, and class 0 stays behind, at 100 - epsilon.
    three = Linear([[1, 0, 0], [0, 1, 0], [0, 0, 2]])
    settings = CurveSettings((method,), epsilon_end=64, points=3, steps=4)
    last = result(three, START, settings, target=2)
    # 151 - epsilon < 2 epsilon from 50.33 on; the radii are 0, 16, 64.
    curve = last.curves[method]
    assert curve.fooled == (False, False, True)
    assert 50.33 < curve.smallest < 50.34 + 48 / 2**BISECTIONS
    assert curve.target[2] > 0.5 > curve.target[1]


def test_the_ball_and_the_range_are_kept():
    start = pixel(3, 255, 128)
    last = result(
        Linear([[1, 0, 0], [0, 1, 0]]), start, CurveSettings(epsilon_end=64, points=3, steps=3)
    )
    for curve in last.curves.values():
        assert curve.smallest is None
        # (3 + 64) against (255 - 64): the lead at the end is 124.
        assert curve.true[2] == pytest.approx(1 / (1 + math.exp(-1240 / 255)), abs=1e-6)


def test_one_point_is_the_best_iterate_of_an_attack_within_it():
    generator = torch.Generator().manual_seed(2)
    weight, picture = torch.randn(5, 12, generator=generator), torch.rand(1, 3, 2, 2)
    picture = (picture * 255).round() / 255

    def network(pictures):
        return torch.tanh(pictures.flatten(1) * 3 - 1) @ weight.T

    # Radii of 4 and 16; steps of 2.5 epsilon / 5 and of epsilon / 4: whole levels in all methods.
    for method, steps, share in (("fgsm", 1, 1), ("pgd", 5, 0.5), ("mi_fgsm", 4, 0.25)):
        settings = CurveSettings((method,), epsilon_end=16, points=3, steps=max(steps, 2))
        curve = result(network, picture, settings).curves[method]
        for at, epsilon in ((1, 4), (2, 16)):
            options = AttackSettings(
                method, epsilon=epsilon, steps=steps, step_size=epsilon * share, random_start=False
            )
            iterates = list(attacks.attack(network, picture, options))
            best = min(step.true[0] for step in iterates)
            assert curve.true[at] == pytest.approx(best, abs=1e-5), method


def test_it_streams_and_costs_what_it_says():
    seen = []

    def counted(pictures):
        seen.append((len(pictures), pictures.requires_grad))
        return TWO(pictures)

    steps = list(curves(counted, START, CurveSettings(("pgd",), epsilon_end=8, points=5, steps=3)))
    assert [step.step for step in steps] == list(range(3 + BISECTIONS + 1))
    assert {step.steps for step in steps} == {3 + BISECTIONS}
    # The shared gradient, two steps with gradients, one without; nothing to bisect.
    assert seen == [(1, True), (4, True), (4, True), (4, False)]
    assert steps[1].curves["pgd"].smallest is None


def test_what_has_converged_is_left_alone():
    sizes = []

    def counted(pictures):
        sizes.append(len(pictures))
        return TWO(pictures) * 5

    result(counted, START, CurveSettings(("pgd",), epsilon_end=64, points=3, steps=4))
    # Radius 16 goes on to the end; 64 is over after two steps of 40.
    assert sizes[1:5] == [2, 2, 1, 1]


def test_it_can_be_closed_anywhere_and_leaves_nothing_behind():
    picture = START.clone()
    for stop in range(6):
        going = curves(TWO, picture, CurveSettings(epsilon_end=64, points=3, steps=2))
        for _ in range(stop + 1):
            next(going)
        going.close()
    with torch.inference_mode():
        assert result(TWO, picture, CurveSettings(epsilon_end=64, points=3)).curves["pgd"].smallest
    assert torch.equal(picture, START)
    assert torch.is_grad_enabled()


def test_a_picture_that_rounding_cures_is_repaired_or_goes_one_level_up():
    # Over 102.3 is class 1. A change of 2.4 rounds up to 3 levels and fools.
    def network(pictures):
        x = pictures[:, 0, 0, 0] * 255
        return torch.stack([102.3 - x, x - 102.3], 1)

    picture, level = quantized(network, pixel(100, 0, 0), pixel(102.4, 0, 0), 2.4)
    assert (levels(picture)[0], level) == (103, 3)
    # Nothing at all was changed: steps of one level find the way, within the level allowed.
    picture, level = quantized(network, pixel(100, 0, 0), pixel(100, 0, 0), 0.5)
    assert (levels(picture)[0], level) == (103, 3)
    assert quantized(network, pixel(100, 0, 0), pixel(100, 0, 0), 0.5, epsilon_end=2) is None


def test_the_target_must_be_another_class():
    with pytest.raises(ValidationError, match="already takes this picture for Siamese"):
        next(curves(TWO, START, CurveSettings(), target=1, target_name="Siamese"))


@pytest.mark.parametrize(
    "bad",
    [
        {"methods": ("magic",)},
        {"epsilon_end": 0},
        {"epsilon_end": 65},
        {"epsilon_end": float("nan")},
        {"points": 2},
        {"points": 3.5},
        {"steps": 0},
        {"steps": "many"},
    ],
)
def test_bad_settings_are_refused(bad):
    with pytest.raises(ValidationError):
        CurveSettings(**bad)


def test_a_real_network(lite0, photo):
    from models import images

    clean = images.to_tensor(images.square(images.open_image(photo("german_shepherd")), 224))
    settings = CurveSettings(epsilon_end=4, points=4, steps=3)
    last = result(lite0, clean, settings)
    pgd, fgsm = last.curves["pgd"], last.curves["fgsm"]
    assert pgd.true[0] == fgsm.true[0] > 0.9
    assert pgd.true[-1] < 0.1
    assert 0 < pgd.smallest < 2
    picture, level = quantized(lite0, clean, pgd.nearest, pgd.smallest)
    assert level >= pgd.smallest
    saved = images.to_tensor(images.to_image(picture))
    assert torch.equal(saved, picture.cpu())
    assert lite0(saved).argmax() != lite0(clean).argmax()
    assert (saved - clean).abs().max() * 255 <= level + 1e-3
