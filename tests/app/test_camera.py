"""Frames of a camera in the running app: judged, bounded, and what is wrong is said."""

import io
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from PIL import Image

LITE0 = "efficientnet_lite0"


def verdict(app_url, body, **query):
    """(status, answer) for a frame."""
    address = f"{app_url}/camera/verdict?{urllib.parse.urlencode({'model': LITE0} | query)}"
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body), timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def frame(photo):
    stream = io.BytesIO()
    Image.open(photo("giant_panda")).convert("RGB").resize((320, 320)).save(stream, "JPEG")
    return stream.getvalue()


def test_a_frame_is_judged_in_the_visitors_language(app_url, frame):
    status, found = verdict(app_url, frame)
    assert (status, found[0]["name"], len(found)) == (200, "giant panda", 3)
    assert [one["p"] for one in found] == sorted((one["p"] for one in found), reverse=True)
    status, found = verdict(app_url, frame, target="toaster", lang="hi")
    assert [one["wanted"] for one in found] == [False, False, False, True]
    status, found = verdict(app_url, frame, target="giant panda")
    assert [one["wanted"] for one in found] == [True, False, False]


@pytest.mark.parametrize(
    ("body", "query", "message"),
    [
        (b"", {}, "picture"),
        (b"no picture", {}, "not a picture"),
        (bytes((1 << 20) + 1), {}, "The limit is 1 MB"),
        (None, {"model": "nobody"}, "nobody"),
        (None, {"target": "unicorn"}, "unicorn"),
    ],
)
def test_a_bad_frame_is_said(app_url, frame, body, query, message):
    status, said = verdict(app_url, frame if body is None else body, **query)
    assert (status, message in said) == (400, True), said


def test_a_frame_of_too_few_pixels_is_said(app_url):
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    status, said = verdict(app_url, stream.getvalue())
    assert (status, "4 x 4" in said) == (400, True)
