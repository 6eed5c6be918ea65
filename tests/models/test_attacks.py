import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from models import backbones, images, registry
from models.attacks import METHODS, Settings, attack, evaluate, magnify, to_grid
from models.refusals import Refusal

PHOTOS = Path(__file__).parents[2] / "demos" / "examples" / "photos"
TENCH, GOLDFISH, SHARK = registry.class_names()[:3]


class Linear(nn.Module):
    """logits = sharpness * W x over flattened pictures."""

    def __init__(self, weight, sharpness=10.0):
        super().__init__()
        self.weight = nn.Parameter(torch.as_tensor(weight, dtype=torch.float32) * sharpness)

    def forward(self, pictures):
        return pictures.flatten(1) @ self.weight.T


def pixel(*levels):
    """One picture of one pixel."""
    return torch.tensor(levels, dtype=torch.float32).view(1, 3, 1, 1) / 255


def levels(pictures):
    return [round(value, 3) for value in (pictures * 255).flatten().tolist()]


def result(*args, **options):
    *_, last = attack(*args, **options)
    return last


def grid_pictures(count=3, side=6):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, side, side), generator=generator) / 255


def random_network(side=6, classes=5):
    generator = torch.Generator().manual_seed(2)
    return Linear(torch.randn(classes, 3 * side * side, generator=generator))


# By hand. On the pixel (100, 150, 0) the logits of this network are 10 times 100, 150 and -200 over
# 255: class 1, and its probability hardly leaves class 2 any weight.
THREE = [[1, 0, 0], [0, 1, 0], [-2, 0, 1]]


def test_fgsm_moves_away_from_the_label_by_epsilon():
    # grad of -log p1 = p0 w0 + p1 w1 + p2 w2 - w1: signs (p0 - 2 p2 > 0, p1 - 1 < 0, p2 > 0).
    step = result(Linear(THREE), pixel(100, 150, 0), Settings("fgsm", epsilon=7))
    assert levels(step.adversarial) == [107, 143, 7]
    assert (step.step, step.steps) == (1, 1)


def test_fgsm_moves_towards_the_target():
    # grad of log p2 = w2 - (p0 w0 + p1 w1 + p2 w2), negative, negative and positive:
    # (-2 - p0 + 2 p2, -p1, 1 - p2).
    step = result(Linear(THREE), pixel(100, 150, 0), Settings("fgsm", target=SHARK, epsilon=7))
    assert levels(step.adversarial) == [93, 143, 7]


def test_pgd_projects_onto_the_ball_and_the_unit_range():
    settings = Settings(epsilon=5, steps=3, step_size=3, target=SHARK, random_start=False)
    path = [levels(s.adversarial) for s in attack(Linear(THREE), pixel(3, 255, 254), settings)]
    assert path == [[3, 255, 254], [0, 252, 255], [0, 250, 255], [0, 250, 255]]


def test_probabilities_belong_to_the_picture_they_come_with():
    network, picture = Linear(THREE, sharpness=3), pixel(100, 150, 0)
    settings = Settings(epsilon=5, steps=3, target=SHARK)
    steps = list(attack(network, picture, settings))
    assert [step.step for step in steps] == [0, 1, 2, 3]
    for step in steps:
        p = network(step.adversarial).softmax(1)[0]
        assert step.true == pytest.approx([p[1].item()], abs=1e-6)
        assert step.target == pytest.approx([p[2].item()], abs=1e-6)
    assert torch.equal(steps[0].adversarial, picture)
    # exp(3 * 150/255) over the sum with exp(3 * 100/255) and exp(-3 * 200/255).
    assert steps[0].true[0] == pytest.approx(0.63630, abs=1e-5)
    assert next(attack(network, picture, Settings())).target is None


def test_labels_may_be_given():
    # Away from class 0, although the network says 1: -grad log p0 = (p0 - 1 - 2 p2, p1, p2).
    label = torch.tensor([0])
    step = result(Linear(THREE), pixel(100, 150, 0), Settings("fgsm", epsilon=7), labels=label)
    assert levels(step.adversarial) == [93, 157, 7]


