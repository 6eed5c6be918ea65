"""Code as text: Python, a call of the endpoint in Python, and the same with curl."""

from __future__ import annotations

import json
import shlex
from typing import Any

from demos.ui.code.expressions import literal
from demos.ui.code.recipe import Given, Recipe

SERVER = "http://127.0.0.1:7860"  # the page puts its own address in its place
FILE = {"_type": "gradio.FileData"}


def python(recipe: Recipe, given: Given) -> str:
    """A script that makes the result, to be run in the project's folder."""
    return f"import models\n\n{recipe.python(given)}"


def asked(recipe: Recipe, given: Given) -> dict[str, Any] | None:
    """The endpoint's arguments by name, without the pictures; None if it can't be asked for
    this."""
    if not recipe.endpoint or not recipe.askable(given.settings):
        return None
    told = {name: getattr(given.settings, name) for name in recipe.always} | given.changed
    # Endpoints take null for their default, and "" for none.
    told = {name: "" if value is None else value for name, value in told.items()}
    named = {recipe.names.get(name, name): value for name, value in told.items()}
    return named | dict(recipe.constants)


def client(recipe: Recipe, given: Given) -> str:
    """A call with gradio_client; "" if no endpoint makes the result."""
    arguments = asked(recipe, given)
    if arguments is None:
        return ""
    files = [f"{name}=handle_file({literal(path)})" for name, path in given.pictures.items()]
    for name, paths in given.listed.items():
        if arguments.pop(name, ()):
            files.append(f"{name}=[{', '.join(f'handle_file({literal(path)})' for path in paths)}]")
    values = [f"{name}={literal(_plain(value))}" for name, value in arguments.items()]
    lines = [*files, *values, f'api_name="/{recipe.endpoint}"']
    imported = "Client, handle_file" if files else "Client"
    body = "".join(f"    {line},\n" for line in lines)
    return (
        f"from gradio_client import {imported}\n\n"
        f'client = Client("{SERVER}")\n'
        f"{', '.join(recipe.outputs)} = client.predict(\n{body})\n"
        f"print({', '.join(recipe.outputs)})\n"
    )


def curl(recipe: Recipe, given: Given) -> str:
    """The same in a shell: pictures are uploaded, the call gives a number, and that the result."""
    arguments = asked(recipe, given)
    if arguments is None:
        return ""
    body: dict[str, Any] = {}
    lines, variables = [f"SERVER={SERVER}/gradio_api"], []

    def uploaded(variable: str, path: str) -> dict[str, Any]:
        upload = f'curl -s "$SERVER/upload" -F {shlex.quote(f"files=@{path}")}'
        lines.append(f"{variable}=$({upload} | cut -d'\"' -f2)")
        variables.append(variable)
        return {"path": f"${variable}", "meta": FILE}

    for name, path in given.pictures.items():
        body[name] = uploaded(name.upper(), path)
    body |= arguments
    for name, paths in given.listed.items():
        if name in arguments:
            numbered = enumerate(paths, 1)
            body[name] = [uploaded(f"{name.upper()}{n}", path) for n, path in numbered]
    text = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
    for variable in variables:
        text = text.replace(f'"${variable}"', f'"\'"${variable}"\'"')
    call = f"$SERVER/call/v2/{recipe.endpoint}"
    lines += [
        f'ID=$(curl -s "{call}" -H "Content-Type: application/json" \\',
        f"  -d '{text}' | cut -d'\"' -f4)",
        f'curl -sN "{call}/$ID"',
    ]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """A value as JSON would bring it back."""
    return list(value) if isinstance(value, tuple) else value
