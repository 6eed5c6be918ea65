"""Pictures in Gradio's cache: named by their content, so a file that is there stays as it is.

Gradio writes it anew each time the same picture is shown, and whoever is downloading it just then
(an example that a whole class looks at) gets half of it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import gradio as gr
from gradio import processing_utils
from PIL import Image

from demos.runtime import errors


def kept(content: bytes, name: str, folder: str) -> str:
    """Path of a file called `name` that holds `content`: whole from the moment it is there."""
    place = Path(folder) / processing_utils.hash_bytes(content)
    path = (place / name).resolve()
    if path.exists():
        os.utime(path)  # the cache is cleaned up by age
        return str(path)
    place.mkdir(exist_ok=True, parents=True)
    handle, staging = tempfile.mkstemp(dir=place)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(staging, path)
    except OSError:
        os.unlink(staging)  # half a picture on a full disk
        raise
    return str(path)


def kept_picture(
    img: Image.Image, cache_dir: str, name: str = "image", format: str = "webp"
) -> str:
    """As Gradio's `save_pil_to_cache`, whose parameters these are."""
    content = processing_utils.encode_pil_to_bytes(img, format)
    try:
        return kept(content, f"{name}.{format}", cache_dir)
    except OSError as error:
        # Gradio saves after the event is over, when nobody knows any more in which language.
        raise gr.Error(str(errors.as_validation_error(error)), print_exception=False) from None


def keep_whole() -> None:
    """Makes Gradio's components save their pictures by `kept_picture`."""
    processing_utils.save_pil_to_cache = kept_picture
