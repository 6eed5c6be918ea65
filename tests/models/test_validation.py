import math

import pytest

from models.validation import ValidationError, choice, number, whole_number


def test_numbers_in_range_pass():
    assert number("steps", 3, 1, 5) == 3.0
    assert whole_number("steps", 3.0, 1, 5) == 3
    assert isinstance(whole_number("steps", 3.0, 1, 5), int)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (math.nan, "not_a_number"),
        (math.inf, "not_a_number"),
        (None, "not_a_number"),
        ("3", "not_a_number"),
        (True, "not_a_number"),
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
