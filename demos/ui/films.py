"""Films that people keep: files to download, and the buttons for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from demos.ui.page import Page
from models.films import writer

KINDS = ("gif", "mp4")


def kinds() -> tuple[str, ...]:
    """The formats that can be written here."""
    return KINDS if writer.encoder() else KINDS[:1]


def save(
    frames: Sequence[Image.Image], milliseconds: int, name: str, formats: Sequence[str]
) -> list[str]:
    """Paths of a film in several formats; raises as `writer.save`."""
    folder = Path(get_upload_folder()) / uuid4().hex
    folder.mkdir(parents=True)
    paths = [str(folder / f"{name}.{each}") for each in formats]
    for path in paths:
        writer.save(frames, path, milliseconds)
    return paths


def buttons(page: Page, elem_id: str, **options) -> list[gr.DownloadButton]:
    """A hidden button a format, `elem_id` and the format their ids; see `downloads`."""
    return [
        page.put(
            gr.DownloadButton, f"film.{kind}", visible=False, elem_id=f"{elem_id}-{kind}", **options
        )
        for kind in KINDS
    ]  # fmt: skip


def downloads(paths: Sequence[str]) -> list[dict]:
    """Updates of `buttons`: one that has no file keeps out of sight."""
    shown = [gr.update(value=path, visible=True) for path in paths]
    return [*shown, *[gr.update(value=None, visible=False)] * (len(KINDS) - len(paths))]