def test_ends_at_an_iterate_that_fooled_if_the_last_does_not():
    # Class 1 within a window: logits (0, 1 - |x0 - 104| in levels), so step 4 of 6 is in, 6 is out.
    class Window(nn.Module):
        def forward(self, pictures):
            x0 = pictures[:, 0, 0, 0] * 255
            # A push to the right that the argmax does not see.
            push = x0 - x0.detach()
            inside = 1.5 - (x0.detach() - 104).abs()
            return torch.stack([torch.zeros_like(x0), inside + push], 1)

    settings = Settings(target=GOLDFISH, epsilon=6, steps=6, random_start=False)
    steps = list(attack(Window(), pixel(100, 0, 0), settings))
    assert [levels(s.adversarial)[0] for s in steps] == [100, 101, 102, 103, 104, 105, 105]
    assert steps[-1].step == steps[-1].steps == 6
    assert steps[-1].target == steps[-2].target


def test_repairs_what_rounding_undoes():
    # Over x0 = 102.3 is class 1. Two steps of 1.2 reach 102.4, which rounds to 102.
    network = Linear([[0, 0, 0], [1, 0, 0]], sharpness=1000)
    network.forward = lambda x, w=network: (
        x.flatten(1) @ w.weight.T - x.new_tensor([0, 1000 * 102.3 / 255])
    )
    settings = Settings(epsilon=4, steps=2, step_size=1.2, random_start=False)
    steps = list(attack(network, pixel(100, 0, 0), settings))
    assert [levels(s.adversarial)[0] for s in steps] == [100, 101.2, 103]
    assert (steps[-1].step, steps[-1].steps) == (2, 2)
    assert network(steps[-1].adversarial).argmax() == 1


CASES = [
    pytest.param(partial(Settings, method, **options), id="-".join([method, *map(str, options)]))
    for method in METHODS
    for options in (
        {"epsilon": 3, "steps": 4},
        {"epsilon": 3, "steps": 4, "target": GOLDFISH},
        {"epsilon": 2, "steps": 5, "step_size": 0.7},
        {"epsilon": 1, "steps": 3, "step_size": 64, "random_start": False},
        {"epsilon": 0, "steps": 2},
    )
]


@pytest.mark.parametrize("make", CASES)
def test_invariants(make):
    settings, network, clean = make(), random_network(), grid_pictures()
    clean = clean[network(clean).argmax(1) != 1]
    copy = clean.clone()
    last = None
    for step in attack(network, clean, settings):
        x = step.adversarial
        assert x.shape == clean.shape
        assert not x.requires_grad
        assert 0 <= x.min() <= x.max() <= 1
        assert ((x - clean).abs() * 255).max() <= settings.epsilon + 1e-4
        assert step.step <= step.steps
        assert len(step.true) == len(clean)
        last = step
    assert last.step == last.steps
    assert torch.equal(last.adversarial, to_grid(last.adversarial))
    assert ((last.adversarial - clean) * 255).round().abs().max() <= settings.epsilon
    assert torch.equal(clean, copy)
    assert clean.grad is None
    assert network.weight.grad is None
    if settings.epsilon == 0:
        assert torch.equal(last.adversarial, clean)
    again = result(network, clean, make())
    assert torch.equal(again.adversarial, last.adversarial)
    assert again.true == last.true


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_does_not_depend_on_its_neighbours(method):
    network, clean = random_network(), grid_pictures()
    settings = Settings(method, epsilon=3, steps=4, random_start=False)
    together = result(network, clean, settings).adversarial
    alone = [result(network, picture[None], settings).adversarial for picture in clean]
    assert torch.equal(together, torch.cat(alone))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_grad_modes_neither_matter_nor_leak(mode):
    network, settings = random_network(), Settings(epsilon=3, steps=2)
    expected = result(network, grid_pictures(), settings).adversarial
    with mode():
        before = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        for step in attack(network, grid_pictures(), settings):
            last = step
            assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before
        assert torch.equal(last.adversarial, expected)


def test_seeds_matter_and_the_global_generator_does_not():
    network, clean = random_network(), grid_pictures()
    torch.manual_seed(0)
    state = torch.get_rng_state()
    a, b = (result(network, clean, Settings(seed=seed, steps=1)).adversarial for seed in (0, 1))
    assert not torch.equal(a, b)
    assert torch.equal(torch.get_rng_state(), state)


