"""A picture that is already in the cache is not written again."""

from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from demos.runtime import cache


def test_the_same_content_is_written_once(tmp_path):
    path = Path(cache.kept(b"one", "a.png", str(tmp_path)))
    before = path.stat()
    assert cache.kept(b"one", "a.png", str(tmp_path)) == str(path)
    after = path.stat()
    assert path.read_bytes() == b"one"
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    assert [found.name for found in path.parent.iterdir()] == ["a.png"]
    other = Path(cache.kept(b"two", "a.png", str(tmp_path)))
    assert other != path
    assert other.read_bytes() == b"two"


def test_gradios_pictures_are_saved_so(blocks, tmp_path):
    assert blocks  # building the page sees to it
    image = Image.effect_noise((20, 30), 80).convert("RGB")
    component = gr.Image(format="png")
    component.GRADIO_CACHE = str(tmp_path)
    first, second = (component.postprocess(image) for _ in range(2))
    assert first.path == second.path
    with Image.open(first.path) as found:
        assert np.array_equal(np.asarray(found), np.asarray(image))
    assert gr.processing_utils.save_pil_to_cache is cache.kept_picture
