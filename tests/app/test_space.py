"""The upload to a Hugging Face Space, to a stand-in of the Hub's HTTP interface."""

import base64
import hashlib
import http.server
import json
import re
import sys
import threading
from argparse import ArgumentTypeError

import pytest
from huggingface_hub import HfApi, constants

from deploy import space
from tests.serving import ROOT

NAME, TOKEN = "class/netglass", "hf_ateacher"
LARGE = 10 << 20  # bytes; such a file the Hub takes into its large storage only


class Hub(http.server.ThreadingHTTPServer):
    """What of the Hub an upload asks for; keeps the files of one Space.

    https://huggingface.co/docs/hub/api and git-lfs' batch API.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.made, self.files, self.large, self.commits = [], {}, {}, 0
        self.status = 200  # of making a Space


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_given):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def refused(self):
        """Answers 401 to whoever is not the teacher."""
        if self.headers.get("authorization") == f"Bearer {TOKEN}":
            return False
        self.answer({"error": "Invalid username or password."}, 401)
        return True

    def do_GET(self):
        hub, path = self.server, self.path.partition("?")[0]
        if self.refused():
            return None
        if re.fullmatch(f"/api/spaces/{NAME}/tree/main", path):
            rows = [
                {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                for name, content in hub.files.items()
            ]
            return self.answer(rows)
        if path == f"/api/spaces/{NAME}" or path.startswith(f"/api/spaces/{NAME}/revision/"):
            siblings = [{"rfilename": name} for name in hub.files]
            return self.answer({"id": NAME, "sha": "0" * 40, "siblings": siblings})
        return self.answer({"error": f"no {path}"}, 404)

    def do_PUT(self):
        content = self.body()
        self.server.large[self.path.rsplit("/", 1)[1]] = content
        self.answer({})

    def do_POST(self):
        hub, path, body = self.server, self.path.partition("?")[0], self.body()
        if self.refused():
            return None
        if path == "/api/validate-yaml":
            return self.answer({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            hub.made.append(json.loads(body))
            return self.answer({"url": f"{hub.url}/spaces/{NAME}"}, hub.status)
        if path == f"/api/spaces/{NAME}/preupload/main":
            asked = json.loads(body)["files"]
            modes = [
                {"path": one["path"], "shouldIgnore": False,
                 "uploadMode": "lfs" if one["size"] >= LARGE else "regular"}
                for one in asked
            ]  # fmt: skip
            return self.answer({"files": modes})
        if path == f"/spaces/{NAME}.git/info/lfs/objects/batch":
            objects = [
                one | {"actions": {"upload": {"href": f"{hub.url}/large/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            return self.answer({"transfer": "basic", "objects": objects})
        if path == f"/api/spaces/{NAME}/commit/main":
            return self.commit([json.loads(line) for line in body.splitlines()])
        return self.answer({"error": f"no {path}"}, 404)

    def commit(self, lines):
        hub = self.server
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                content = base64.b64decode(value["content"])
                if len(content) >= LARGE:
                    return self.answer({"error": "file over 10 MiB"}, 413)
                hub.files[value["path"]] = content
            elif line["key"] == "lfsFile":
                content = hub.large[value["oid"]]
                assert hashlib.sha256(content).hexdigest() == value["oid"]
                hub.files[value["path"]] = content
            elif line["key"] == "deletedFile":
                del hub.files[value["path"]]
        hub.commits += 1
        url = f"{hub.url}/spaces/{NAME}/commit/{hub.commits:040}"
        return self.answer({"commitUrl": url, "commitOid": f"{hub.commits:040}", "success": True})


@pytest.fixture
def hub(monkeypatch):
    """The stand-in; Xet, whose storage speaks a protocol of its own, is left out."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def checkout(tmp_path):
    """A small one, with what belongs into a Space and what doesn't."""
    root = tmp_path / "checkout"
    for name, content in {
        "app.py": "", "README.md": "---\nsdk: gradio\n---", "requirements.txt": "gradio",
        "LICENSE": "Apache", "demos/ui/page.py": "page", "models/__init__.py": "",
        "weights/manifest.json": "{}", "tests/test_app.py": "no", "docs/deploy.md": "no",
        "demos/__pycache__/a.cpython-311.pyc": "no", "demos/ui/components.pyi": "no",
        "weights/x.safetensors.part": "no", ".git/config": "no", "training/vae.py": "no",
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "weights" / "large.safetensors").write_bytes(bytes(LARGE + 1))
    return root


EXPECTED = {
    "app.py", "README.md", "requirements.txt", "LICENSE", "demos/ui/page.py", "models/__init__.py",
    "weights/manifest.json", "weights/large.safetensors",
}  # fmt: skip


def test_it_makes_the_space_and_brings_what_it_needs(hub, checkout):
    api = HfApi(endpoint=hub.url, token=TOKEN)
    assert space.upload(api, NAME, checkout) == f"{hub.url}/spaces/{NAME}"
    asked = hub.made[0]
    assert (asked["type"], asked["sdk"]) == ("space", "gradio")
    assert "visibility" not in asked
    assert set(hub.files) == EXPECTED
    assert len(hub.files["weights/large.safetensors"]) == LARGE + 1
    assert hub.files["demos/ui/page.py"] == b"page"
    # A second upload: what is no more goes, what somebody put there stays.
    hub.files |= {"demos/old.py": b"old", ".gitattributes": b"own"}
    (checkout / "demos" / "ui" / "page.py").write_text("new page")
    space.upload(api, NAME, checkout, private=True)
    assert set(hub.files) == EXPECTED | {".gitattributes"}
    assert hub.files["demos/ui/page.py"] == b"new page"
    assert hub.commits == 2
    assert hub.made[1]["visibility"] == "private"


def refused(monkeypatch, hub_url, token, name=NAME):
    monkeypatch.setattr(space, "HfApi", lambda: HfApi(endpoint=hub_url, token=token))
    monkeypatch.setattr(sys, "argv", ["space", name])
    with pytest.raises(SystemExit) as end:
        space.main()
    return str(end.value.code)


def test_what_goes_wrong_is_one_sentence(hub, monkeypatch, tmp_path):
    assert "hf auth login" in refused(monkeypatch, hub.url, "hf_another")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    hub.status = 500
    assert "refused" in refused(monkeypatch, hub.url, TOKEN)
    assert "can't be reached" in refused(monkeypatch, "http://127.0.0.1:9", TOKEN)


@pytest.mark.parametrize("name", ["netglass", "a/b/c", "a b/c", "../x", "a/", "/b", "a/..", "ä/b"])
def test_a_name_that_is_none(name):
    with pytest.raises(ArgumentTypeError, match="USER/NAME"):
        space.repository(name)


def test_the_space_has_what_the_container_has():
    text = (ROOT / "deploy" / "Containerfile").read_text()
    copied = set(re.findall(r"^COPY (\S+) ", text, re.MULTILINE))
    assert copied <= {*space.FOLDERS, *space.FILES}
    assert all((ROOT / name).exists() for name in (*space.FOLDERS, *space.FILES))
