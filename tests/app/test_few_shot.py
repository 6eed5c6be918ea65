"""The visitor's own classes in the running app: learnt, named, taken along, and nothing kept."""

import base64
import io
import json
import re
import urllib.error
import urllib.request
import zipfile

import pytest
from PIL import Image

from demos.ui.code import write
from models.linear_probe import saved_head
from tests.demos.ui.code_samples import SAMPLES, read
from tests.serving import ROOT


def learn_own(app_url, classes, query="", **more):
    """(status, answer) of the visitor's own classes."""
    status, answer = ask_own(app_url, f"train{query}", {"classes": classes} | more)
    return status, json.loads(answer) if status == 200 else answer


def ask_own(app_url, what, asked):
    """(status, answer) of one of the routes: bytes, or what it refuses."""
    body = json.dumps(asked).encode()
    request = urllib.request.Request(
        f"{app_url}/own/{what}", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read()
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
    assert found["predicted"] == [[0, 0, 0], [1, 1, 1]]
    # The head names photos by itself, and goes along with labels and a script.
    head = found["head"]
    status, answer = ask_own(app_url, "classify", {"head": head, "photo": as_address("owl", 30)})
    named = json.loads(answer)
    assert (status, named["names"]) == (200, found["names"])
    assert named["probabilities"] == pytest.approx(found["probabilities"], abs=1e-5)
    assert json.loads(ask_own(app_url, "open", {"head": head})[1]) == {"names": found["names"]}
    status, packed = ask_own(app_url, "export", {"head": head})
    names = zipfile.ZipFile(io.BytesIO(packed)).read("labels.txt").decode().splitlines()
    assert (status, names) == (200, found["names"])


def test_the_code_trains_the_head_of_the_page(app_url, tmp_path, monkeypatch):
    recipe, given, _ = read(*next(sample for sample in SAMPLES if sample[0] == "train_own"))

    def address(file):
        return "data:image/jpeg;base64," + base64.b64encode((ROOT / file).read_bytes()).decode()

    classes = [
        {"name": name, "photos": [*map(address, files)]} for name, files in given.settings.classes
    ]
    status, found = learn_own(app_url, classes, photo=address(given.pictures["photo"]))
    assert status == 200
    (tmp_path / "demos").symlink_to(ROOT / "demos")
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    exec(write.python(recipe, given), space)
    named = space["head"].classify(space["photo"])
    expected = dict(zip(found["names"], found["probabilities"], strict=True))
    assert named == pytest.approx(expected, abs=1e-5)
    assert [*named.values()] == sorted(named.values(), reverse=True)
    assert space["head"].accuracy == found["accuracy"]
    saved = saved_head.read((tmp_path / "netglass-head.safetensors").read_bytes())
    assert saved.names == tuple(found["names"])


@pytest.mark.parametrize("what", ["classify", "open", "export"])
def test_a_bad_head_is_said(app_url, what):
    foreign = base64.b64encode(b"GIF89a").decode()
    large = base64.b64encode(bytes((1 << 20) + 1)).decode()
    for head, message in (
        (None, "Nothing has been trained"), ("", "This file is empty"), (foreign, "not a head"),
        ("#", "not a head"), (large, "The limit is 1 MB"), ([1], "can't be read"),
    ):  # fmt: skip
        status, said = ask_own(app_url, what, {"head": head, "photo": "data:,"})
        assert (status, message in said) == (400, True), said
    for asked in ([], 1, None, "x"):
        status, said = ask_own(app_url, what, asked)
        assert (status, "can't be read" in said) == (400, True), said


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
