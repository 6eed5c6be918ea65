"""What holds whatever the method of an attack, and what is refused."""

import threading
from functools import partial

import pytest
import torch

from models import images, registry
from models.attacks.attack import attack, measure
from models.attacks.quantization import to_8bit
from models.attacks.settings import METHODS, AttackSettings
from models.validation import ValidationError
from tests.models.attacks.toys import (
    GOLDFISH,
    SHARK,
    THREE,
    Linear,
    grid_pictures,
    pixel,
    random_network,
    result,
)

PETS = registry.classifier("pets_lite0")
QUICK = {"steps": 4, "searches": 2}


def test_probabilities_belong_to_the_picture_they_come_with():
    network, picture = Linear(THREE, sharpness=3), pixel(100, 150, 0)
    settings = AttackSettings(epsilon=5, steps=3, target=SHARK)
    steps = list(attack(network, picture, settings))
    assert [step.step for step in steps] == [0, 1, 2, 3]
    for step in steps:
        p = network(step.adversarial).softmax(1)[0]
        assert step.true == pytest.approx([p[1].item()], abs=1e-6)
        assert step.target == pytest.approx([p[2].item()], abs=1e-6)
    assert torch.equal(steps[0].adversarial, picture)
    # exp(3 * 150/255) over the sum with exp(3 * 100/255) and exp(-3 * 200/255).
    assert steps[0].true[0] == pytest.approx(0.63630, abs=1e-5)
    assert next(attack(network, picture, AttackSettings())).target is None


CASES = [
    pytest.param(
        partial(AttackSettings, method, **options), id="-".join([method, *map(str, options)])
    )
    for method in METHODS
    for options in (
        {"epsilon": 3, "steps": 4},
        {"epsilon": 3, "steps": 4, "target": GOLDFISH},
        {"epsilon": 3, "steps": 4, "norm": "l2"},
        {"epsilon": 0.25, "steps": 4, "norm": "l2", "step_size": 0.1},
        {"epsilon": 2, "steps": 5, "step_size": 0.7},
        {"epsilon": 1, "steps": 3, "step_size": 64, "random_start": False},
        {"epsilon": 0, "steps": 2},
        {"epsilon": 0, "steps": 2, "norm": "l2"},
    )
    if not (method == "deepfool" and "target" in options)
]


@pytest.mark.parametrize("make", CASES)
def test_invariants(make):
    settings, network, clean = make(), random_network(), grid_pictures()
    bounded = settings.method in ("fgsm", "pgd", "mi_fgsm")
    clean = clean[network(clean).argmax(1) != 1]
    copy, last = clean.clone(), None
    for step in attack(network, clean, settings):
        x = step.adversarial
        assert x.shape == clean.shape
        assert not x.requires_grad
        assert 0 <= x.min() <= x.max() <= 1
        if bounded:
            assert size(x - clean, settings) <= settings.epsilon + 1e-4
        assert step.step <= step.steps <= settings.most_steps
        assert step.step == (last.step + 1 if last else 0)
        assert len(step.true) == len(clean)
        last = step
    assert last.step == last.steps
    assert torch.equal(last.adversarial, to_8bit(last.adversarial))
    if bounded:
        assert size(last.adversarial - clean, settings) <= settings.epsilon * 1.0001 + 1e-6
    if bounded and settings.epsilon == 0:
        assert torch.equal(last.adversarial, clean)
    assert torch.equal(clean, copy)
    assert clean.grad is None
    assert network.weight.grad is None
    again = result(network, clean, make())
    assert torch.equal(again.adversarial, last.adversarial)
    assert again.true == last.true


def size(change, settings):
    """The largest of the batch, in the unit of epsilon."""
    if settings.norm == "linf":
        return (change * 255).abs().max()
    return change.flatten(1).norm(dim=1).max()


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("method", [name for name in METHODS if name != "patch"])
def test_a_picture_does_not_depend_on_its_neighbours(method, norm):
    network, clean = random_network(), grid_pictures()
    settings = AttackSettings(method, norm, epsilon=3, random_start=False, **QUICK)
    together = result(network, clean, settings).adversarial
    alone = [result(network, picture[None], settings).adversarial for picture in clean]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_grad_modes_neither_matter_nor_leak(mode, method):
    network, settings = random_network(), AttackSettings(method, epsilon=3, restarts=2, **QUICK)
    steps = [step.adversarial for step in attack(network, grid_pictures(), settings)]
    # Changing hands on the way, too.
    run = attack(network, grid_pictures(), settings)
    for number, expected in enumerate(steps):
        with mode() if number % 2 else torch.enable_grad():
            before = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            step = next(run)
            assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before
            assert torch.equal(step.adversarial, expected)
    assert next(run, None) is None
    with mode():
        assert torch.equal(result(network, grid_pictures(), settings).adversarial, steps[-1])


