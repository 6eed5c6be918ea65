"""Public endpoints: one typed, documented function each, apart from the page's own private events.

The components that carry an endpoint's inputs and outputs are made from the function's signature
and are never shown. Gradio takes an endpoint's defaults from its components' values.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import get_args, get_type_hints

import gradio as gr
from PIL import Image

from demos.runtime import i18n
from demos.ui import examples as pictures
from demos.ui.components import Photo
from demos.ui.page import HEAVY, speaks


class Picture(str):
    """Annotation of a picture that comes in: the path of the uploaded file."""


_INPUTS = {
    Picture: Photo,
    str: gr.Textbox,
    int: gr.Number,
    float: gr.Number,
    bool: gr.Checkbox,
    list: gr.JSON,
}


def expose(function: Callable, outputs: dict[str, type], api_name: str, group: dict = HEAVY):
    """Makes `function(language, ...)` a public endpoint named `api_name`.

    Args:
        function: a generator or a function; typed parameters, defaults, and a docstring whose
            "Args:" a stranger understands. Its first parameter receives the caller's language
            (from the Accept-Language header) and is not part of the endpoint.
        outputs: what it gives, by label: gr.Image (a PNG) or gr.JSON.
        group: concurrency settings.
    """
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    with gr.Column(visible=False):
        inputs = [_component(hints[p.name], p) for p in parameters]
        results = [
            kind(label=label, format="png") if kind is gr.Image else kind(label=label)
            for label, kind in outputs.items()
        ]
        trigger = gr.Button()

    if inspect.isgeneratorfunction(function):

        def kept(*args):
            for found in function(*args):
                yield _saved(found, api_name)

        spoken = speaks(kept, labels=False)

        def endpoint(request, *args):
            yield from spoken(_code(request), *args)
    else:
        spoken = speaks(lambda *args: _saved(function(*args), api_name), labels=False)

        def endpoint(request, *args):
            return spoken(_code(request), *args)

    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    endpoint.__signature__ = inspect.Signature([request, *parameters])
    endpoint.__annotations__ = {"request": gr.Request} | {p.name: hints[p.name] for p in parameters}
    endpoint.__doc__, endpoint.__name__ = _unfolded(inspect.getdoc(function)), api_name
    trigger.click(endpoint, inputs, results, api_name=api_name, **group)


def _saved(found, name: str):
    """Pictures among the results as files."""
    if isinstance(found, Image.Image):
        return pictures.png(found, name)
    return type(found)(_saved(part, name) for part in found) if type(found) is tuple else found


def _unfolded(doc: str) -> str:
    """`doc` with every parameter on one line: Gradio reads no further than its first."""
    return re.sub(r"\n {8,}", " ", doc)


def _code(request: gr.Request | None) -> str:
    return i18n.detect(request.headers.get("accept-language") if request else None)


def _component(kind: type, parameter: inspect.Parameter) -> gr.components.Component:
    value = None if parameter.default is inspect.Parameter.empty else parameter.default
    # "str | None" is a text that may be left out.
    kind = next(part for part in (get_args(kind) or (kind,)) if part is not type(None))
    if kind is bool and value is None:
        kind = list  # a checkbox that is left out says "no"; JSON can say nothing
    return _INPUTS[kind](label=parameter.name, value=value)
