"""The visitor's own classes in the running app: learnt, named, and nothing kept."""

import base64
import io
import json
import re
import urllib.error
import urllib.request

import pytest
from PIL import Image


def learn_own(app_url, classes, query="", **more):
    """(status, answer) of the visitor's own classes."""
    body = json.dumps({"classes": classes} | more).encode()
    request = urllib.request.Request(
        f"{app_url}/own/train{query}", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def as_address(photo):
    """An example photo as the data: address that the page sends, part of it cut off."""

    def address(name, cut=0):
        image = Image.open(photo(name)).convert("RGB").resize((224, 224))
        stream = io.BytesIO()
        image.crop((cut, cut, 224, 224)).save(stream, "JPEG")
        return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()

    return address


def test_own_classes_are_learnt_and_a_new_photo_named(app_url, as_address):
    classes = [
        {"name": name, "photos": [as_address(which, cut) for cut in (0, 10, 20)]}
        for name, which in (("मांजर <b>", "kitten"), ("owl", "owl"))
    ]
    status, found = learn_own(app_url, classes, photo=as_address("owl", 30))
    assert status == 200
    assert found["names"] == ["मांजर <b>", "owl"]
    assert found["accuracy"] == 1
    assert found["probabilities"][1] > 0.8
    assert learn_own(app_url, classes, photo=as_address("owl", 30))[1] == found
    classes.insert(1, {"name": "empty", "photos": []})
    status, left_out = learn_own(app_url, classes, photo=as_address("owl", 30))
    assert (status, found["classes"], left_out["classes"]) == (200, [0, 1], [0, 2])
    assert left_out | {"classes": [0, 1]} == found


@pytest.mark.parametrize(
    ("size", "said"), [((3, 3), "3 x 3 pixels"), ((1, 5000), "1 x 5000 pixels")]
)
def test_sizes_refused_elsewhere_are_refused(app_url, as_address, size, said):
    stream = io.BytesIO()
    Image.new("RGB", size).save(stream, "PNG")
    bad = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
    kitten, owl = ([as_address(name, cut) for cut in (0, 10)] for name in ("kitten", "owl"))
    for photos, photo in (([*owl, bad], owl[0]), (owl, bad)):
        classes = [{"name": "a", "photos": kitten}, {"name": "b", "photos": photos}]
        status, message = learn_own(app_url, classes, photo=photo)
        assert (status, said in message) == (400, True)


def test_bad_own_classes_are_said_and_nothing_is_kept(app_url, as_address):
    kitten, owl = ([as_address(name, cut) for cut in (0, 10)] for name in ("kitten", "owl"))
    second = (
        ([], "has 0"),
        (owl[:1], "has 1"),
        ([*owl, kitten[0]], "same photo"),
        (owl * 250, "has 500"),
        (["data:,x", "no"], "picture"),
    )
    first = {"name": "a", "photos": kitten}
    cases = [([first, {"name": "b", "photos": photos}], said) for photos, said in second]
    cases.append(([{"name": "a"}], "can't be read"))
    for classes, message in cases:
        status, said = learn_own(app_url, classes)
        assert status == 400
        assert message in said
    status, said = learn_own(app_url, cases[0][0], "?lang=hi")
    assert re.search("[\u0900-\u097f]", said)
    status, said = learn_own(app_url, [{"name": "x" * (13 << 20), "photos": []}])
    assert status == 413
