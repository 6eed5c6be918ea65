"""Every attack and defence on a GPU, against the CPU where rounding does not decide."""

import pytest
import torch
from PIL import Image

from models import images
from models.attacks import attack as attacks
from models.attacks import robustness_curve, smoothing, transferability, transforms
from models.attacks.adversarial import adversarial
from models.attacks.bpda import attack_through_jpeg
from models.attacks.settings import (
    BOUNDED,
    METHODS,
    AttackSettings,
    CurveSettings,
    SmoothingSettings,
)
from tests.models.gpu import CPU, classifier

SIDE = 128
CASES = [(method, norm) for method in METHODS for norm in ("linf", "l2")]


@pytest.fixture(scope="module")
def network(gpu):
    return classifier(gpu)


@pytest.fixture(scope="module")
def pictures(photo):
    """Two photos, (2, 3, SIDE, SIDE), on the CPU, as they come from a visitor."""
    names = "kitten", "german_shepherd"
    return torch.cat([images.classifier_input(photo(name), SIDE) for name in names])


def settings(method: str, norm: str = "linf", **more) -> AttackSettings:
    epsilon = 8.0 if norm == "linf" else 2.0
    size = {"linf": 2.0, "l2": 0.5}[norm] if method in BOUNDED else 8.0
    short = {"searches": 2} if method == "carlini_wagner" else {}
    return AttackSettings(
        method=method, norm=norm, epsilon=epsilon, steps=6, step_size=size, **short, **more
    )


def last(steps):
    for step in steps:
        found = step
    return found


@pytest.mark.gpu
@pytest.mark.parametrize(("method", "norm"), CASES)
def test_every_attack(method, norm, network, pictures, gpu):
    chosen = settings(method, norm)
    first, *_, final = attacks.attack(network, pictures, chosen, spec=network.spec)
    assert final.adversarial.device.type == gpu.type
    found = final.adversarial.cpu()
    levels = found * 255
    assert torch.allclose(levels, levels.round(), atol=1e-3)
    assert all(b <= a + 1e-3 for a, b in zip(first.true, final.true, strict=True))
    assert sum(final.true) < sum(first.true)
    change = found - pictures
    if method in BOUNDED and norm == "linf":
        assert change.abs().max() * 255 <= chosen.epsilon + 1e-3
    elif method in BOUNDED:
        assert change.flatten(1).norm(dim=1).max() <= chosen.epsilon + 1e-3
    report = attacks.measure(
        network, pictures[:1], found[:1], chosen, final.step, spec=network.spec
    )
    assert report.linf > 0


@pytest.mark.gpu
@pytest.mark.parametrize("method", METHODS)
def test_attacks_end_as_on_the_cpu(method, network, pictures):
    chosen = settings(method)
    on_cpu = last(attacks.attack(classifier(CPU), pictures, chosen, spec=network.spec))
    there = last(attacks.attack(network, pictures, chosen, spec=network.spec))
    assert there.true == pytest.approx(on_cpu.true, abs=0.1)


@pytest.mark.gpu
@pytest.mark.parametrize("method", ["pgd", "carlini_wagner", "deepfool"])
def test_the_same_attack_gives_the_same_bits(method, network, pictures):
    first, second = (
        last(attacks.attack(network, pictures, settings(method), spec=network.spec)).adversarial
        for _ in range(2)
    )
    assert torch.equal(first, second)


@pytest.mark.gpu
def test_targeted_with_restarts_and_through_jpeg(network, pictures):
    with torch.no_grad():
        unlikely = int(network(pictures[:1]).argmin(1))
    chosen = settings("pgd", target=network.spec.classes[unlikely], restarts=2)
    first, *_, final = attacks.attack(network, pictures[:1], chosen, spec=network.spec)
    assert final.target > first.target
    last(attack_through_jpeg(network, pictures, settings("pgd"), None, network.spec, 75))


@pytest.mark.gpu
def test_robustness_curves(network, pictures, gpu):
    chosen = CurveSettings(points=5, steps=3)
    final = last(robustness_curve.curves(network, pictures[:1], chosen))
    assert set(final.curves) == set(BOUNDED)
    smallest = {name: curve.smallest for name, curve in final.curves.items()}
    on_cpu = last(robustness_curve.curves(classifier(CPU), pictures[:1], chosen))
    for name, curve in final.curves.items():
        assert curve.true == pytest.approx(on_cpu.curves[name].true, abs=0.1)
    curve = final.curves["pgd"]
    if curve.nearest is not None:
        assert curve.nearest.device.type == gpu.type
        robustness_curve.quantized(network, pictures[:1], curve.nearest, smallest["pgd"])


@pytest.mark.gpu
def test_defences_and_transfer(network, pictures, photo):
    step = last(smoothing.certify(network, pictures[:1], SmoothingSettings(samples=24)))
    assert sum(count for _, count in step.votes) == 24
    found = last(attacks.attack(network, pictures[:1], settings("pgd"), spec=network.spec))
    verdicts = transforms.evaluate_transforms(network, pictures[:1], found.adversarial)
    assert [verdict.transform for verdict in verdicts] == list(transforms.TRANSFORMS)
    both = [
        transferability.Classifier("a", network, SIDE),
        transferability.Classifier("b", network, 96),
    ]
    cat = Image.open(photo("kitten")).convert("RGB")
    table = last(transferability.matrix(both, cat, settings("fgsm"), network.spec))
    assert set(table.rows) == {"a", "b"}
    assert adversarial(network, cat, epsilon=8, steps=4).image.size[0] == network.spec.input_size