def test_many_threads_share_one_network():
    network, clean = random_network(), grid_pictures()
    settings = [Settings(seed=seed, steps=10) for seed in range(8)]
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


@pytest.mark.parametrize("stop_after", [1, 2])
def test_can_be_closed_at_any_step(stop_after):
    calls = []
    network = random_network()

    def counted(pictures):
        calls.append(len(pictures))
        return network(pictures)

    run = attack(counted, grid_pictures(), Settings(steps=1000))
    for _ in range(stop_after):
        next(run)
    run.close()
    assert len(calls) <= 3
    assert list(run) == []


@pytest.mark.parametrize(
    ("settings", "forwards"),
    [
        (Settings("fgsm"), 2),
        (Settings(steps=5, random_start=False), 6),
        (Settings(steps=5), 7),
        (Settings(steps=5, step_size=0.3, random_start=False), 7),
    ],
)
def test_makes_no_needless_forward_pass(settings, forwards):
    calls = []

    def flat(pictures):  # undecided, and never fooled: no repairs
        calls.append(1)
        return torch.stack([pictures.sum((1, 2, 3)) * 0 + 1, pictures.sum((1, 2, 3)) * 0], 1)

    result(flat, grid_pictures(), settings)
    assert len(calls) == forwards


def test_pictures_off_the_grid_are_left_there():
    clean = torch.full((1, 3, 6, 6), 0.4567)
    last = result(random_network(), clean, Settings(epsilon=2, steps=3)).adversarial
    assert ((last - clean).abs() * 255).max() <= 2 + 1e-4
    assert not torch.equal(last, to_grid(last))


def test_evaluate_by_hand():
    # Logits 0 and x0 + x1 - x2 in levels over 10: 1 on the clean picture, -0.2 after rounding.
    def network(x):
        score = (x[:, 0] + x[:, 1] - x[:, 2]).flatten() * 25.5
        return torch.stack([torch.zeros_like(score), score], 1)

    clean, adversarial = pixel(10, 20, 20), pixel(7.3, 16.4, 24.6)  # rounds to 7, 16, 25
    report = evaluate(network, clean, adversarial, Settings())
    assert [name for name, _ in report.before] == [GOLDFISH, TENCH]
    assert [name for name, _ in report.after] == [TENCH, GOLDFISH]
    assert [p for _, p in report.before] == pytest.approx([0.731059, 0.268941], abs=1e-5)
    assert [p for _, p in report.after] == pytest.approx([0.549834, 0.450166], abs=1e-5)
    assert report.success is True
    assert report.linf == 5
    assert report.l2 == pytest.approx(50**0.5 / 255)  # 3, 4 and 5
    assert (report.steps, report.seconds) == (20, 0)
    assert evaluate(network, clean, adversarial, Settings(target=TENCH)).success is True
    assert evaluate(network, clean, adversarial, Settings(target=GOLDFISH)).success is False
    assert evaluate(network, clean, adversarial, Settings("fgsm")).steps == 1
    still = evaluate(network, clean, clean, Settings(), steps=3, seconds=1.5)
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


def test_to_grid():
    assert levels(to_grid(pixel(0.4, 99.6, 255))) == [0, 100, 255]
    every = torch.arange(256) / 255
    assert torch.equal(to_grid(every), every)


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        ({"method": "bim"}, "unknown_choice"),
        ({"method": None}, "unknown_choice"),
        ({"norm": "l2"}, "unknown_choice"),
        ({"target": "unicorn"}, "unknown_class"),
        ({"target": ""}, "unknown_class"),
        ({"epsilon": -1}, "out_of_range"),
        ({"epsilon": 65}, "out_of_range"),
        ({"epsilon": 2.5}, "not_whole"),
        ({"epsilon": float("nan")}, "not_a_number"),
        ({"epsilon": "4"}, "not_a_number"),
        ({"steps": 0}, "out_of_range"),
        ({"steps": 1001}, "out_of_range"),
        ({"steps": 1.5}, "not_whole"),
        ({"steps": True}, "not_a_number"),
        ({"step_size": 0}, "out_of_range"),
        ({"step_size": 64.5}, "out_of_range"),
        ({"step_size": float("inf")}, "not_a_number"),
        ({"seed": -1}, "out_of_range"),
        ({"seed": 0.5}, "not_whole"),
    ],
)
def test_bad_settings_are_refused(bad, key):
    with pytest.raises(Refusal) as refusal:
        Settings(**bad)
    assert refusal.value.key == key


