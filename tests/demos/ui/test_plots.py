from xml.etree import ElementTree

import pytest

from demos.ui.plots import bars, curves


def points(svg: str) -> list[str]:
    return [line.get("points") for line in ElementTree.fromstring(svg).iter("polyline")]


def test_a_line_by_hand():
    # The frame is 56..630 across and 176 (bottom) to 10 (top).
    svg = curves({"p": [(0, 0.0), (10, 1.0)]}, "step", 10, y_range=(0, 1))
    assert points(svg) == ["56.0,176.0 630.0,10.0"]


def test_a_logarithmic_line_by_hand():
    svg = curves({"loss": [(0, 0.01), (5, 0.1), (10, 1.0)]}, "step", 10, log=True)
    assert points(svg) == ["56.0,176.0 343.0,93.0 630.0,10.0"]


def test_square_roots_dashes_and_marks_by_hand():
    # 4 of 16 lies at half the axis, 1 at a quarter.
    line = [(0, 1.0), (4, 0.0)]
    svg = curves({"p": line}, "e", 16, y_range=(0, 1), root_x=True, dashed={"p": line[::-1]},
                 marks={"p": 1.0, "q": 9.0})  # fmt: skip
    assert points(svg) == ["56.0,10.0 343.0,176.0", "343.0,176.0 56.0,10.0"]
    lines = [line for line in ElementTree.fromstring(svg).iter("line") if line.get("stroke")]
    assert [line.get("x1") for line in lines] == ["199.5"]
    texts = [text.text for text in ElementTree.fromstring(svg).iter("text")]
    assert [text for text in texts if text.isdigit()][-5:] == ["0", "1", "4", "9", "16"]


@pytest.mark.parametrize(
    "series",
    [{}, {"a": []}, {"a": [(1, float("nan"))]}, {"a": [(1, 0.0)]}, {"a": [(1, 2.0)]}],
)
@pytest.mark.parametrize("log", [True, False])
def test_odd_series_still_draw(series, log):
    ElementTree.fromstring(curves(series, "step", 10, log=log))


def test_names_are_escaped():
    assert "<b>" not in curves({"<b>": [(0, 1.0)]}, "<b>", 1)
    assert "<i>" not in bars([("<i>", 0.5)])
    assert "50.0%" in bars([("cat", 0.5)])