def test_many_threads_share_one_network():
    network, clean = random_network(), grid_pictures()
    settings = [AttackSettings(seed=seed, steps=10) for seed in range(8)]
    expected = [result(network, clean, one).adversarial for one in settings]
    found = [None] * len(settings)

    def work(i):
        found[i] = result(network, clean, settings[i]).adversarial

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(settings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_can_be_closed_at_any_step(stop_after, method):
    calls = []
    network = random_network()

    def counted(pictures):
        calls.append(len(pictures))
        return network(pictures)

    run = attack(counted, grid_pictures(), AttackSettings(method, steps=1000))
    for _ in range(stop_after):
        next(run, None)
    run.close()
    made = len(calls)
    assert list(run) == []
    assert len(calls) == made <= 2 * stop_after + 11  # the last step may look for whole levels


@pytest.mark.parametrize("method", [name for name in METHODS if name != "deepfool"])
def test_a_target_that_is_the_prediction_is_refused(method):
    with pytest.raises(ValidationError) as caught:
        next(
            attack(
                Linear(THREE), pixel(100, 150, 0), AttackSettings(method, target=GOLDFISH.upper())
            )
        )
    assert caught.value.key == "target_is_prediction"
    assert caught.value.values == {"value": GOLDFISH}


@pytest.mark.parametrize(
    ("target", "spec", "key"),
    [
        ("unicorn", registry.classifier(registry.DEFAULT_BACKBONE), "unknown_class"),
        ("", registry.classifier(registry.DEFAULT_BACKBONE), "class_not_named"),
        ("Siamese", registry.classifier(registry.DEFAULT_BACKBONE), "unknown_class"),
        (GOLDFISH, PETS, "unknown_breed"),
    ],
)
def test_a_target_that_the_network_does_not_know_is_refused_at_the_call(target, spec, key):
    settings = AttackSettings(target=target)
    with pytest.raises(ValidationError) as caught:
        attack(random_network(), grid_pictures(), settings, spec=spec)
    assert caught.value.key == key
    picture = grid_pictures(1)
    with pytest.raises(ValidationError):
        measure(random_network(), picture, picture, settings, spec=spec)


def test_classes_are_those_of_the_network_attacked():
    network, clean = random_network(classes=37), grid_pictures(1)
    settings = AttackSettings(target="british_shorthair", epsilon=20, steps=10, step_size=4)
    last = result(network, clean, settings, spec=PETS)
    report = measure(network, clean, last.adversarial, settings, spec=PETS)
    assert report.success
    assert report.after[0][0] == "British Shorthair"
    assert network(last.adversarial).argmax() == PETS.class_index("British Shorthair")
    assert {name for name, _ in report.before} <= set(PETS.classes)


@pytest.mark.parametrize(
    ("pictures", "labels", "text"),
    [
        (torch.full((1, 3, 2, 2), 1.01), None, r"\[0, 1\]"),
        (torch.full((1, 3, 2, 2), -0.01), None, r"\[0, 1\]"),
        (torch.full((1, 3, 2, 2), torch.nan), None, r"\[0, 1\]"),
        (torch.zeros(3, 2, 2), None, "shape"),
        (torch.zeros(1, 1, 2, 2), None, "shape"),
        (torch.zeros(0, 3, 2, 2), None, "shape"),
        (torch.zeros(1, 3, 2, 2, dtype=torch.uint8), None, "floats"),
        (torch.zeros(2, 3, 2, 2), torch.zeros(1, dtype=torch.long), "Labels"),
    ],
)
def test_bad_pictures_raise_at_the_call(pictures, labels, text):
    with pytest.raises(ValueError, match=text):
        attack(random_network(2), pictures, AttackSettings(), labels=labels)


def test_a_shepherd_saved_as_png_is_a_cat(lite0, photo, tmp_path):
    settings = AttackSettings(target="Siamese cat")
    report, probability = saved(lite0, registry.classifier("efficientnet_lite0"),
                                photo("german_shepherd"), settings, tmp_path)  # fmt: skip
    assert report.before[0][0] == "German shepherd"
    assert report.after[0][0] == "Siamese cat"
    assert report.after[0][1] == pytest.approx(probability, abs=1e-4)
    assert report.linf <= settings.epsilon
    assert all(parameter.grad is None for parameter in lite0.parameters())


def saved(network, spec, path, settings, folder):
    """The report on the file that is downloaded, and the target's probability in the attack."""
    clean = images.to_tensor(images.square(images.open_image(path), spec.input_size))
    last = result(network, clean, settings, spec=spec)
    file = folder / "adversarial.png"
    images.to_image(last.adversarial).save(file)
    again = images.to_tensor(images.square(images.open_image(file), spec.input_size))
    assert torch.equal(again, last.adversarial)
    report = measure(network, clean, again, settings, spec=spec)
    assert report.success
    return report, (last.target or (None,))[0]


@pytest.mark.parametrize(
    "settings",
    [
        AttackSettings("fgsm", norm="l2"),
        AttackSettings("pgd", "l2", epsilon=0.25, steps=5, step_size=0.1),
        AttackSettings("mi_fgsm", epsilon=2, steps=3),
        AttackSettings("deepfool", "l2"),
        AttackSettings("deepfool", "linf"),
        AttackSettings("carlini_wagner", steps=8, searches=2),
        AttackSettings("patch", steps=12, step_size=16, patch_size=0.6, patch_angle=30),
    ],
    ids=lambda settings: f"{settings.method}-{settings.norm}",
)
def test_the_file_fools(lite0, photo, tmp_path, settings):
    spec = registry.classifier("efficientnet_lite0")
    report, _ = saved(lite0, spec, photo("chelsea"), settings, tmp_path)
    if settings.method != "patch":
        assert report.l2 <= 4
        assert report.linf <= 48
