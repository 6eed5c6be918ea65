"""Labelled digits: which pictures there are, and which labels are shuffled."""

import pytest
import torch

from models.gan.training import data as gan_data
from models.gan.training.data import Pictures
from models.gan.training.labels import Labels, labelled
from models.validation import ValidationError
from tests.models.gan.training.helpers import RING, pictures


def some(count=200, held_out=20):
    """Pictures whose only grey level is their digit."""
    digits, others = torch.arange(count) % 10, torch.arange(held_out) % 10
    cells, held = (of.byte().view(-1, 1, 1, 1).expand(-1, 1, 4, 4) for of in (digits, others))
    return Pictures("digits", cells, held, True, digits, others)


def test_only_the_digits_that_are_asked_for():
    found = labelled(some(), (2, 7))
    assert (len(found.train), len(found.held_out)) == (40, 4)
    assert found.classes == (2, 7)
    assert found.train[:4, 0, 0, 0].tolist() == [2, 7, 2, 7]
    assert found.labels[:4].tolist() == [0, 1, 0, 1]
    assert found.held_out_labels.tolist() == [0, 1, 0, 1]
    assert found.shape == (1, 4, 4)
    assert found.are_digits


@pytest.mark.parametrize("data", [RING, pictures()])
def test_data_that_nobody_has_labelled(data):
    with pytest.raises(ValidationError, match=f"classes can only be .* not {data.name}") as caught:
        labelled(data, (1, 7))
    assert caught.value.values["name"] == "classes"


@pytest.mark.parametrize("few", [False, True])
def test_the_digits_that_ship_are_labelled(few):
    found = labelled(gan_data.digits(few), range(10))
    assert len(found.labels) == len(found.train) == (20 if few else 9000)
    assert torch.bincount(found.labels, minlength=10).min() >= (2 if few else 700)
    assert len(found.held_out_labels) == len(found.held_out) == 1000


def test_all_right_all_shuffled_and_in_between():
    labels = Labels(labelled(some(), range(10)), seed=3)
    right = labels.data.labels
    assert torch.equal(labels.given(0.0), right)
    whole = labels.given(1.0)
    assert torch.equal(whole, labels.shuffled)
    # The same labels, on other pictures.
    assert torch.equal(whole.bincount(), right.bincount())
    assert float((whole == right).float().mean()) == pytest.approx(0.1, abs=0.08)
    half = labels.given(0.5)
    changed = half != right
    assert 0.3 < float(changed.float().mean()) < 0.6
    assert torch.equal(half[changed], whole[changed])
    # What is wrong at a small share is wrong at a larger one.
    few = labels.given(0.2) != right
    assert bool((changed | ~few).all())


def test_a_seed_fixes_what_is_shuffled():
    data = labelled(some(), range(10))
    first, again, other = (Labels(data, seed).given(0.5) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_pictures_come_with_their_labels_and_as_without():
    data = labelled(some(), (2, 7))
    shown, labels = Labels(data, 0).draw(50, 0.0, torch.Generator().manual_seed(4))
    digits = torch.tensor(data.classes)[labels]
    assert torch.equal(shown[:, 0, 0, 0], digits / 127.5 - 1)
    assert torch.equal(shown, data.draw(50, torch.Generator().manual_seed(4)))
