"""Two hundred malformed inputs over all endpoints: no traceback reaches the client, nothing hangs,
and the app still works afterwards. The same seed gives the same inputs.
"""

import json
import random
import urllib.error
import urllib.request

import pytest

from tests import serving

CASES = 200
SEED = 8
SECONDS = 90  # far more than any of these should take
# Inputs that happen to be valid must not take long.
SMALL = {"steps": 2, "epochs": 1, "count": 4, "frames": 4, "size": 64, "per_class": 2, "seeds": 1}
MALFORMED = (
    None, True, -1, 0, 1e308, -1e308, 2**63, 10**40, 0.5, "", " ", "NaN", "Infinity", "null", "[]",
    "x" * 100_000, "\x00", "\ud7ff\u202e", "<script>alert(1)</script>", "मांजर", "'; DROP TABLE--",
    "../../app.py", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x.png", [], [None], {},
    [[[[]]]], {"path": "/etc/passwd"}, {"path": "app.py", "meta": {"_type": "gradio.FileData"}},
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": "../../../etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": "x.png", "url": "http://127.0.0.1:9/x.png", "meta": {"_type": "gradio.FileData"}},
    {"url": "file:///etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": None, "meta": {"_type": "gradio.FileData"}}, {"path": ["a"], "meta": 1},
)  # fmt: skip
SECRETS = ("Traceback", "site-packages", "root:x:", "gc.disable()", 'File "/')


def small(parameter):
    """A parameter's usual value, or one that takes less time; a share, as of a picture's side,
    stays the usual one."""
    usual = parameter.get("parameter_default")
    share = isinstance(usual, float) and 0 < usual < 1
    return usual if share or usual is None else SMALL.get(parameter["parameter_name"], usual)


def request(url, data=None, raw=None):
    """(status, text) of a request."""
    body = raw if raw is not None else None if data is None else json.dumps(data).encode()
    headers = {"content-type": "application/json"} if body is not None else {}
    sent = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(sent, timeout=SECONDS) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")


def upload(url, name, content):
    """The path that the server gives to an upload."""
    boundary = "netglass-boundary"
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    sent = urllib.request.Request(f"{url}/gradio_api/upload", body, headers)
    return json.load(urllib.request.urlopen(sent))[0]


def broken_picture(rng, good):
    """Bytes sent as a picture that are none, or a damaged one."""
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randbytes(rng.randrange(3000))
    if kind == 1:
        return good[: rng.randrange(len(good))]
    if kind == 2:
        return b"\x89PNG\r\n\x1a\n" + rng.randbytes(200)
    if kind == 3:
        return b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    damaged = bytearray(good)
    for _ in range(50):
        damaged[rng.randrange(20, len(damaged))] = rng.randrange(256)
    return bytes(damaged)


@pytest.fixture(scope="module")
def own_app(tmp_path_factory):
    """An app of its own: what Gradio itself refuses it also writes into its log."""
    with serving.app(tmp_path_factory.mktemp("fuzz"), "--rate", "0", quiet=False) as url:
        yield url


def test_malformed_inputs(own_app, photo):
    with open(photo("kitten"), "rb") as file:
        good = file.read()
    status, info = request(f"{own_app}/gradio_api/info")
    assert status == 200
    endpoints = json.loads(info)["named_endpoints"]
    assert len(endpoints) >= 17
    kitten = {"path": upload(own_app, "kitten.jpg", good), "meta": {"_type": "gradio.FileData"}}

    def valid(parameter):
        name = parameter["parameter_name"]
        if parameter["component"] in ("Image", "Photo", "File") or name in (
            "image",
            "content",
            "style",
        ):
            return kitten
        return small(parameter)

    rng, outcomes = random.Random(SEED), {"complete": 0, "error": 0, "refused": 0}
    names = sorted(endpoints)
    for case in range(CASES):
        name = names[case % len(names)]
        data = [valid(parameter) for parameter in endpoints[name]["parameters"]]
        how = rng.randrange(8)
        if how == 0:
            data = data[: rng.randrange(len(data) + 1)] + [None] * rng.randrange(2)
        elif how == 1:
            bad = {
                "path": upload(own_app, "cat.png", broken_picture(rng, good)),
                "meta": kitten["meta"],
            }
            data = [bad if value is kitten else value for value in data]
        else:
            for _ in range(rng.choice((1, 1, 2))):
                data[rng.randrange(len(data))] = rng.choice(MALFORMED)
        context = f"case {case}: {name} {str(data)[:300]}"
        raw = b"{" * 1000 if how == 0 and rng.random() < 0.2 else None
        status, text = request(f"{own_app}/gradio_api/call{name}", {"data": data}, raw)
        if status == 200:
            event = json.loads(text)["event_id"]
            status, text = request(f"{own_app}/gradio_api/call{name}/{event}")
            ending = text.rsplit("event: ", 1)[-1].split("\n")[0]
            assert ending in ("complete", "error"), context
            outcomes[ending] += 1
        else:
            assert 400 <= status < 500, (status, context)
            outcomes["refused"] += 1
        for secret in SECRETS:
            assert secret not in text, (context, text[:500])
    assert outcomes["error"] > CASES / 3, outcomes

    health = json.loads(request(f"{own_app}/health")[1])
    assert health["status"] == "ok"
    photos = {"data": [valid(p) for p in endpoints["/classify_pet"]["parameters"]]}
    event = json.loads(request(f"{own_app}/gradio_api/call/classify_pet", photos)[1])["event_id"]
    assert "event: complete" in request(f"{own_app}/gradio_api/call/classify_pet/{event}")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "app.py", "weights/manifest.json", "../app.py", "demos/runtime/engine.py",
        "/proc/self/environ", "..%2f..%2fetc%2fpasswd", ".git/config",
    ],
)  # fmt: skip
def test_files_of_the_server_are_not_served(own_app, path):
    for prefix in ("/gradio_api/file=", "/file=", "/static/", "/assets/", "/"):
        status, text = request(f"{own_app}{prefix}{path}")
        assert status >= 400 or "<!doctype html>" in text.lower(), (prefix, path, text[:200])
        assert "root:x:" not in text
