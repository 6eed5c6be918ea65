"""Public endpoints: one typed, documented function each, apart from the page's own private events.

The components that carry an endpoint's inputs and outputs are made from the function's signature
and are never shown. Gradio takes an endpoint's defaults from its components' values.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import get_args, get_type_hints

import gradio as gr
from PIL import Image

from demos.runtime import i18n
from demos.ui import examples
from demos.ui.components import Photo
from demos.ui.page import HEAVY, localize_errors
from models.validation import Setting, Settings

END = ""  # in `expose(before=...)`: after all fields


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


def expose(
    function: Callable,
    outputs: Mapping[str, type],
    api_name: str,
    group: dict = HEAVY,
    settings: type[Settings] | None = None,
    before: Mapping[str, str] | None = None,
    fields: Collection[str] | None = None,
    optional: bool = False,
):
    """Makes `function(language, ...)` a public endpoint named `api_name`.

    Args:
        function: a generator or a function; typed parameters, defaults, and a docstring whose
            "Args:" a stranger understands. Its first parameter receives the caller's language
            (from the Accept-Language header) and is not part of the endpoint.
        outputs: what it gives, by label: gr.Image (a PNG) or gr.JSON.
        group: concurrency settings.
        settings: its fields become parameters after the function's own, with their defaults and
            descriptions; the function receives them as keyword arguments.
        before: places parameters of the function before fields, by name, or at the `END`.
        fields: which fields of the settings; None makes parameters of all.
        optional: fields may be left out: the function then receives None, or "" for a string.
    """
    own = _own_parameters(function)
    described = settings.described() if settings else {}
    if fields is not None:
        described = {name: described[name] for name in described if name in fields}
    parameters = _ordered(own, described, before or {}, optional)
    with gr.Column(visible=False):
        inputs = [_component(p.annotation, p) for p in parameters]
        results = [
            kind(label=label, format="png") if kind is gr.Image else kind(label=label)
            for label, kind in outputs.items()
        ]
        trigger = gr.Button()

    def called(language, *values):
        named = dict(zip((p.name for p in parameters), values, strict=True))
        return function(language, **named)

    if inspect.isgeneratorfunction(function):

        def saved(*args):
            for found in called(*args):
                yield _saved(found, api_name)

        spoken = localize_errors(saved, labels=False)

        def endpoint(request, *args):
            yield from spoken(_language(request), *args)
    else:
        spoken = localize_errors(lambda *args: _saved(called(*args), api_name), labels=False)

        def endpoint(request, *args):
            return spoken(_language(request), *args)

    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    endpoint.__signature__ = inspect.Signature([request, *parameters])  # type: ignore[attr-defined]
    endpoint.__annotations__ = {"request": gr.Request} | {p.name: p.annotation for p in parameters}
    endpoint.__doc__ = _documentation(function, described)
    endpoint.__name__ = api_name
    trigger.click(endpoint, inputs, results, api_name=api_name, **group)


def _own_parameters(function: Callable) -> list[inspect.Parameter]:
    """The function's parameters but the language and `**settings`, with their types."""
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [
        p.replace(annotation=hints[p.name], kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for p in parameters
        if p.kind is not inspect.Parameter.VAR_KEYWORD
    ]


def _ordered(
    own: list[inspect.Parameter],
    described: Mapping[str, Setting],
    before: Mapping[str, str],
    optional: bool,
) -> list[inspect.Parameter]:
    """The function's parameters and those of the settings, in the endpoint's order."""
    ordered = [parameter for parameter in own if parameter.name not in before]
    for name, field in described.items():
        ordered += [parameter for parameter in own if before.get(parameter.name) == name]
        ordered.append(_parameter(field, optional))
    return ordered + [parameter for parameter in own if before.get(parameter.name) == END]


def _parameter(field: Setting, optional: bool) -> inspect.Parameter:
    """A setting as a parameter; a tuple or list may be left out, which says `None`. What is `None`
    by itself is a number if it has a range, else a string."""
    kind, default = type(field.default), field.default
    if optional:
        default = "" if kind is str else None
    if isinstance(field.default, tuple | list):
        kind, default = list, None
    elif field.default is None:
        kind = float if math.isfinite(field.low) else str
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(field.name, keyword, default=default, annotation=kind)


def _documentation(function: Callable, described: Mapping[str, Setting]) -> str:
    """The docstring with a line for each setting behind those of "Args:", one line a parameter:
    Gradio reads no further than its first."""
    doc = re.sub(r"\n {8,}", " ", inspect.getdoc(function) or "")
    lines = "".join(f"    {name}: {field.description}\n" for name, field in described.items())
    if not lines:
        return doc
    arguments, separator, rest = doc.partition("\n\nReturns:")
    return f"{arguments}\n{lines.rstrip()}{separator}{rest}"


def _saved(found, name: str):
    """Pictures among the results as files."""
    if isinstance(found, Image.Image):
        return examples.png(found, name)
    return type(found)(_saved(part, name) for part in found) if type(found) is tuple else found


def _language(request: gr.Request | None) -> str:
    return i18n.detect(request.headers.get("accept-language") if request else None)


def _component(kind: type, parameter: inspect.Parameter) -> gr.components.Component:
    value = None if parameter.default is inspect.Parameter.empty else parameter.default
    # "str | None" is a text that may be left out.
    kind = next(part for part in (get_args(kind) or (kind,)) if part is not type(None))
    if kind is bool and value is None:
        kind = list  # a checkbox that is left out says "no"; JSON can say nothing
    return _INPUTS[kind](label=parameter.name, value=value)
