from xml.etree import ElementTree

import pytest

from demos.runtime import i18n
from demos.ui.plots import bars, curves


def read(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)


def points(html: str) -> list[str]:
    return [line.get("points") for line in read(html).iter("polyline")]


def column(html: str, name: str) -> list[tuple[str, str]]:
    """(margin above, text) of what stands beside the frame."""
    (found,) = (one for one in read(html).iter("div") if one.get("class") == name)
    return [(span.get("style"), "".join(span.itertext())) for span in found]


def test_a_line_by_hand():
    html = curves({"p": [(0, 0.0), (10, 1.0)]}, "step", 10, y_range=(0, 1))
    assert points(html) == ["0.00,100.00 100.00,0.00"]
    # The frame is 13 em high, a line of text 1.25 em.
    assert column(html, "levels") == [
        ("margin-top:-0.62em", "1"), ("margin-top:2.00em", "0.75"), ("margin-top:2.00em", "0.5"),
        ("margin-top:2.00em", "0.25"), ("margin-top:2.00em", "0"),
    ]  # fmt: skip
    assert column(html, "ticks") == [
        ("left:0.00%", "0"),
        ("left:50.00%", "5"),
        ("left:100.00%", "10"),
    ]


def test_a_logarithmic_line_by_hand():
    html = curves({"loss": [(0, 0.01), (5, 0.1), (10, 1.0), (10, 0.0)]}, "step", 10, log=True)
    assert points(html) == ["0.00,100.00 50.00,50.00 100.00,0.00"]
    assert [text for _, text in column(html, "levels")] == ["1", "0.1", "0.01"]
    far = curves({"loss": [(0, 1e-4), (10, 1e6)]}, "step", 10, log=True)
    assert [text for _, text in column(far, "levels")] == [
        "106",
        "10000",
        "100",
        "1",
        "0.01",
        "10-4",
    ]


def test_square_roots_dashes_and_marks_by_hand():
    # 4 of 16 lies at half the axis, 1 at a quarter.
    line = [(0, 1.0), (4, 0.0)]
    html = curves({"p": line}, "e", 16, y_range=(0, 1), root_x=True, dashed={"p": line[::-1]},
                  marks={"p": 1.0, "q": 9.0})  # fmt: skip
    assert points(html) == ["0.00,0.00 50.00,100.00", "50.00,100.00 0.00,0.00"]
    marks = [line for line in read(html).iter("line") if "mark" in line.get("class")]
    assert [(line.get("x1"), line.get("class")) for line in marks] == [
        ("25.00", "mark role-variation")
    ]
    assert [text for _, text in column(html, "ticks")] == ["0", "1", "4", "9", "16"]


def test_shares_are_per_cent():
    html = curves({"p": [(0, 0.2), (10, 0.5)]}, "step", 10, percent=True)
    assert points(html) == ["0.00,80.00 100.00,50.00"]
    assert [text for _, text in column(html, "levels")] == ["100%", "75%", "50%", "25%", "0%"]


def test_roles_in_the_order_of_the_series():
    series = {"D": [(0, 1.0), (1, 2.0)], "G": [(0, 1.0), (1, 0.0)]}
    html = curves(series, "step", 1, roles=("discriminator", "made"))
    classes = [line.get("class") for line in read(html).iter("polyline")]
    assert classes == ["role-discriminator", "role-made"]
    with pytest.raises(ValueError, match="no role 'red'"):
        curves(series, "step", 1, roles=("red", "made"))
    with pytest.raises(ValueError, match="argument"):
        curves(series, "step", 1, roles=("made",))
    many = {str(n): [(0, n), (1, n)] for n in range(6)}
    assert len(points(curves(many, "step", 1))) == 6


def test_names_stand_at_the_ends_of_their_lines():
    html = curves({"a": [(0, 0.0), (5, 1.0)], "b": [(0, 0.0), (5, 0.0)]}, "x", 5, y_range=(0, 1))
    # a's middle is at 0 em, b's at 13 em: b's top is 13 - 2 * 0.625 em below a's foot.
    assert column(html, "ends") == [("margin-top:-0.62em", "a"), ("margin-top:11.75em", "b")]
    assert "figcaption" not in html


