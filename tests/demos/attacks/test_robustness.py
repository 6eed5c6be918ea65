"""The sections below the attack."""

import pytest

from demos.attacks import robustness, transforms
from models.attacks.transforms import TRANSFORMS
from models.validation import ValidationError


def test_the_page_names_every_transform():
    assert tuple(TRANSFORMS) == transforms.TRANSFORMS


def test_experiments_that_cannot_be_run_are_noticed():
    robustness.check(robustness.DEFAULTS)
    for bad in ({"curve_steps": 51}, {"quality": 0}, {"samples": 1}):
        with pytest.raises(ValidationError):
            robustness.check(robustness.DEFAULTS | bad)
