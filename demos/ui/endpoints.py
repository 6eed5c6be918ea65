"""Public endpoints: one typed, documented function each, apart from the page's own private events.

The components that carry an endpoint's inputs and outputs are made from the function's signature
and are never shown. Gradio takes an endpoint's defaults from its components' values.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, get_args, get_type_hints

import gradio as gr
from PIL import Image

from demos.runtime import i18n
from demos.ui import examples
from demos.ui.components import NO_UPLOAD, Photo, Photos, Text
from demos.ui.page import HEAVY, localize_errors
from models import images
from models.validation import WRONG_TYPE, Setting, Settings, ValidationError, shown, typed

END = ""  # in `expose(before=...)`: after all fields

# Errors that carry neither a name nor a value: which parameter they speak of.
ABOUT = {
    "area_and_masks": "area",
    "drawn_outside": "points",
    "drawn_points": "points",
    "face_too_small": "image",
    "lab_wrong_data": "architecture",
    "film_too_long": "content",
    "layer_weights": "layer_weights",
    "masks_large": "size",
    "no_animal": "content",
    "no_discriminator": "model",
    "no_face": "image",
    "no_film": "content",
    "no_layers": "layer",
    "no_style_layer": "layer_weights",
    "no_style_layers": "model",
    "not_a_film": "content",
    "own_pictures": "pictures",
    "own_pictures_same": "pictures",
    "regions_differ": "style_mask",
    "one_of_several": "more",
    "second_style": "second_style",
    "size_too_large": "size",
    "size_too_small": "size",
    "style_too_small": "style",
    "too_few_samples": "samples",
    "too_many_photos": "more",
    "too_many_units": "units",
    "untargeted_only": "target",
    "walk_stops": "stops",
}


class Picture(str):
    """Annotation of a picture that comes in: the path of the uploaded file."""


class Pictures(list):
    """Annotation of several pictures that come in: the paths of the uploaded files."""


_INPUTS: dict[type, Callable[..., gr.components.Component]] = {
    Picture: Photo,
    Pictures: partial(Photos, file_count="multiple"),
    str: Text,
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
    names: Mapping[str, str] | None = None,
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
        optional: fields may be left out, as None or, for a string, "": the function then does not
            receive them.
        names: what the endpoint calls a field, or what an error calls by another name.
    """
    own = _own_parameters(function)
    described = settings.described() if settings else {}
    if fields is not None:
        described = {name: described[name] for name in described if name in fields}
    ordered, names = _ordered(own, described, before or {}, optional), names or {}
    keywords = [parameter.name for parameter in ordered]
    parameters = [p.replace(name=names.get(p.name, p.name)) for p in ordered]
    with gr.Column(visible=False):
        inputs = [_component(p.annotation, p) for p in parameters]
        results = [
            kind(label=label, format="png") if kind is gr.Image else kind(label=label)
            for label, kind in outputs.items()
        ]
        trigger = gr.Button()

    def arguments(values) -> dict:
        given = dict(zip(keywords, values, strict=True))
        for parameter in own:
            given[parameter.name] = _checked(parameter, given[parameter.name])
        left_out = [
            name
            for name, field in described.items()
            if optional and (given[name] is None or (field.kind is str and given[name] == ""))
        ]
        return {name: value for name, value in given.items() if name not in left_out}

    if inspect.isgeneratorfunction(function):

        def saved(language, *values):
            with _naming_parameters(parameters, values, names):
                for found in function(language, **arguments(values)):
                    yield _saved(found, api_name)

        spoken = localize_errors(saved, labels=None)

        def endpoint(request, *args):
            yield from spoken(_language(request), *args)
    else:

        def saved(language, *values):
            with _naming_parameters(parameters, values, names):
                return _saved(function(language, **arguments(values)), api_name)

        spoken = localize_errors(saved, labels=None)

        def endpoint(request, *args):
            return spoken(_language(request), *args)

    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    endpoint.__signature__ = inspect.Signature([request, *parameters])  # type: ignore[attr-defined]
    endpoint.__annotations__ = {"request": gr.Request} | {p.name: p.annotation for p in parameters}
    endpoint.__doc__ = _documentation(function, described, names)
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
    """A setting as a parameter; a list may be left out, which says `None`."""
    default = field.default
    if optional:
        default = "" if field.kind is str else None
    if field.kind is list:
        default = None
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(field.name, keyword, default=default, annotation=field.kind)


def _documentation(
    function: Callable, described: Mapping[str, Setting], names: Mapping[str, str]
) -> str:
    """The docstring with a line for each setting behind those of "Args:", one line a parameter:
    Gradio reads no further than its first."""
    doc = re.sub(r"\n {8,}", " ", inspect.getdoc(function) or "")
    lines = "".join(
        f"    {names.get(name, name)}: {field.description}\n" for name, field in described.items()
    )
    if not lines:
        return doc
    arguments, separator, rest = doc.partition("\n\nReturns:")
    return f"{arguments}\n{lines.rstrip()}{separator}{rest}"


def _checked(parameter: inspect.Parameter, value: object) -> object:
    """The value of one of the function's own parameters, if it has the right type; numbers are
    checked where their range is known."""
    kind, optional = _kind(parameter.annotation)
    if value is None and (optional or parameter.default == ""):
        return parameter.default
    files = value if isinstance(value, list) else [value]
    if kind in (Picture, Pictures) and NO_UPLOAD in files:
        raise ValidationError("not_a_file", name=parameter.name)
    return typed(parameter.name, value, kind) if kind in WRONG_TYPE else value


@contextmanager
def _naming_parameters(
    parameters: Sequence[inspect.Parameter], values: Sequence[object], names: Mapping[str, str]
) -> Iterator[None]:
    """Errors name a parameter by what the endpoint calls it; where a sentence has no name in it,
    the parameter that it speaks of is noted."""
    try:
        yield
    except ValidationError as error:
        name = error.values.get("name")
        if isinstance(name, str) and name in names:
            raise ValidationError(error.key, **error.values | {"name": names[name]}) from None
        if name is None:
            given = zip(parameters, values, strict=True)
            told = [p.name for p, value in given if _tells(error, p, value)]
            about = [p.name for p in parameters if p.name == ABOUT.get(error.key)]
            error.parameter = next(iter(told + about), "")
        raise


def _tells(error: ValidationError, parameter: inspect.Parameter, value: Any) -> bool:
    """Whether an error comes from a parameter's value: it carries that, or is a picture's."""
    if _kind(parameter.annotation)[0] is not Picture:
        carried = shown(value) if isinstance(value, list) else value
        return isinstance(carried, str) and carried == error.values.get("value")
    try:
        images.open_image(value)
    except ValidationError as found:
        return found.key == error.key
    return False


def _saved(found, name: str):
    """Pictures among the results as files."""
    if isinstance(found, Image.Image):
        return examples.png(found, name)
    return type(found)(_saved(part, name) for part in found) if type(found) is tuple else found


def _language(request: gr.Request | None) -> str:
    return i18n.detect(request.headers.get("accept-language") if request else None)


def _kind(annotation: Any) -> tuple[type, bool]:
    """(type, whether it may be None): "str | None" is a text that may be left out."""
    parts = get_args(annotation) or (annotation,)
    return next(part for part in parts if part is not type(None)), type(None) in parts


def _component(kind: type, parameter: inspect.Parameter) -> gr.components.Component:
    value = None if parameter.default is inspect.Parameter.empty else parameter.default
    kind, _ = _kind(kind)
    if kind is bool and value is None:
        kind = list  # a checkbox that is left out says "no"; JSON can say nothing
    return _INPUTS[kind](label=parameter.name, value=value)
