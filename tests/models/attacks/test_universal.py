"""A universal perturbation: worked out by hand on a linear network, and what it may never do."""

import pytest
import torch

from models.attacks.settings import UniversalSettings
from models.attacks.universal import universal
from models.validation import ValidationError
from tests.models.attacks.toys import THREE, Linear, levels, pixel, smooth_network

# Both are class 1 and near to class 0: away from 1 is more red, less green, and more blue.
MADE = torch.cat([pixel(100, 150, 0), pixel(110, 152, 0)])
NEAR, FAR = pixel(105, 140, 0), pixel(50, 200, 0)


def made(network, pictures, others, **settings):
    return list(universal(network, pictures, others, UniversalSettings(**settings)))


def test_it_goes_to_the_corner_of_the_ball_that_fools_all():
    found = made(Linear(THREE), MADE, torch.cat([NEAR, FAR]), epsilon=26, steps=6, step_size=5)
    assert [step.step for step in found] == [0, 1, 2, 3, 4, 5, 6]
    assert levels(found[0].perturbation / 255) == [0, 0, 0]
    assert levels(found[1].perturbation / 255) == [5, -5, 5]
    last = found[-1]
    assert levels(last.perturbation / 255) == [26, -26, 26]
    assert levels(last.made.pictures) == [126, 124, 26, 136, 126, 26]
    assert [n for n, _ in last.made.before] == [1, 1]
    assert [n for n, _ in last.made.after] == [0, 0]
    assert (last.made.rate, last.others.rate) == (1, 0.5)
    assert [n for n, _ in last.others.after] == [0, 1]
    assert found[0].made.rate == found[0].others.rate == 0


def test_probabilities_are_those_of_the_network():
    network = Linear(THREE)
    *_, last = made(network, MADE, FAR, epsilon=26, steps=6, step_size=5)
    p = network(last.made.pictures).softmax(1).max(1).values.tolist()
    assert [q for _, q in last.made.after] == pytest.approx(p)


def test_the_rate_grows_as_one_after_the_other_is_fooled():
    pictures = torch.cat([pixel(140, 145, 0), pixel(100, 151, 0)])
    found = made(Linear(THREE), pictures, FAR, epsilon=40, steps=6, step_size=5)
    assert [step.made.rate for step in found] == [0, 0.5, 0.5, 0.5, 0.5, 0.5, 1]


def test_the_best_is_kept():
    network = smooth_network()
    pictures = torch.rand(6, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    found = made(network, pictures, pictures[:1], epsilon=60, steps=12, step_size=8)
    assert found[-1].made.rate == max(step.made.rate for step in found)


def test_it_stays_in_the_ball_and_pictures_in_their_range():
    pictures = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 3, 6, 6)
    for step in made(smooth_network(), pictures, pictures, epsilon=7, steps=5, step_size=3):
        assert step.perturbation.abs().max() <= 7
        assert torch.equal(step.perturbation, step.perturbation.round())
        assert 0 <= step.made.pictures.min() <= step.made.pictures.max() <= 1


@pytest.mark.parametrize(
    ("name", "value"), [("photos", 0), ("photos", 13), ("epsilon", 0.5), ("epsilon", 2.5),
                        ("epsilon", 65), ("steps", 0), ("step_size", 1.5)],
)  # fmt: skip
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValidationError):
        UniversalSettings(**{name: value})
