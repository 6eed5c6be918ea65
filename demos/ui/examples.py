"""Example pictures, and results as files that a visitor can keep."""

from __future__ import annotations

import io
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from demos.runtime.gradio_patches import write_once
from demos.runtime.i18n import DEFAULT, say, texts
from demos.ui.page import PRIVATE, Page

EXAMPLES = Path(__file__).parents[1] / "examples"


def example(kind: str, name: str) -> str:
    """The path of one example picture."""
    return str(EXAMPLES / kind / f"{name}.jpg")


def paths(kind: str) -> list[str]:
    """The example pictures of one folder ("photos" or "styles"), by name."""
    return sorted(str(path) for path in (EXAMPLES / kind).glob("*.jpg"))


def name(kind: str, path: str | None) -> str:
    """The name by which `example` finds a picture, of which a visitor's page has a copy; "" for one
    that is none of them."""
    own = Path(path or "")
    known = Path(example(kind, own.stem))
    same = known.is_file() and own.is_file() and known.read_bytes() == own.read_bytes()
    return own.stem if same else ""


def title(language: str, path: str) -> str:
    """What a picture is called: an example in `language`, any other by its file's name."""
    name = Path(path).stem
    key = f"example.{name}"
    return say(language, key) if key in texts(DEFAULT) else name


def examples(page: Page, kind: str, target: gr.Image, first: str | None = None) -> None:
    """A row of thumbnails; a click puts the picture into `target`."""
    files = sorted(paths(kind), key=lambda path: Path(path).stem != first)
    shown = gr.Dataset(
        components=[target],
        samples=[[path] for path in files],
        samples_per_page=len(files),
        type="values",
        show_label=False,
        elem_classes="examples",
    )
    shown.click(lambda sample: sample[0], shown, target, **PRIVATE, queue=False)


def png(image: Image.Image, name: str) -> str:
    """Path of `image` saved without loss, in the cache that Gradio cleans up.

    Lightly compressed: a painting takes a third of the time and a tenth more bytes.
    """
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return file(stream.getvalue(), f"{name}.png")


def file(content: bytes, name: str) -> str:
    """Path of a file called `name`, in the cache that Gradio cleans up."""
    return write_once(content, name, get_upload_folder())
