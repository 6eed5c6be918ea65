"""What clients send over HTTP: every parameter of every endpoint, as the app describes them.

A wrong value is refused by a sentence that names the parameter; nothing goes wrong in the app.
"""

import json
import math

import pytest

from tests.app import api_snapshot
from tests.app.test_malformed_input import request, small, upload

VALUES = (3.0, "3", True, 3.7, None, math.nan, -1, 2**40, "", [], {})
WRONG = {  # by type in the description: of no parameter the right one
    "str": (3.7, True, [], {}),
    "float": ("3", True, math.nan, "", [], {}),
    "bool": ("true", 3.7, "", [], {}),
    "list[filepath]": ("nothing.png", 3.7, True, {}, [3.7], ["nothing.png"]),
    "filepath": ("nothing.png", {"path": "nothing.png"}, 3.7, []),
    "str | float | bool | list | dict": ("3", 3.7, ""),
}
NAMES = sorted(json.loads(api_snapshot.PATH.read_text(encoding="utf-8")))
QUICK = {"samples": 8, "points": 3}
FILE = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def endpoints(app_url):
    status, info = request(f"{app_url}/gradio_api/info")
    assert status == 200
    return json.loads(info)["named_endpoints"]


@pytest.fixture(scope="module")
def kitten(app_url, photo):
    with open(photo("kitten"), "rb") as file:
        return {"path": upload(app_url, "kitten.jpg", file.read()), "meta": FILE}


def call(app_url, name, values):
    """(how the call ended, what the app says)."""
    status, text = request(f"{app_url}/gradio_api/call{name}", {"data": values})
    assert status == 200, text
    event = json.loads(text)["event_id"]
    _, text = request(f"{app_url}/gradio_api/call{name}/{event}")
    ending, _, data = text.rsplit("event: ", 1)[-1].partition("\n")
    return ending, json.loads(data.removeprefix("data: "))


def right_values(parameters, kitten):
    """Values that would be computed with, but quickly."""

    def right(parameter):
        name = parameter["parameter_name"]
        if parameter["python_type"]["type"] == "filepath":
            return None if name.endswith("_mask") else kitten  # a photograph is no mask
        usual = "pug" if name == "breed" else small(parameter)
        return usual if usual is None else QUICK.get(name, usual)

    return [right(parameter) for parameter in parameters]


def check(app_url, name, parameters, place, value, kitten):
    """Sends one value; gives how the call ended."""
    values = right_values(parameters, kitten)
    values[place] = value
    ending, said = call(app_url, name, values)
    parameter = parameters[place]["parameter_name"]
    context = name, parameter, value, said
    if ending == "error":
        assert said["title"] == "That won't work", context
        assert said["error"].startswith((f"{parameter} ", f"{parameter}: ")), context
    else:
        assert ending == "complete", context
    return ending


def test_one_wrong_value_for_every_parameter(app_url, endpoints, kitten):
    sent = 0
    for name, described in endpoints.items():
        parameters = described["parameters"]
        for place, parameter in enumerate(parameters):
            wrong = WRONG[parameter["python_type"]["type"]]
            value = wrong[sent % len(wrong)]
            sent += 1
            ending = check(app_url, name, parameters, place, value, kitten)
            assert ending == "error", (name, parameter["parameter_name"], value)
    assert sent > 140


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_value_for_every_parameter(app_url, endpoints, kitten, name):
    assert set(NAMES) == set(endpoints)
    parameters = endpoints[name]["parameters"]
    for place, parameter in enumerate(parameters):
        kind = parameter["python_type"]["type"]
        for value in (*VALUES, *WRONG[kind]):
            ending = check(app_url, name, parameters, place, value, kitten)
            wrong = any(value is each for each in WRONG[kind])
            assert ending == "error" or not wrong, (name, parameter, value)


def test_too_few_values_are_told_which_there_should_be(app_url):
    for given in ([], ["breeds"]):
        ending, said = call(app_url, "/train_head", given)
        assert ending == "error"
        assert "takes 11 values in this order: task, per_class, epochs, lr," in said["error"]
        assert f"sent {len(given)}." in said["error"]


def test_a_picture_of_the_server_is_no_upload(app_url, photo):
    """Gradio itself opens any path that is sent without the type "gradio.FileData"."""
    path = photo("kitten")
    for meta in ({}, {"meta": {}}, {"meta": {"_type": "x"}}, {"meta": FILE}, {"url": path}):
        ending, said = call(app_url, "/network_input", [{"path": path} | meta, "pets_lite0"])
        assert ending == "error", meta
        assert "gradio_client.handle_file(path)" in said["error"]
        assert path not in said["error"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cat.png", b"just some text", "not a picture that can be read"),
        ("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(200), "not a picture that can be read"),
        (None, None, "There is no such file here"),
    ],
)
def test_a_file_that_is_no_picture(app_url, kitten, name, content, message):
    path = upload(app_url, name, content) if name else kitten["path"] + ".gone"
    for place, parameter in enumerate(("content", "style")):
        pictures = [kitten, kitten]
        pictures[place] = {"path": path, "meta": FILE}
        ending, said = call(app_url, "/style_preview", [*pictures, 1.0])
        assert ending == "error"
        assert said["error"].startswith(f"{parameter}: ")
        assert message in said["error"]