def test_names_never_overlap():
    same = {name: [(0, 0.0), (1, 0.0)] for name in "abc"}
    html = curves(same, "x", 1, y_range=(0, 1))
    # Three lines of 1.25 em that end at 13.625 em, half a line below the frame.
    assert column(html, "ends") == [
        ("margin-top:9.88em", "a"), ("margin-top:0.00em", "b"), ("margin-top:0.00em", "c"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "legend"),
    [
        (["n" * 51], False),
        (["n" * 52], True),
        ([f"{n:017}" for n in range(10)], False),
        ([f"{n:017}" for n in range(11)], True),
    ],
)
def test_a_legend_where_names_do_not_fit(names, legend):
    html = curves({name: [(0, 1.0), (1, 2.0)] for name in names}, "x", 1, references={"r": 1.5})
    captions = [span for caption in read(html).iter("figcaption") for span in caption]
    assert len(captions) == (len(names) if legend else 0)
    shown = {text for _, text in column(html, "ends")}
    assert shown == ({"r"} if legend else {*names, "r"})


def test_names_in_every_language_have_the_room_of_the_longest():
    words = i18n.say(i18n.EVERY, "train.kind.imagenet")
    html = curves({words: [(0, 1.0), (1, 0.0)], "last": [(1, 0.0)]}, "x", 1, percent=True)
    assert len(words.by_language["en"]) == 22
    assert len(words.by_language["mr"]) == 40
    assert len(words) > 100
    # Marathi takes two lines: its vowel signs have no width.
    (above, _), (below, _) = column(html, "ends")
    assert above == "margin-top:9.88em;min-height:2.50em"
    assert below == "margin-top:0.00em"


def test_references_are_dashed_lines_with_names():
    line = [(0, 0.0), (1, 2.0)]
    html = curves({"D": line}, "x", 1, y_range=(0, 2), references={"coin toss": 1.5, "far": 9.0})
    (reference,) = (one for one in read(html).iter("line") if one.get("class") == "reference")
    assert (reference.get("y1"), reference.get("y2")) == ("25.00", "25.00")
    assert [text for _, text in column(html, "ends")] == ["D", "coin toss"]
    fitted = curves({"D": line}, "x", 1, references={"coin toss": 4.0})
    assert points(fitted) == ["0.00,100.00 100.00,50.00"]
    assert "reference" not in curves({"D": line}, "x", 1, log=True, references={"none": 0.0})


def test_a_point_alone_is_a_dot():
    html = curves({"p": [(5, 0.5)]}, "x", 10, percent=True)
    assert points(html) == ["50.00,50.00 50.00,50.00"]
    assert 'class="role-variation point"' in html


def test_titles_of_both_axes():
    html = curves({}, "step", 10, y_title="loss")
    titles = [one for one in read(html).iter("div") if (one.get("class") or "").startswith("title")]
    assert [one.text for one in titles] == ["loss", "step"]


@pytest.mark.parametrize(
    "series",
    [{}, {"a": []}, {"a": [(1, float("nan"))]}, {"a": [(1, 0.0)]}, {"a": [(1, 2.0)]}],
)
@pytest.mark.parametrize("log", [True, False])
def test_odd_series_still_draw(series, log):
    read(curves(series, "step", 10, log=log))


def test_names_are_escaped():
    assert "<b>" not in curves({"<b>": [(0, 1.0)]}, "<b>", 1, y_title="<b>", references={"<b> ": 1})
    assert "<i>" not in bars([("<i>", 0.5)])
    assert "50.0%" in bars([("cat", 0.5)])


def test_bars_have_one_role_or_one_each():
    def classes(html):
        return [one.get("class") for one in read(html)]

    pair = [("clean", 0.9), ("attacked", 0.1)]
    assert classes(bars(pair)) == ["bar role-neutral"] * 2
    assert classes(bars(pair, role="made")) == ["bar role-made"] * 2
    assert classes(bars(pair, role=("real", "made"))) == ["bar role-real", "bar role-made"]
    with pytest.raises(ValueError, match="no role 'blue'"):
        bars(pair, role="blue")
