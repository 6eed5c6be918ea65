"""Gradio components that leave checking to `models`: Gradio's own checks are English and come too
early for a message in the visitor's language that says what would be right.
"""

import gradio as gr


class Photo(gr.Image):
    """An uploaded picture, handed on as a file path and opened by `models.images` alone.

    gr.Image would open the file itself: a renamed text file or a 20,000 px picture then raises
    something that is no message, 16-bit turns white, and transparency is dropped.
    """

    is_template = True
    EVENTS = gr.Image.EVENTS

    def preprocess(self, payload):
        return None if payload is None else payload.path


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
