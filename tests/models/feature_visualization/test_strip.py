import pytest
import torch

from models.feature_visualization.optimize import VisualizationStep
from models.feature_visualization.strip import Strip, sheet, snapshot_steps


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (256, (0, 3, 9, 28, 84, 256)),
        (1, (0, 1)),
        (2, (0, 1, 2)),
        (16, (0, 2, 3, 5, 9, 16)),
    ],
)
def test_snapshots_lie_evenly_on_a_logarithm(steps, expected):
    assert snapshot_steps(steps) == expected


@pytest.mark.parametrize(
    ("count", "shape"),
    [(1, (8, 8)), (2, (8, 20)), (3, (20, 20)), (4, (20, 20)), (6, (20, 32))],
)
def test_a_sheet_has_at_most_two_rows(count, shape):
    assert sheet(torch.zeros(count, 3, 8, 8)).shape == (1, 3, *shape)


def step(number):
    grey = torch.full((1, 3, 8, 8), number / 10)
    return VisualizationStep(number, 9, 0.0, {}, lambda: grey)


def test_a_strip_keeps_what_is_due_and_what_is_last():
    strip = Strip()
    # Due of 9: 0, 2, 4, 6, 9 (9^0.2 = 1.55, 9^0.4 = 2.41 both round to 2).
    assert [n for n in range(8) if strip.add(step(n), last=n == 7)] == [0, 2, 4, 6, 7]
    row = strip.row()
    assert row.shape == (1, 3, 8, 5 * 8 + 4 * 4)
    firsts = row[0, 0, 0, ::12]
    torch.testing.assert_close(firsts, torch.tensor([0, 0.2, 0.4, 0.6, 0.7]))
    strip.add(step(7), last=True)
    assert strip.row().shape == row.shape


def test_a_strip_shows_candidates_and_at_last_the_picture():
    def competing(number):
        picture, square = (torch.full((1, 3, 8, 8), value) for value in (0.2, 0.7))
        return VisualizationStep(number, 9, 0.0, {}, lambda: picture, lambda: square)

    strip = Strip(lambda _steps: (0, 4))
    assert [n for n in range(6) if strip.add(competing(n))] == [0, 4]
    strip.add(competing(4), last=True)
    torch.testing.assert_close(strip.row()[0, 0, 0, ::12], torch.tensor([0.7, 0.2]))