def test_whole_numbers_may_come_as_floats():
    settings = Settings(steps=3.0, seed=7.0)
    assert (settings.steps, settings.seed) == (3, 7)
    assert result(random_network(), grid_pictures(), settings).step == 3


def test_a_target_that_is_the_prediction_is_refused():
    with pytest.raises(Refusal) as refusal:
        next(attack(Linear(THREE), pixel(100, 150, 0), Settings(target=GOLDFISH.upper())))
    assert refusal.value.key == "target_is_prediction"
    assert refusal.value.values == {"value": GOLDFISH}


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
        attack(random_network(2), pictures, Settings(), labels=labels)


def test_evaluate_wants_one_picture():
    with pytest.raises(ValueError, match="One picture"):
        evaluate(random_network(), grid_pictures(), grid_pictures(), Settings())


# Oracles: the same toy network, pictures and settings through other people's attacks.


@pytest.fixture
def smooth_network():
    torch.manual_seed(3)
    layers = [nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(8 * 16, 7)]
    return nn.Sequential(*layers).requires_grad_(False).eval()


def ours(network, pictures, settings):
    return result(network, pictures, settings).adversarial


@pytest.mark.parametrize("target", [None, SHARK])
@pytest.mark.parametrize("method", METHODS)
def test_agrees_with_torchattacks(smooth_network, method, target):
    torchattacks = pytest.importorskip("torchattacks")
    clean = grid_pictures(8)
    labels = smooth_network(clean).argmax(1)
    clean, labels = clean[labels != 2], labels[labels != 2]
    theirs = {
        "fgsm": torchattacks.FGSM(smooth_network, eps=6 / 255),
        "pgd": torchattacks.PGD(smooth_network, 6 / 255, 2 / 255, 5, random_start=False),
    }[method]
    if target:
        theirs.set_mode_targeted_by_label(quiet=True)
    expected = theirs(clean, torch.full_like(labels, 2) if target else labels)
    options = {"epsilon": 6, "steps": 5, "step_size": 2, "random_start": False}
    found = ours(smooth_network, clean, Settings(method, target=target, **options))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_agrees_with_foolbox(smooth_network, method):
    foolbox = pytest.importorskip("foolbox")
    clean = grid_pictures(8)
    labels = smooth_network(clean).argmax(1)
    theirs = {
        "fgsm": foolbox.attacks.FGSM(random_start=False),
        "pgd": foolbox.attacks.LinfPGD(abs_stepsize=2 / 255, steps=5, random_start=False),
    }[method]
    model = foolbox.PyTorchModel(smooth_network, bounds=(0, 1))
    expected, _, _ = theirs(model, clean, labels, epsilons=6 / 255)
    settings = Settings(method, epsilon=6, steps=5, step_size=2, random_start=False)
    torch.testing.assert_close(ours(smooth_network, clean, settings), expected, rtol=0, atol=1e-5)


def test_a_shepherd_saved_as_png_is_a_cat(tmp_path):
    network = backbones.load(registry.spec("efficientnet_lite0"), torch.device("cpu"))
    photo = images.square(images.open_image(PHOTOS / "german_shepherd.jpg"), network.spec.size)
    clean, settings = images.to_tensor(photo), Settings(target="Siamese cat")
    last = result(network, clean, settings)

    path = tmp_path / "cat.png"
    images.to_image(last.adversarial).save(path)
    again = images.to_tensor(images.square(images.open_image(path), network.spec.size))
    assert torch.equal(again, last.adversarial)
    report = evaluate(network, clean, again, settings)
    assert report.success
    assert report.before[0][0] == "German shepherd"
    assert report.after[0][0] == "Siamese cat"
    assert report.after[0][1] == pytest.approx(last.target[0], abs=1e-4)
    assert report.linf <= settings.epsilon
    assert all(parameter.grad is None for parameter in network.parameters())
