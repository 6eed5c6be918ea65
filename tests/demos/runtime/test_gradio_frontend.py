"""The scripts of Gradio's page that are changed, and how they are sent."""

import hashlib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.runtime import gradio_frontend

# Of the changed files of Gradio 6.31.0.
READ = {"core": "core-Bdx9080F.js", "Blocks": "Blocks-D1GWYZdr.js"}


@pytest.fixture(scope="module")
def client():
    return TestClient(Starlette(routes=gradio_frontend.routes()))


@pytest.mark.parametrize("start", gradio_frontend.CHANGES)
def test_gradio_is_the_one_that_was_read(start, client):
    """Fails when Gradio changes what is patched: read it again, see `gradio_frontend`."""
    script = (gradio_frontend.ASSETS / READ[start]).read_text("utf-8")
    sent = client.get(f"/assets/{READ[start]}")
    assert sent.headers["content-type"].startswith("text/javascript")
    assert sent.text == gradio_frontend.changed(script, gradio_frontend.CHANGES[start]) != script
    for _, new in gradio_frontend.CHANGES[start]:
        assert new in sent.text


def test_what_a_browser_has_is_not_sent_again(client):
    path = f"/assets/{READ['core']}"
    first = client.get(path)
    digest = hashlib.sha256(first.content).hexdigest()
    assert first.headers["etag"] == f'"{digest[:32]}"'
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("found", ["", "b", "aa"])
def test_another_script_stays_as_it_is(found, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(gradio_frontend, "CHANGES", {"core": (("a", "A"), ("c", "C"))})
    (tmp_path / "core-1.js").write_text(found + "c")
    assert gradio_frontend.routes(tmp_path) == []
    (tmp_path / "core-1.js").write_text("cab")
    (route,) = gradio_frontend.routes(tmp_path)
    assert TestClient(Starlette(routes=[route])).get("/assets/core-1.js").text == "CAb"
