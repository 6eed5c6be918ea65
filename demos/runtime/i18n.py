"""The four languages of the page: texts by key, detection, and error messages in each.

What the page is built of is said in the language of the request that opens it, and anew when the
language is switched. What an event writes later is in all languages at once (`EVERY`), of which the
browser shows one: a switch can't leave it behind, and a run under way needs not be told.
"""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from models.messages import MESSAGES
from models.validation import ValidationError

LANGUAGES = {"en": "English", "mr": "मराठी", "ne": "नेपाली", "hi": "हिन्दी"}
DEFAULT = "en"
EVERY = "*"  # as a language: `say` gives HTML in all of them
FOLDER = Path(__file__).with_name("texts")
COOKIE = "netglass-language"
PAGE_LABELS: Mapping[str, str] = {}  # of `error_message`: those of the settings' descriptions
NAMES_A_CLASS = ("target_is_prediction",)  # errors whose `value` is a class that the page shows
# Texts of Gradio's own: its key comes behind the first prefix; behind the second are those that
# have none.
GRADIO, GRADIO_FIXED = "gradio.", "gradio_fixed."

# The language of the request being answered; set by `demos.runtime.middleware`.
requested: ContextVar[str] = ContextVar("requested language", default=DEFAULT)
_titles: set[str] = set()  # keys of texts that events write into labels


class Words(Markup):
    """A text in every language as HTML.

    Attributes:
        by_language: the HTML of each.
    """

    by_language: dict[str, str]


def every(render: Callable[[str], str], tag: str = "span") -> Words:
    """What `render(language)` gives, escaped unless it is HTML, in every language."""
    found = {language: str(escape(render(language))) for language in LANGUAGES}
    if len(set(found.values())) == 1:
        words = Words(found[DEFAULT])
    else:
        parts = (f'<{tag} class="said said-{c}">{text}</{tag}>' for c, text in found.items())
        words = Words("".join(parts))
    words.by_language = found
    return words


def style() -> str:
    """The CSS rules that hide what is said in other languages than the page's."""
    return "".join(
        f'html[lang="{language}"] .said:not(.said-{language}){{display:none!important}}'
        for language in LANGUAGES
    )


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of one language, by key; English error messages come from `models.validation`."""
    found = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    if language == DEFAULT:
        found |= {f"error.{key}": text for key, text in MESSAGES.items()}
    return found


def say(language: str, key: str, **values) -> str:
    """The text of `key`, its braces filled; an unknown language is answered in English.

    In `EVERY` language it is HTML, and values that are not are escaped.
    """
    if language == EVERY:
        return every(lambda language: _html(language, key, values))
    text = texts(language if language in LANGUAGES else DEFAULT)[key]
    return text.format(**values) if values else text


def _html(language: str, key: str, values: dict) -> Markup:
    own = {
        name: Markup(value.by_language[language]) if isinstance(value, Words) else value
        for name, value in values.items()
    }
    text = escape(texts(language)[key])
    return text.format(**own) if own else text


def class_key(name: str) -> str:
    """The key of a class's name: a pet breed's, or what ImageNet calls something."""
    return "class." + name.lower().replace(" ", "_")


def breed_name(language: str, breed: str) -> str:
    """A pet breed's usual name in `language`."""
    return say(language, class_key(breed))


@cache
def translated_classes() -> dict[str, dict[str, str]]:
    """What ImageNet's classes are called, by their names and by language, where `texts` lack it."""
    return json.loads((FOLDER / "classes.json").read_text(encoding="utf-8"))


def class_name(language: str, name: str) -> str:
    """A class's usual name in `language`, if the page has one, else the network's own, as in
    English."""
    if language == EVERY:
        return every(lambda language: class_name(language, name))
    key = class_key(name)
    if key in texts(DEFAULT) and language != DEFAULT:
        return say(language, key)
    return translated_classes().get(name, {}).get(language, name)


def class_choice(language: str, name: str) -> tuple[str, str]:
    """A class to choose, with the network's own name behind that in `language`."""
    said = class_name(language, name)
    own = "" if said.endswith((name, f"({name})")) else f" ({name})"
    return (said + own, name)


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


def title(key: str) -> str:
    """The text of `key` as a label, which the browser says, and says anew when it switches."""
    from gradio.i18n import I18nData

    _titles.add(key)
    return str(I18nData(key.removeprefix(GRADIO)))  # as `gradio_texts` calls it


def settle(query: str | None, cookie: str | None, accept_language: str | None) -> str:
    """The language to answer a request in: what its address asks for, else what was chosen on an
    earlier visit, else the browser's.
    """
    chosen = next((language for language in (query, cookie) if language in LANGUAGES), None)
    return chosen or detect(accept_language)


def gradio_texts() -> dict[str, dict[str, str]]:
    """Gradio's own texts by language and key, for its page's translation."""
    return {
        language: {
            key.removeprefix(GRADIO): text
            for key, text in texts(language).items()
            if key.startswith(GRADIO) or key in _titles
        }
        for language in LANGUAGES
    }


def fixed_texts() -> dict[str, dict[str, str]]:
    """Texts of Gradio's page by language and key: what it does not translate, or not anew."""
    keys = [
        key
        for key in texts(DEFAULT)
        if key.startswith((GRADIO, GRADIO_FIXED)) or key == "error.title"
    ]
    return {language: {key: texts(language)[key] for key in keys} for language in LANGUAGES}


def error_message(
    language: str, error: ValidationError, labels: Mapping[str, str] | None = PAGE_LABELS
) -> str:
    """What an error says, in `language`.

    A value that is an error itself is said in `language`, too.

    Args:
        labels: keys of the texts that label settings on the page, by name, where they are not those
            of the settings' descriptions. None, for an endpoint, names parameters instead; a
            sentence without a name then begins with the parameter that it speaks of.
    """
    values, name = dict(error.values), str(error.values.get("name"))
    for blank, value in values.items():
        if isinstance(value, ValidationError):
            values[blank] = error_message(language, value, labels)
    if labels is not None and error.key in NAMES_A_CLASS:
        values["value"] = class_name(language, str(values["value"]))
    if labels is None:
        text = say(language, f"error.{error.key}", **values)
        return f"{error.parameter}: {text}" if error.parameter else text
    label = labels.get(name) or error.label or f"name.{name}"
    if label in texts(DEFAULT):
        values["name"] = say(language, label)
    return say(language, f"error.{error.key}", **values)
