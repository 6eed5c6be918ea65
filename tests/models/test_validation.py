import math

import pytest

from models.validation import ValidationError, choice, number, typed, whole_number


def test_numbers_in_range_pass():
    assert number("steps", 3, 1, 5) == 3.0
    assert whole_number("steps", 3.0, 1, 5) == 3
    assert isinstance(whole_number("steps", 3.0, 1, 5), int)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (math.nan, "not_whole"),
        (math.inf, "not_whole"),
        (None, "number_missing"),
        ("3", "not_whole"),
        (True, "not_whole"),
        ([3], "not_whole"),
        (10**400, "out_of_range"),
        (2.5, "not_whole"),
        (0, "out_of_range"),
        (-1, "out_of_range"),
        (6, "out_of_range"),
    ],
)
def test_bad_numbers_are_refused(value, key):
    with pytest.raises(ValidationError) as caught:
        whole_number("steps", value, 1, 5)
    assert caught.value.key == key
    assert caught.value.values["name"] == "steps"


def test_an_error_reads_as_english():
    with pytest.raises(ValidationError, match=r"method can't be magic. Choose one of: fgsm, pgd."):
        choice("method", "magic", ("fgsm", "pgd"))


def test_whole_numbers_are_taken_exactly():
    """As a float the largest seed of an attack would be out of its own range."""
    assert whole_number("seed", 2**63 - 1, 0, 2**63 - 1) == 2**63 - 1
    assert whole_number("seed", 2**53 + 1, 0, 2**63 - 1) == 2**53 + 1


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: number("lr", "1", 0, 10), 'lr must be a number from 0 to 10, not "1".'),
        (lambda: number("lr", True, 0, 10), "lr must be a number from 0 to 10, not true."),
        (lambda: number("lr", [None], 0, 9), "lr must be a number from 0 to 9, not [null]."),
        (lambda: number("lr", None, 0, 10), "lr must be a number from 0 to 10, and is empty."),
        (lambda: whole_number("s", 1.5, 0, 9), "s must be a whole number from 0 to 9, not 1.5."),
        (lambda: choice("side", "32", (32, 64)), 'side can\'t be "32". Choose one of: 32, 64.'),
        (lambda: choice("loss", None, ("hinge",)), "loss can't be null. Choose one of: hinge."),
        (lambda: typed("strip", "true", bool), 'strip must be true or false, not "true".'),
        (lambda: typed("breed", 3, str), "breed must be a text, not 3."),
        (lambda: typed("points", "x" * 99, list), f'points must be a list, not "{"x" * 59}....'),
    ],
)  # fmt: skip
def test_a_refusal_names_the_parameter_and_what_would_be_right(check, message):
    with pytest.raises(ValidationError) as caught:
        check()
    assert str(caught.value) == message


def test_a_choice_may_be_a_number():
    assert choice("side", 64.0, (32, 64)) == 64
    for value in (True, 32.7, "32", None, []):
        with pytest.raises(ValidationError):
            choice("side", value, (32, 64))
