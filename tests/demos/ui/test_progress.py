"""The status line of a run: the seconds that are left."""

from demos.ui import progress


def test_a_forecast_counts_at_the_beginning_and_what_it_took_later():
    def line(done: float, seconds: float) -> str:
        return progress.running("en", 1, 10, done, seconds, forecast=60.0)

    assert "about 60 s left" in line(0.0, 0.5)
    # 0.9^10 = 0.349 of 0.9 * 60, and the rest of 1 / 0.1 * 0.9.
    assert "about 25 s left" in line(0.1, 1.0)
    assert "about 10 s left" in line(0.5, 10.0)


def test_without_a_forecast_the_work_goes_on_as_fast_as_so_far():
    assert "about 9 s left" in progress.running("en", 1, 10, 0.1, 1.0)
    assert "left" not in progress.running("en", 0, 10, 0.0, 0.5)
