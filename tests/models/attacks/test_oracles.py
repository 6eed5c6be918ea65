"""The same network, pictures and settings through other people's attacks.

Pictures are not 8-bit where ours would otherwise round its result.
"""

import pytest
import torch

from models import images
from models.attacks.quantization import to_8bit
from models.attacks.settings import AttackSettings
from tests.models.attacks.toys import SHARK, grid_pictures, result, smooth_network

torchattacks = pytest.importorskip("torchattacks")
foolbox = pytest.importorskip("foolbox")

COUNT = 16


def not_8bit(pictures):
    """Between 0.01 and 0.99, on no multiple of 1/255."""
    return pictures * 0.9787 + 0.0107


def ours(network, pictures, settings):
    return result(network, pictures, settings).adversarial


def targeted(attack):
    attack.set_mode_targeted_by_label(quiet=True)
    return attack


def same(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


ALIKE = {
    "fgsm": (lambda n: torchattacks.FGSM(n, 6 / 255), {"method": "fgsm"}),
    "pgd": (
        lambda n: torchattacks.PGD(n, 6 / 255, 2 / 255, 5, random_start=False),
        {"random_start": False},
    ),
    "pgd_l2": (
        lambda n: torchattacks.PGDL2(n, 0.5, 0.2, 5, random_start=False),
        {"norm": "l2", "epsilon": 0.5, "step_size": 0.2, "random_start": False},
    ),
    "mi_fgsm": (
        lambda n: torchattacks.MIFGSM(n, 6 / 255, 2 / 255, 5, decay=0.8),
        {"method": "mi_fgsm", "momentum": 0.8},
    ),
}


@pytest.mark.parametrize("target", [None, SHARK])
@pytest.mark.parametrize("name", ALIKE)
def test_equals_torchattacks(name, target):
    network, (theirs, options) = smooth_network(), ALIKE[name]
    clean = not_8bit(grid_pictures(8))
    labels = network(clean).argmax(1)
    clean, labels = clean[labels != 2], labels[labels != 2]
    attack = theirs(network)
    if target:
        targeted(attack)
    expected = attack(clean, torch.full_like(labels, 2) if target else labels)
    settings = AttackSettings(**{"epsilon": 6, "steps": 5, "step_size": 2} | options, target=target)
    same(ours(network, clean, settings), expected)


@pytest.mark.parametrize(
    ("theirs", "bound", "options"),
    [
        (lambda: foolbox.attacks.FGSM(random_start=False), 6 / 255, {"method": "fgsm"}),
        (lambda: foolbox.attacks.FGM(random_start=False), 0.5,
         {"method": "fgsm", "norm": "l2", "epsilon": 0.5}),
        (lambda: foolbox.attacks.LinfPGD(abs_stepsize=2 / 255, steps=5, random_start=False),
         6 / 255, {}),
        (lambda: foolbox.attacks.L2PGD(abs_stepsize=0.2, steps=5, random_start=False), 0.5,
         {"norm": "l2", "epsilon": 0.5, "step_size": 0.2}),
        (lambda: foolbox.attacks.L2DeepFoolAttack(steps=20), None,
         {"method": "deepfool", "norm": "l2", "steps": 20}),
        (lambda: foolbox.attacks.LinfDeepFoolAttack(steps=20), None,
         {"method": "deepfool", "norm": "linf", "steps": 20}),
    ],
    ids=["fgsm", "fgm", "pgd", "pgd_l2", "deepfool_l2", "deepfool_linf"],
)  # fmt: skip
def test_equals_foolbox(theirs, bound, options):
    network, clean = smooth_network(), not_8bit(grid_pictures(8))
    model = foolbox.PyTorchModel(network, bounds=(0, 1))
    labels = network(clean).argmax(1)
    expected, clipped, _ = theirs()(model, clean, labels, epsilons=bound)
    settings = {"epsilon": 6, "steps": 5, "step_size": 2, "random_start": False} | options
    same(ours(network, clean, AttackSettings(**settings)), expected if bound is None else clipped)


def test_deepfool_finds_changes_as_short_as_torchattacks():
    # It goes from each iterate anew, and only just over the boundary: not the same to 1e-5.
    network, clean = smooth_network(), not_8bit(grid_pictures(8))
    labels = network(clean).argmax(1)
    expected = torchattacks.DeepFool(network, steps=20)(clean, labels)
    found = ours(network, clean, AttackSettings("deepfool", norm="l2"))
    assert (network(found).argmax(1) != labels).all()
    lengths = [(x - clean).flatten(1).norm(dim=1) for x in (found, expected)]
    assert (lengths[0] <= lengths[1] * 1.02 + 1e-3).all()


@pytest.fixture(scope="module")
def crops(photo):
    """16 crops of 64 px from the example photographs, not 8-bit."""
    names = ("german_shepherd", "chelsea", "kitten", "koala")
    found = []
    for name in names:
        whole = images.to_tensor(images.square(images.open_image(photo(name)), 128))
        found += [whole[..., y : y + 64, x : x + 64] for y in (0, 64) for x in (0, 64)]
    return not_8bit(torch.cat(found))


def test_equals_torchattacks_on_a_real_network(lite0, crops):
    clean = crops[:4]
    theirs, options = ALIKE["fgsm"]
    expected = theirs(lite0)(clean, lite0(clean).argmax(1))
    found = ours(lite0, clean, AttackSettings(**options, epsilon=6))
    # Where a gradient is almost 0 its sign is left to the last bit.
    assert ((found - expected).abs() > 1e-5).float().mean() < 1e-3


def fooled(network, pictures, labels):
    return int((network(to_8bit(pictures)).argmax(1) != labels).sum())


def test_pgd_from_a_random_start_is_no_weaker(lite0, crops):
    clean = to_8bit(crops)
    labels = lite0(clean).argmax(1)
    torch.manual_seed(0)
    model = foolbox.PyTorchModel(lite0, bounds=(0, 1))
    others = {
        "torchattacks": torchattacks.PGD(lite0, 1 / 255, 0.5 / 255, 3)(clean, labels),
        "foolbox": foolbox.attacks.LinfPGD(abs_stepsize=0.5 / 255, steps=3)(
            model, clean, labels, epsilons=1 / 255
        )[1],
    }
    found = ours(lite0, clean, AttackSettings(epsilon=1, steps=3, step_size=0.5))
    assert (found - clean).abs().max() <= 1.001 / 255
    counts = {name: fooled(lite0, x, labels) for name, x in others.items()}
    assert fooled(lite0, found, labels) >= max(counts.values()) >= COUNT // 2


@pytest.mark.parametrize("target", [None, "Siamese cat"])
def test_carlini_wagner_is_no_weaker(lite0, crops, target):
    labels = lite0(crops).argmax(1)
    steps, rate = 10, 2 / 255
    theirs = torchattacks.CW(lite0, c=1, kappa=0, steps=steps, lr=rate)
    wanted = labels
    if target:
        targeted(theirs)
        wanted = torch.full_like(labels, 284)
    expected = theirs(crops, wanted)
    settings = {"steps": steps, "constant": 1, "searches": 1, "target": target}
    found = ours(lite0, crops, AttackSettings("carlini_wagner", **settings))
    hits = []
    for x in (expected, found):
        seen = lite0(x).argmax(1)
        hits.append(seen == 284 if target else seen != labels)
    assert hits[1].sum() >= hits[0].sum() > 0
    both = hits[0] & hits[1]
    lengths = [(x - crops).flatten(1).norm(dim=1)[both] for x in (expected, found)]
    assert lengths[1].mean() <= lengths[0].mean() * 1.02


def test_carlini_wagner_searches_as_well_as_foolbox():
    network, clean = smooth_network(), not_8bit(grid_pictures(COUNT))
    labels = network(clean).argmax(1)
    model = foolbox.PyTorchModel(network, bounds=(0, 1))
    theirs = foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=5, steps=30, stepsize=2 / 255, initial_const=0.1, abort_early=False
    )
    expected, _, success = theirs(model, clean, labels, epsilons=None)
    settings = AttackSettings("carlini_wagner", steps=30, searches=5, constant=0.1)
    found = ours(network, clean, settings)
    assert success.all()
    assert (network(found).argmax(1) != labels).all()
    lengths = [(x - clean).flatten(1).norm(dim=1) for x in (found, expected)]
    assert (lengths[0] <= lengths[1] * 1.01).all()
