"""What the browser hands over when Run is pressed becomes data, or an error; never a traceback."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from demos.gan_lab import inputs
from demos.runtime.engine import Engine
from demos.ui.page import Page
from models.gan.training import data as gan_data
from models.gan.training import presets
from models.validation import ValidationError

SCRIPT = Path(inputs.__file__).with_suffix(".js").read_text(encoding="utf-8")
LINE = [[n / 50 - 0.5, 0.25] for n in range(50)]


def picture(number, side=64, kind="jpeg"):
    """A data: address; each number is another picture."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 255, (2, 2, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST).save(stream, kind)
    return address(stream.getvalue(), f"image/{kind}")


def address(content, kind="image/jpeg"):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def payload(points=(), pictures=()):
    return json.dumps({"points": list(points), "pictures": list(pictures)})


def refused(kind, sent, side=32):
    with pytest.raises(ValidationError) as caught:
        inputs.load(kind, sent, side)
    return caught.value


@pytest.mark.parametrize("kind", gan_data.PLANE)
def test_the_planes_need_no_payload(kind):
    loaded = inputs.load(kind, "this is not looked at")
    assert (loaded.data.name, loaded.data.shape, loaded.skipped) == (kind, (2,), ())


def test_digits_and_a_few_of_them():
    assert len(inputs.load("digits").data.train) == 9000
    assert len(inputs.load("few").data.train) == 20


def test_data_are_those_of_the_page():
    assert set(presets.DATA) == {*gan_data.PLANE, "drawn", "digits", "mnist", "few", "own"}
    for wrong in ("cats", "", None, 3):
        assert refused(wrong, payload(LINE)).key == "unknown_choice"


def test_a_drawing():
    loaded = inputs.load("drawn", payload(LINE))
    assert loaded.skipped == ()
    torch.testing.assert_close(loaded.data.centers, torch.tensor(LINE))
    whole = inputs.load("drawn", payload([[1, -1]] * 20)).data  # JSON has no floats in particular
    assert whole.centers[0].tolist() == [1, -1]


@pytest.mark.parametrize("sent", [None, "", "{}", payload(), payload(pictures=[picture(0)] * 9)])
def test_an_empty_drawing(sent):
    error = refused("drawn", sent)
    assert (error.key, error.values["count"]) == ("drawn_points", 0)


@pytest.mark.parametrize(
    ("points", "key"),
    [
        (LINE[:19], "drawn_points"),
        ([[0, 0]] * 4001, "drawn_points"),
        ([*LINE, [1.01, 0]], "drawn_outside"),
        ([*LINE, [0, float("nan")]], "drawn_outside"),
        ([*LINE, [0, float("inf")]], "drawn_outside"),
        ([*LINE, [0, 10**400]], "drawn_outside"),
        ([*LINE, [0, 0, 0]], "drawn_outside"),
        ([*LINE, [0]], "drawn_outside"),
        ([*LINE, ["0", "0"]], "drawn_outside"),
        ([*LINE, [True, False]], "drawn_outside"),
        ([*LINE, [None, 0]], "drawn_outside"),
        ([*LINE, "00"], "drawn_outside"),
        ([*LINE, {"x": 0, "y": 0}], "drawn_outside"),
    ],
)
def test_drawings_that_are_none(points, key):
    assert refused("drawn", payload(points)).key == key


