"""Gradio components that leave checking to `models`: Gradio's own checks are English and come too
early for a message in the visitor's language that says what would be right.
"""

from typing import Any

import gradio as gr
from gradio.data_classes import ImageData, ListFiles
from gradio_client.utils import is_file_obj_with_meta
from pydantic import ValidationInfo, model_validator

NO_UPLOAD = ""  # the path of what a client sends as a picture and is no uploaded file
NO_PICTURE = gr.update(value=None, visible=False)  # of a picture until there is one


def picture(image: Any) -> dict:
    """The update that shows a picture, where `NO_PICTURE` was."""
    return gr.update(value=image, visible=True)


class PhotoData(ImageData):
    """What a client sends as a picture.

    Gradio answers a text or a list with a report of its own internals, and looks only at files that
    say "gradio.FileData" of themselves whether they were uploaded: any other path it would open.
    """

    @model_validator(mode="before")
    @classmethod
    def uploaded(cls, value: Any, info: ValidationInfo) -> Any:
        """`value` from a client if it is an uploaded file or nothing, else `NO_UPLOAD`."""
        from_client = (info.context or {}).get("validate_meta")
        if not from_client or is_file_obj_with_meta(value) or value == {}:
            return value
        return {"path": NO_UPLOAD}


class PhotosData(ListFiles):
    """What a client sends as several pictures; each as `PhotoData`."""

    @model_validator(mode="before")
    @classmethod
    def uploaded(cls, value: Any, info: ValidationInfo) -> Any:
        """A list from a client with `NO_UPLOAD` for what is no uploaded file; one alone is a list
        of one."""
        if not (info.context or {}).get("validate_meta"):
            return value
        given = value if isinstance(value, list) else [value]
        none = {"path": NO_UPLOAD, "meta": {"_type": "gradio.FileData"}}
        return [one if is_file_obj_with_meta(one) else none for one in given]


class Photo(gr.Image):
    """An uploaded picture, handed on as a file path and opened by `models.images` alone.

    gr.Image would open the file itself: a renamed text file or a 20,000 px picture then raises
    something that is no message, 16-bit turns white, and transparency is dropped.
    """

    is_template = True
    EVENTS = gr.Image.EVENTS
    data_model = PhotoData

    def preprocess(self, payload):
        return None if payload is None else payload.path


class Photos(gr.File):
    """Several uploaded pictures, handed on as their paths; as `Photo`. Takes `file_count`
    "multiple"."""

    is_template = True
    EVENTS = gr.File.EVENTS

    @property
    def data_model(self):
        return PhotosData

    @data_model.setter
    def data_model(self, kind) -> None:
        """gr.File sets its own when it is made."""

    def preprocess(self, payload):
        return None if payload is None else [file.path for file in payload]


class Upload(gr.UploadButton):
    """A button for a file of any kind, handed on as its path: what it is is for `models` to say."""

    is_template = True
    EVENTS = gr.UploadButton.EVENTS

    def preprocess(self, payload):
        return None if payload is None else payload.path


class Clip(gr.File):
    """An uploaded moving picture, handed on as a file path and opened by `models.films.reader`."""

    is_template = True
    EVENTS = gr.File.EVENTS

    def preprocess(self, payload):
        return None if payload is None else payload.path


class Text(gr.Textbox):
    """A text; gr.Textbox would make one of a number or a list."""

    is_template = True
    EVENTS = gr.Textbox.EVENTS

    def preprocess(self, payload):
        return payload


class Knob(gr.Slider):
    """A slider whose range is checked by the function it feeds."""

    is_template = True
    EVENTS = gr.Slider.EVENTS

    def preprocess(self, payload):
        return payload


class Choice(gr.Dropdown):
    """A dropdown whose value is checked by the function it feeds."""

    is_template = True
    EVENTS = gr.Dropdown.EVENTS

    def preprocess(self, payload):
        return payload
