"""What counts as a computed pixel, and the phases of progressive growing, worked out by hand."""

import itertools

import pytest

from models.gan.training.progressive_schedule import (
    BATCHES,
    PHASES,
    ProgressiveSettings,
    Stage,
    example_pixels,
    growing_stage,
    step_pixels,
    steps_done,
)
from models.validation import ValidationError


def test_pixels_by_hand():
    assert [example_pixels(scale) for scale in range(4)] == [16, 80, 336, 1360]
    assert step_pixels(0, False) == 32 * 3 * 16
    assert step_pixels(3, True) == 8 * 4 * 1360


def test_phases_follow_each_other_with_equal_numbers_of_steps():
    assert [(p.scale, p.fading) for p in PHASES] == [
        (0, False), (1, True), (1, False), (2, True), (2, False), (3, True), (3, False),
    ]  # fmt: skip
    assert PHASES[0].start == 0
    assert PHASES[-1].end == 1
    steps = [(p.end - p.start) / (BATCHES[p.scale] * example_pixels(p.scale)) for p in PHASES]
    assert steps == pytest.approx([steps[0]] * 7)
    for before, after in itertools.pairwise(PHASES):
        assert before.end == after.start


def test_alpha_rises_from_0_to_1():
    assert growing_stage(0.0) == Stage("stable", 0, 1.0)
    fading = PHASES[3]
    assert growing_stage(fading.start) == Stage("fading", 2, 0.0)
    middle = growing_stage((fading.start + fading.end) / 2)
    assert (middle.phase, middle.scale) == ("fading", 2)
    assert middle.alpha == pytest.approx(0.5)
    assert growing_stage(fading.end) == Stage("stable", 2, 1.0)
    assert growing_stage(1.0) == Stage("stable", 3, 1.0)


def test_without_fading_a_side_is_there_at_once():
    assert growing_stage(PHASES[3].start, fade=False) == Stage("stable", 2, 1.0)


def test_steps_done():
    assert steps_done(0.0) == 0
    assert steps_done(PHASES[2].end) == pytest.approx(3 / 7)
    assert steps_done(1.0) == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget": 0.05},
        {"budget": 401},
        {"budget": float("nan")},
        {"budget": None},
        {"seed": -1},
        {"seed": 0.5},
        {"seed": None},
        {"fade": 1},
    ],
)
def test_bad_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        ProgressiveSettings(**wrong)


def test_a_budget_is_in_millions():
    assert ProgressiveSettings(budget=1.5).pixels == 1_500_000
