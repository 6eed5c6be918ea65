"""The patches do what they say, and the code that they replace is the one that was read."""

import ast
import hashlib
import inspect
import os
import tempfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio import blocks as gradio_blocks
from gradio import processing_utils, routes, state_holder, utils
from gradio.context import LocalContext
from gradio.state_holder import SessionState
from gradio_client import utils as client_utils
from PIL import Image

from demos.runtime import gradio_patches
from demos.runtime.i18n import say

# Of the code in Gradio 6.31.0, without its white space.
READ = {
    (processing_utils, "save_pil_to_cache"): "65b007e97bb18607",
    (processing_utils, "_check_allowed"): "faf116a7d9c13df0",
    (gradio_blocks, "Blocks.validate_inputs"): "c762a79b576c78ac",
    (utils, "diff"): "44042af331f6fdfa",
    (gradio_blocks, "Blocks.handle_streaming_diffs"): "68e9d001909afb22",
    (state_holder, "SessionState.__init__"): "c79322f504de2ce0",
    (state_holder, "SessionState.__setitem__"): "b9901f92d653c269",
    (state_holder, "SessionState._update_config"): "c2158ecad0b3d015",
    (state_holder, "SessionState._update_value_in_config"): "8e63404c8c6aa1ac",
}


def code_of(module, name: str) -> str:
    """The hash of a function as the file has it: the module itself may be patched."""
    source = inspect.getsource(module)
    node = ast.parse(source)
    for part in name.split("."):
        node = next(child for child in node.body if getattr(child, "name", "") == part)
    code = "".join(ast.get_source_segment(source, node).split())
    return hashlib.sha256(code.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("module", "name"), READ)
def test_gradio_is_the_one_that_was_read(module, name):
    """Fails when Gradio changes what is patched: read it again, see `gradio_patches`."""
    assert code_of(module, name) == READ[module, name]


def test_gradios_login_keeps_its_cookies_where_the_middleware_looks():
    code = inspect.getsource(routes)
    for name in ("access-token-{app.cookie_id}", "access-token-unsecure-{app.cookie_id}"):
        assert f'f"{name}"' in code
    assert "app.tokens[token] =" in code


def test_the_same_content_is_written_once(tmp_path):
    path = Path(gradio_patches.write_once(b"one", "a.png", str(tmp_path)))
    before = path.stat()
    assert gradio_patches.write_once(b"one", "a.png", str(tmp_path)) == str(path)
    after = path.stat()
    assert path.read_bytes() == b"one"
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    assert [found.name for found in path.parent.iterdir()] == ["a.png"]
    other = Path(gradio_patches.write_once(b"two", "a.png", str(tmp_path)))
    assert other != path
    assert other.read_bytes() == b"two"


def test_components_save_their_pictures_so(blocks, tmp_path):
    assert blocks  # building the page applies the patches
    image = Image.effect_noise((20, 30), 80).convert("RGB")
    component = gr.Image(format="png")
    component.GRADIO_CACHE = str(tmp_path)
    first, second = (component.postprocess(image) for _ in range(2))
    assert first.path == second.path
    with Image.open(first.path) as found:
        assert np.array_equal(np.asarray(found), np.asarray(image))
    assert processing_utils.save_pil_to_cache is gradio_patches.save_pil_to_cache


def on_a_full_disk(monkeypatch, tmp_path):
    """A cache whose files take no bytes; the folder."""
    real = tempfile.mkstemp

    def staged(dir):
        handle, path = real(dir=dir)
        os.close(handle)
        return os.open("/dev/full", os.O_WRONLY), path

    monkeypatch.setattr(tempfile, "mkstemp", staged)
    return str(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_no_half_picture_stays_on_a_full_disk(monkeypatch, tmp_path):
    folder = on_a_full_disk(monkeypatch, tmp_path)
    with pytest.raises(OSError, match="No space left"):
        gradio_patches.write_once(b"x" * 100_000, "a.png", folder)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    path = gradio_patches.write_once(b"x" * 100_000, "a.png", folder)
    assert os.path.getsize(path) == 100_000


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_picture_that_gradio_saves_says_that_the_disk_is_full(monkeypatch, tmp_path):
    folder = on_a_full_disk(monkeypatch, tmp_path)
    with pytest.raises(gr.Error) as caught:
        gradio_patches.save_pil_to_cache(Image.effect_noise((90, 90), 80), folder, format="png")
    assert caught.value.message == say("en", "error.disk_full")
    assert "/" not in caught.value.message


def test_where_a_file_was_looked_for_is_not_told(blocks, monkeypatch):
    monkeypatch.setattr(blocks, "has_launched", True, raising=False)
    monkeypatch.setattr(blocks, "blocked_paths", [], raising=False)
    token = LocalContext.blocks.set(blocks)
    try:
        for path in ("app.py", "/etc/passwd", "", "\0"):
            with pytest.raises(gr.Error) as caught:
                processing_utils._check_allowed(path, check_in_upload_folder=True)
            assert caught.value.message == say("en", "error.not_uploaded")
    finally:
        LocalContext.blocks.reset(token)


def test_a_session_begins_without_a_copy_of_the_page(blocks):
    session = SessionState(blocks)
    assert session.config_values == {}
    assert session.blocks_config.blocks == blocks.default_config.blocks
    assert session.blocks_config is not blocks.default_config


def test_what_an_event_changes_is_noted(blocks):
    session, other = SessionState(blocks), SessionState(blocks)
    chosen = next(b for b in blocks.blocks.values() if isinstance(b, gr.Dropdown))
    session[chosen._id] = gr.Dropdown(choices=["one"], value="one", render=False)
    session._update_config(chosen._id)
    assert session.config_values[chosen._id]["props"]["choices"] == [("one", "one")]
    assert session[chosen._id].choices == [("one", "one")]
    assert other[chosen._id] is chosen
    other._update_value_in_config(chosen._id, "two")
    assert other.config_values[chosen._id]["props"]["value"] == "two"


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("one", "one", []),
        ("one", "one more", [["replace", [], "one more"]]),
        ({"visible": False}, {}, [["replace", [], {}]]),
        ([1, 2], [1], [["replace", [], [1]]]),
        (None, {"value": 1}, [["replace", [], {"value": 1}]]),
    ],
)
def test_no_message_edits_the_one_before(blocks, old, new, edits):
    assert utils.diff(old, new) == edits
    assert client_utils.apply_diff(old, edits) == new
