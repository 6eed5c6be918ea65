"""A visitor's own classes: what is refused, and what a few examples teach."""

import pytest
import torch

from models.linear_probe import few_shot
from models.validation import ValidationError

A, B = [b"1", b"2"], [b"3", b"4"]


def test_names_are_trimmed_and_any_script_is_welcome():
    names = few_shot.check_classes([("  my   cat ", A), ("मांजर <b>", B)])
    assert names == {0: "my cat", 1: "मांजर <b>"}


def test_classes_without_photos_are_left_out():
    """Their names don't matter either, and the others keep their places."""
    assert few_shot.check_classes([("a", A), ("", []), ("a", []), ("b", B)]) == {0: "a", 3: "b"}
    with pytest.raises(ValidationError, match="Class 3 needs a name"):
        few_shot.check_classes([("a", A), ("b", []), ("", B)])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([], "2 to 5 classes, not 0"),
        ([("a", A)], "2 to 5 classes, not 1"),
        ([(str(n), A) for n in range(6)], "2 to 5 classes, not 6"),
        ([("a", A), (" ", B)], "Class 2 needs a name"),
        ([("a", A), ("x" * 61, B)], "at most 60 letters"),
        ([("Cat", A), ("cat ", B)], "Two classes are called cat"),
        ([("a", A), ("b", [])], "A class needs 2 to 40 photos; b has 0"),
        ([("a", A), ("b", []), ("c", [])], "A class needs 2 to 40 photos; b has 0"),
        ([("a", A), ("b", [b"3"])], "has 1"),
        ([("a", A), ("b", [bytes([n % 256, n // 256]) for n in range(500)])], "has 500"),
        ([("a", A), ("b", [b"3", b"1"])], "The same photo is in a and in b"),
    ],
)
def test_bad_classes_are_refused(classes, message):
    with pytest.raises(ValidationError, match=message):
        few_shot.check_classes(classes)


def test_clear_classes_are_learnt_and_a_new_photo_named():
    torch.manual_seed(0)
    features = torch.cat([torch.randn(6, 20) + 8 * torch.eye(3, 20)[c] for c in range(3)])
    labels = torch.arange(3).repeat_interleave(6)
    found = few_shot.fit(features, labels, 3)
    assert found.accuracy > 0.8
    logits = 8 * torch.eye(3, 20) @ found.weight.T + found.bias
    assert logits.argmax(1).tolist() == [0, 1, 2]


def test_accuracy_is_of_photos_left_out():
    """Labels that mean nothing can be learnt by heart, but not predicted."""
    torch.manual_seed(1)
    features, labels = torch.randn(40, 200), torch.arange(40) % 2
    found = few_shot.fit(features, labels, 2)
    assert found.accuracy < 0.8
    right = (torch.tensor(found.predicted) == labels).float().mean().item()
    assert right == pytest.approx(found.accuracy)
    assert ((features @ found.weight.T + found.bias).argmax(1) == labels).all()


def test_two_photos_of_each_are_enough():
    assert few_shot.fit(torch.eye(4), torch.tensor([0, 0, 1, 1]), 2).accuracy <= 1
