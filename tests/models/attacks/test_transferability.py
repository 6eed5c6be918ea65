import torch
from PIL import Image

from models.attacks.evaluation import AttackStep
from models.attacks.settings import AttackSettings
from models.attacks.transferability import Classifier, matrix
from tests.models.attacks.toys import GOLDFISH


def against(threshold):
    """Class 1 where the first pixel is brighter than `threshold` levels."""

    def network(pictures):
        lead = pictures[:, 0, 0, 0] * 255 - threshold
        return torch.stack([torch.zeros_like(lead), lead], 1)

    return network


def brighten(by):
    """An attack of two steps that adds `by` levels to everything."""

    def attack(network, pictures, *_):
        for step in range(3):
            levels = pictures * 255 + by * step / 2
            yield AttackStep(step, 2, levels / 255, (0.0,), None)

    return attack


GREY = Image.new("RGB", (40, 30), (100, 100, 100))


def last(classifiers, picture, attack, target=None):
    *_, step = matrix(classifiers, picture, AttackSettings(target=target), attack=attack)
    return step


def test_who_is_fooled_by_whose_picture():
    classifiers = [Classifier("near", against(105), 16), Classifier("far", against(120), 24)]
    found = last(classifiers, GREY, brighten(10))
    # 100 becomes 110 for either: over 105, not over 120.
    assert found.clean["near"][0] == found.clean["far"][0] == 0
    assert list(found.rows) == ["near", "far"]
    for row in found.rows.values():
        assert [cell.predicted for cell in row] == [1, 0]
        assert [cell.outcome for cell in row] == ["fools", "cured"]
    assert found.adversarial["near"].shape == (1, 3, 16, 16)
    assert found.adversarial["far"].shape == (1, 3, 24, 24)


def test_each_network_keeps_its_own_truth():
    # The second says 1 of the clean picture and of the attacked one: it isn't fooled.
    classifiers = [Classifier("a", against(105), 16), Classifier("b", against(90), 16)]
    found = last(classifiers, GREY, brighten(10))
    assert [cell.outcome for cell in found.rows["a"]] == ["fools", "cured"]
    assert found.clean["b"][0] == 1


def test_a_target_counts_only_if_it_is_seen():
    def third(pictures):
        x = pictures[:, 0, 0, 0] * 255
        return torch.stack([105 - x, torch.zeros_like(x), x - 105], 1)

    classifiers = [Classifier("two", against(105), 16), Classifier("three", third, 16)]
    found = last(classifiers, GREY, brighten(10), target=GOLDFISH)
    assert [cell.outcome for cell in found.rows["two"]] == ["fools", "neither"]


def test_what_is_sent_has_eight_bits():
    # 100 + 4.6 is sent as 105, which is over 104.8.
    classifiers = [Classifier("a", against(104.8), 16)]
    assert last(classifiers, GREY, brighten(4.6)).rows["a"][0].outcome == "fools"


def test_it_streams_and_can_be_closed():
    classifiers = [Classifier("a", against(105), 16), Classifier("b", against(105), 16)]
    chosen = AttackSettings()
    going = matrix(classifiers, GREY, chosen, attack=brighten(10))
    steps = [(step.step, len(step.rows)) for step in going]
    assert steps == [(0, 0), (0, 0), (0.5, 0), (1, 1), (1, 1), (1.5, 1), (2, 2)]
    going = matrix(classifiers, GREY, chosen, attack=brighten(10))
    next(going)
    next(going)
    going.close()


def test_real_networks(lite0, store, photo):
    from models import images

    classifiers = [Classifier(n, store.get(n), s) for n, s in (("efficientnet_lite0", 224),
                                                     ("efficientnet_lite1", 240))]  # fmt: skip
    settings = AttackSettings("pgd", epsilon=4, steps=3, step_size=2)
    picture = images.open_image(photo("german_shepherd"))
    *_, found = matrix(classifiers, picture, settings)
    assert found.rows["efficientnet_lite0"][0].outcome == "fools"
    assert found.rows["efficientnet_lite1"][1].outcome == "fools"
    assert len({cell.p for row in found.rows.values() for cell in row}) == 4
