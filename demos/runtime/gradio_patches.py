"""What Netglass changes in Gradio itself; everything was read in Gradio 6.31.0.

`apply` installs the patches before the page is built. The tests compare the code they replace with
the code that was read: when they fail after an update, read it again, then change the pin in
requirements.txt.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
from gradio import processing_utils, utils
from gradio.blocks import BlockFunction
from gradio.state_holder import SessionState
from PIL import Image

from demos.runtime import errors
from models.messages import MESSAGES

_init_session = SessionState.__init__
_check_allowed = processing_utils._check_allowed


def apply() -> None:
    """Installs all patches; calling it again changes nothing."""
    processing_utils.save_pil_to_cache = save_pil_to_cache
    processing_utils._check_allowed = check_allowed
    gr.Blocks.validate_inputs = validate_inputs  # type: ignore[assignment, method-assign]
    SessionState.__init__ = init_session  # type: ignore[assignment, method-assign]
    utils.diff = whole_value


# The cache of pictures. A file there is named by its content, yet Gradio writes it anew each time
# the same picture is shown, and whoever is downloading it just then (an example that a whole class
# looks at) gets half of it.


def write_once(content: bytes, name: str, folder: str) -> str:
    """Path of a file called `name` that holds `content`, complete as soon as it exists."""
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


def save_pil_to_cache(
    img: Image.Image, cache_dir: str, name: str = "image", format: str = "webp"
) -> str:
    """Replaces `processing_utils.save_pil_to_cache`: an existing file is left as it is."""
    content = processing_utils.encode_pil_to_bytes(img, format)
    try:
        return write_once(content, f"{name}.{format}", cache_dir)
    except OSError as error:
        # Gradio saves after the event is over, when the visitor's language is no longer known.
        raise gr.Error(str(errors.as_validation_error(error)), print_exception=False) from None


# What a client names as its upload. Gradio tells where on the server it looked for it.


def check_allowed(path: str | Path, check_in_upload_folder: bool) -> None:
    """Replaces `processing_utils._check_allowed`: a client's file that is no upload is refused by a
    sentence without folders."""
    try:
        _check_allowed(path, check_in_upload_folder)
    except (ValueError, OSError):
        if not check_in_upload_folder:
            raise
        # Gradio looks before the event begins, when the visitor's language is not known yet.
        raise gr.Error(MESSAGES["not_uploaded"], print_exception=False) from None


# Too few values over HTTP, where they have no names. Gradio speaks of a JavaScript function and
# shows addresses of objects in memory.


def validate_inputs(_blocks: gr.Blocks, event: BlockFunction, inputs: Sequence[object]) -> None:
    """Replaces `Blocks.validate_inputs`: says which values the endpoint takes."""
    names = [str(getattr(block, "label", "")) for block in event.inputs]
    if len(inputs) < len(names):
        values = {"count": len(names), "names": ", ".join(names), "given": len(inputs)}
        raise gr.Error(MESSAGES["missing_values"].format(**values), print_exception=False)


# A visitor's session. For every new one, and for every call of a client that names none, Gradio
# copies the settings of all components: 2 MB and 0.18 s of this page, on the thread that serves
# everybody. They are for addresses of its own that restore a page, which Netglass does not offer
# (`demos.ui.deep_links` does that).


def init_session(session: SessionState, blocks: gr.Blocks) -> None:
    """Replaces `SessionState.__init__`: no copy at the start; what an event changes is noted."""
    empty = SimpleNamespace(default_config=blocks.default_config, blocks={})
    _init_session(session, empty)  # type: ignore[arg-type]


# What an event says after its first message is sent as edits of that. When the messages come before
# the answer to the event's request (a busy browser has both waiting), Gradio's page edits the first
# message in place before it has shown it: updates in it are lost, such as `visible=False`.


def whole_value(old: object, new: object) -> list:
    """Replaces `utils.diff`: a value that has changed is sent anew, and no value is edited."""
    return [] if old == new else [["replace", [], new]]