@pytest.mark.parametrize(
    "sent",
    [
        "{", "points", "[]", "3", "null", "[" * 100_000, '{"points": 3}', '{"points": null}',
        '{"points": {"0": [0, 0]}}', '{"pictures": "data:image/png;base64,AAAA"}', 7, ["x"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["drawn", "own"])
def test_payloads_that_are_none(kind, sent):
    assert refused(kind, sent).key == "lab_unreadable"


def test_own_pictures():
    loaded = inputs.load("own", payload(pictures=[picture(n) for n in range(10)]))
    assert loaded.skipped == ()
    assert loaded.data.shape == (3, 32, 32)
    assert (len(loaded.data.train), len(loaded.data.held_out)) == (8, 2)
    larger = inputs.load(
        "own", payload(pictures=[picture(n, 200, "png") for n in range(8)]), side=64
    )
    assert larger.data.shape == (3, 64, 64)
    assert refused("own", payload(pictures=[picture(n) for n in range(8)]), 48).key == (
        "unknown_choice"
    )


BROKEN = {
    "no base64": "data:image/jpeg;base64,@@@@",
    "cut base64": picture(0)[:-3],
    "spaces": picture(0).replace("base64,", "base64, "),
    "no address": "https://example.org/cat.jpg",
    "html": address(b"<html><script>alert(1)</script></html>", "text/html"),
    "html called a jpeg": address(b"<html><script>alert(1)</script></html>"),
    "svg": address(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    "cut jpeg": address(base64.b64decode(picture(0).split(",")[1])[:200]),
    "too small": picture(0, 8),
    "empty": "data:image/jpeg;base64,",
    "too large": address(b"\xff" * 200_003),
    "a number": 3,
    "nothing": None,
    "a list": [picture(0)],
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_left_out_and_told(broken):
    good = [picture(n) for n in range(8)]
    loaded = inputs.load("own", payload(pictures=[*good[:3], broken, *good[3:], broken]))
    assert loaded.skipped == (3, 9)
    assert len(loaded.data.train) + len(loaded.data.held_out) == 8


def test_too_few_that_can_be_read():
    error = refused("own", payload(pictures=[picture(n) for n in range(7)]))
    assert (error.key, error.values["count"]) == ("own_pictures", 7)
    unreadable = [*BROKEN.values()][:3]
    error = refused("own", payload(pictures=[*[picture(n) for n in range(5)], *unreadable]))
    assert (error.key, error.values["count"]) == ("own_pictures", 5)
    assert refused("own", None).values["count"] == 0


def test_too_many(monkeypatch):
    decoded = []
    monkeypatch.setattr(inputs, "_picture", decoded.append)
    error = refused("own", payload(pictures=[picture(0)] * 501))
    assert (error.key, error.values["count"]) == ("own_pictures", 501)
    assert decoded == []


def test_one_picture_five_hundred_times():
    error = refused("own", payload(pictures=[picture(0)] * 500))
    assert (error.key, error.values["count"]) == ("own_pictures_same", 1)
    assert "Only 1 of these pictures differ" in str(error)


def test_too_much_is_not_even_read():
    error = refused("own", payload(pictures=["x" * (12 << 20)]))
    assert (error.key, error.values["limit"]) == ("lab_too_large", 12)


def test_the_panel_has_words_in_every_language():
    import gradio as gr

    with gr.Blocks():
        page = Page(Engine("cpu"))
        inputs.build(page)
        components, said = page.localized()
    assert len(components) == 1
    for language in ("en", "mr", "ne", "hi"):
        assert "data-words" in said(language)[0]["value"]
    used = {f"gan_lab.inputs.{word}" for word in inputs.WORDS}
    assert page.keys == used | {"press_again"}  # what every panel says
    asked = [word for word in inputs.WORDS if f'say("{word}"' not in SCRIPT]
    assert asked == []


def test_the_script_has_the_limits_of_the_data():
    limits = f"MIN_PICTURES = {gan_data.MIN_PICTURES}, MAX_PICTURES = {gan_data.MAX_PICTURES};"
    assert limits in SCRIPT
    points = f"MIN_POINTS = {gan_data.MIN_POINTS}, MAX_POINTS = {gan_data.MAX_POINTS};"
    assert points in SCRIPT
    assert f"SIDE = {max(gan_data.SIDES)}," in SCRIPT


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (json.dumps({"points": [], "pictures": [], "untouched": True}), True),
        (payload(LINE), False),
        (json.dumps({"untouched": "yes"}), False),
        (json.dumps([True]), False),
        ("{", False),
        ("[" * 100_000, False),
        ("", False),
        (None, False),
    ],
)
def test_a_page_says_whether_anything_was_drawn_or_added_since_it_was_loaded(sent, expected):
    assert inputs.is_untouched(sent) is expected
