"""A run's rate and average, by hand."""

import pytest

from training.gan.schedule import Schedule, decay


def test_the_rate_is_full_for_70_percent_then_falls_in_a_straight_line_to_a_twentieth():
    schedule = Schedule(images=100)
    rates = [schedule.rate(schedule.progress(seen, 1e9)) for seen in (0, 70, 85, 100, 120)]
    assert rates == pytest.approx([1.0, 1.0, 0.525, 0.05, 0.05])


def test_a_run_planned_for_a_time_looks_at_the_clock_alone():
    schedule = Schedule(seconds=60, cool=0.5)
    assert schedule.progress(seen=10**9, elapsed=15) == 0.25
    assert schedule.rate(0.75) == pytest.approx(0.525)


def test_the_average_has_its_half_life():
    assert decay(seen=10**6, batch=20_000, half_life=20_000) == 0.5
    # Early on a twentieth of what was seen: 1,000 of 20,000.
    assert decay(seen=20_000, batch=1_000, half_life=20_000) == 0.5
    assert decay(seen=0, batch=2, half_life=20_000) == 0.25
