"""The manifest is true of every weight file, damage is noticed, and downloads are checked."""

import functools
import hashlib
import json
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save_file

from models import registry, weights
from models.validation import ValidationError

MANIFEST = json.loads((weights.FOLDER / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path):
    save_file({"a": torch.ones(2, dtype=torch.float16)}, tmp_path / "toy.safetensors")
    digest = hashlib.sha256((tmp_path / "toy.safetensors").read_bytes()).hexdigest()
    entry = {"toy": {"file": "toy.safetensors", "sha256": digest}}
    (tmp_path / "manifest.json").write_text(json.dumps(entry))
    return tmp_path


def test_half_on_disk_is_single_in_memory(folder):
    tensors = weights.load("toy", folder)
    assert tensors["a"].dtype == torch.float32
    assert tensors["a"].tolist() == [1.0, 1.0]


def test_a_changed_byte_is_refused(folder):
    path = folder / "toy.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValidationError, match="damaged"):
        weights.load("toy", folder)


def test_a_missing_file_is_refused(folder):
    (folder / "toy.safetensors").unlink()
    with pytest.raises(ValidationError, match="missing"):
        weights.load("toy", folder)


@pytest.mark.parametrize("content", [None, "{", "{}", "[]", '{"toy": 5}', '{"toy": {}}'])
def test_a_manifest_that_is_missing_or_broken_is_refused(folder, content):
    (folder / "manifest.json").unlink()
    if content:
        (folder / "manifest.json").write_text(content)
    with pytest.raises(ValidationError, match="missing"):
        weights.load("toy", folder)


def test_every_generator_has_weights():
    assert set(registry.GANS) <= set(MANIFEST)


def test_no_file_without_an_entry():
    files = {path.name for path in weights.FOLDER.iterdir()} - {"manifest.json"}
    assert files == {entry["file"] for entry in MANIFEST.values()}


@pytest.mark.parametrize("name", MANIFEST)
def test_entries_are_complete_and_true(name):
    entry = MANIFEST[name]
    content = (weights.FOLDER / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert len(content) == entry["bytes"] < 30e6
    for key in ("licence", "data", "command", "measured"):
        assert entry[key], key


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        pass


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_download_reports_and_checks(server, tmp_path):
    folder, url = server
    body = b"weights" * 400_000
    name = f"net-{hashlib.sha256(body).hexdigest()[:8]}.pth"
    (folder / name).write_bytes(body)
    seen = []
    target = tmp_path / "cache" / name
    weights.download(f"{url}/{name}", target, lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == body
    assert seen[-1] == (len(body), len(body))
    assert len(seen) == 3


def test_a_wrong_hash_leaves_nothing(server, tmp_path):
    folder, url = server
    (folder / "net-00000000.pth").write_bytes(b"something else")
    target = tmp_path / "cache" / "net-00000000.pth"
    with pytest.raises(OSError, match="hash"):
        weights.download(f"{url}/net-00000000.pth", target)
    assert list(target.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(server, tmp_path):
    """CI runs as root, who may write everywhere: a folder below a file can't even be made."""
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "folder" / "net-00000000.pth"
    with pytest.raises(ValidationError, match="may not write to the folder") as caught:
        weights.download(f"{server[1]}/{target.name}", target)
    assert str(target.parent) in str(caught.value)


@pytest.mark.parametrize("disk_bytes", [4 << 10, 64 << 10])
def test_a_disk_that_is_full_during_a_download(server, tmp_path, disk_bytes):
    folder, url = server
    (folder / "net-00000000.pth").write_bytes(bytes(100 << 10))
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={disk_bytes}", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        with pytest.raises(ValidationError, match="is full"):
            weights.download(f"{url}/net-00000000.pth", disk / "net-00000000.pth")
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_reachable(server):
    folder, url = server
    (folder / "there").write_bytes(b"")
    assert weights.reachable(f"{url}/there")
    assert not weights.reachable(f"{url}/not-there")
    assert not weights.reachable("http://127.0.0.1:9/nothing")
