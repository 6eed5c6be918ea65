import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from models import downloads


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


def test_fetch_reports_and_checks(server, tmp_path):
    folder, url = server
    body = b"weights" * 400_000
    name = f"net-{hashlib.sha256(body).hexdigest()[:8]}.pth"
    (folder / name).write_bytes(body)
    seen = []
    target = tmp_path / "cache" / name
    downloads.fetch(f"{url}/{name}", target, lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == body
    assert seen[-1] == (len(body), len(body))
    assert len(seen) == 3


def test_a_wrong_hash_leaves_nothing(server, tmp_path):
    folder, url = server
    (folder / "net-00000000.pth").write_bytes(b"something else")
    target = tmp_path / "cache" / "net-00000000.pth"
    with pytest.raises(OSError, match="hash"):
        downloads.fetch(f"{url}/net-00000000.pth", target)
    assert list(target.parent.iterdir()) == []


def test_reachable(server):
    folder, url = server
    (folder / "there").write_bytes(b"")
    assert downloads.reachable(f"{url}/there")
    assert not downloads.reachable(f"{url}/not-there")
    assert not downloads.reachable("http://127.0.0.1:9/nothing")
