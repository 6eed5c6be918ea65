"""The four languages of the page: texts by key, detection, and error messages in each."""

import json
from functools import cache
from pathlib import Path

from models.validation import MESSAGES, ValidationError

LANGUAGES = {"en": "English", "mr": "मराठी", "ne": "नेपाली", "hi": "हिन्दी"}
DEFAULT = "en"
FOLDER = Path(__file__).with_name("texts")


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of one language, by key; English error messages come from `models.validation`."""
    found = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    if language == DEFAULT:
        found |= {f"error.{key}": text for key, text in MESSAGES.items()}
    return found


def say(language: str, key: str, **values) -> str:
    """The text of `key`, its braces filled; an unknown language is answered in English."""
    text = texts(language if language in LANGUAGES else DEFAULT)[key]
    return text.format(**values) if values else text


def breed_key(breed: str) -> str:
    """The key of a pet breed's name."""
    return "breed." + breed.lower().replace(" ", "_")


def breed_name(language: str, breed: str) -> str:
    """A pet breed's usual name in `language`."""
    return say(language, breed_key(breed))


def detect(accept_language: str | None) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110), else English."""
    accepted: list[tuple[float, int, str]] = []
    for part in (accept_language or "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        language = tag.split("-")[0].lower()
        if language in LANGUAGES and weight > 0:
            accepted.append((-weight, len(accepted), language))
    return min(accepted)[2] if accepted else DEFAULT


def error_message(language: str, error: ValidationError, labels: bool = True) -> str:
    """What an error says, in `language`; with `labels`, knobs have the names the page shows, else
    a sentence without a name begins with the endpoint's parameter."""
    values = dict(error.values)
    label = f"name.{values.get('name')}"
    if labels and label in texts(DEFAULT):
        values["name"] = say(language, label)
    text = say(language, f"error.{error.key}", **values)
    return f"{error.parameter}: {text}" if error.parameter and not labels else text
