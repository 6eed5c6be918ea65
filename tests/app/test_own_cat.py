"""Inversion through the running app: /gan_invert, and codes in place of seeds."""

import base64

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

BOX = [192.3, 126.2, 132.7]


def encoded(value):
    """A code of as many numbers as the generator takes, all alike."""
    return base64.b64encode(np.full(9 * 128, value, "<f2").tobytes()).decode()


@pytest.fixture(scope="module")
def inverted(client, photo):
    """Picture and report of the kitten, its face found."""
    given = {"image": handle_file(photo("kitten")), "steps": 4, "space": "w+"}
    return client.predict(**given, api_name="/gan_invert")


def test_the_face_is_found_and_inverted(inverted):
    picture, report = inverted
    assert Image.open(picture).size == (256, 256)
    assert set(report) == {"box", "found", "psnr", "distance", "code", "seconds"}
    assert report["found"]
    assert np.abs(np.array(report["box"]) - BOX).max() < 15
    assert report["psnr"] > 12
    assert len(base64.b64decode(report["code"])) == 2 * 9 * 128


def test_a_code_stands_for_a_seed(client, inverted):
    code = inverted[1]["code"]
    drawn = Image.open(client.predict(code=code, api_name="/gan_sample")).convert("RGB")
    assert drawn.size == (64, 64)
    shown = Image.open(inverted[0]).convert("RGB").resize((64, 64))
    assert np.abs(np.asarray(drawn, float) - np.asarray(shown, float)).mean() < 8
    mixed = np.asarray(Image.open(client.predict(code=code, seed_b=5, api_name="/gan_mix")))
    assert mixed.shape == (64, 192, 3)
    assert np.abs(mixed[:, :64].astype(float) - np.asarray(drawn)).mean() < 1
    film = Image.open(client.predict(code_b=code, frames=3, api_name="/gan_walk"))
    assert film.n_frames == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"box": [1, 2]}, "box: .*three numbers"),
        ({"box": []}, "box: .*three numbers"),
        ({"box": [0, 0, 20]}, "box: .*at least 32"),
        ({"box": [5000, 0, 200]}, "box: .*inside the picture"),
        ({"box": "x"}, "must be a list"),
        ({"space": "z"}, "Choose one of: tuned"),
        ({"model": "dcgan_cats64"}, "Choose one of: stylegan"),
        ({"steps": 0}, "steps must be from 1"),
    ],
)
def test_what_cannot_be_inverted_is_refused(client, photo, change, message):
    with pytest.raises(AppError, match=message):
        client.predict(image=handle_file(photo("kitten")), **change, api_name="/gan_invert")


@pytest.mark.parametrize(
    ("code", "change", "message"),
    [
        ("abc", {}, "code: .* must be base64"),
        ("AAAA", {}, "code: This code has 3 bytes; .* takes 2304, which are 9 x 128 numbers"),
        (
            base64.b64encode(bytes(2 * 1152)).decode(),
            {"model": "vae_cats64"},
            "model: .* no style layers",
        ),
        (
            base64.b64encode(np.full(1152, np.nan, "<f2").tobytes()).decode(),
            {},
            "code: .* not finite",
        ),
        (
            base64.b64encode(np.full(1152, 900, "<f2").tobytes()).decode(),
            {},
            "code: .* another generator",
        ),
    ],
)
def test_what_is_no_code_is_refused(client, code, change, message):
    with pytest.raises(AppError, match=message):
        client.predict(code=code, **change, api_name="/gan_sample")


@pytest.mark.parametrize("name", ["/gan_mix", "/gan_walk"])
def test_of_two_codes_the_wrong_one_is_named(client, inverted, name):
    with pytest.raises(AppError, match="code_b: This is not the code"):
        client.predict(code=inverted[1]["code"], code_b="abc", api_name=name)


def test_a_picture_without_a_face_is_named(client, tmp_path):
    Image.new("RGB", (200, 200), "grey").save(tmp_path / "grey.png")
    with pytest.raises(AppError, match="image: No face was found"):
        client.predict(image=handle_file(str(tmp_path / "grey.png")), api_name="/gan_invert")
