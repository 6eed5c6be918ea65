"""The list of ImageNet's classes, which stands in the page once.

Gradio's page is a script that assigns one object. In it each dropdown of classes says all 1,000:
once by name and in the page's language, and three times more for the API. Here they are written
once, before that object, which spreads them where they belong.
"""

from __future__ import annotations

import json
from functools import cache

from demos.runtime import i18n
from models.labels import imagenet

OBJECT = b"window.gradio_config = "
CHOICES, NAMES = "netglassClassChoices", "netglassClassNames"  # constants of the script


@cache
def _written(language: str) -> tuple[bytes, bytes]:
    """(choices, names) as Gradio writes them, without the brackets around the list."""
    names = imagenet.class_names()
    choices = [i18n.class_choice(language, name) for name in names]
    return _items(choices), _items(names)


def _items(values: object) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1]
    for letter in "'&<>":  # none of which may stand in a page's script
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode()


def write_once(page: bytes, language: str) -> bytes:
    """The page with the classes in one place; as it was where it is not the page that was read."""
    choices, names = _written(language)
    if page.count(OBJECT) != 1 or page.count(choices) < 2:
        return page
    before, found, after = page.partition(OBJECT)
    after = after.replace(choices, f"...{CHOICES}".encode())
    after = after.replace(names, f"...{NAMES}".encode())
    constants = f"const {NAMES} = {CHOICES}.map(([, name]) => name);\n"
    listed = f"const {CHOICES} = [".encode() + choices + b"];\n" + constants.encode()
    return before + listed + found + after
