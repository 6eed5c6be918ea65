"""Values and calls as a person would write them in Python."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 66  # of a call that stands on one line; a name and " = " come before it


def literal(value: Any) -> str:
    """A value as Python, strings in double quotes.

    >>> literal(("a", 1.0, None))
    '("a", 1.0, None)'
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # JSON's strings are Python's too
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, tuple):
        ending = "," if len(value) == 1 else ""
        return f"({', '.join(map(literal, value))}{ending})"
    return repr(value)


def call(function: str, *positional: str, **named: Any) -> str:
    """A call, on one line if that is short.

    Args:
        positional: arguments as Python.
        named: values.

    >>> call("models.stylize", "content", "style", steps=40)
    'models.stylize(content, style, steps=40)'
    """
    arguments = [*positional, *(f"{name}={literal(value)}" for name, value in named.items())]
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    return f"{function}(\n" + "".join(f"    {each},\n" for each in arguments) + ")"
