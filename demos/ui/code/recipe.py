"""How a kind of result is made in Python: one `Recipe` each, in the table of its tab.

A result carries the address of its code, made from the checked settings that it was made with; the
code itself is written when somebody unfolds it.
"""

from __future__ import annotations

import filecmp
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from demos.ui.code.expressions import literal
from demos.ui.examples import EXAMPLES
from models.validation import Settings, ValidationError

FOLDER = "code"  # in addresses
PROJECT = EXAMPLES.parents[1]
NOTE = "note"  # the parameter of an address that names a text `code.note.*`
LONGEST = 200  # characters of a picture's name


@dataclass(frozen=True)
class Recipe:
    """How one kind of result is made.

    Attributes:
        name: in addresses.
        demo: whose question and idea explain it in a notebook.
        settings: what it is made with; all of it but the pictures.
        python: gives the lines; they end with a variable `picture`, or print what they found.
        pictures: the variables of pictures that come in.
        optional: those of them that may be missing.
        several: a setting that is a list of pictures, as `places` gives them; "" if none is.
        endpoint: what makes the same over HTTP; "" if nothing does.
        outputs: what that gives.
        names: what the endpoint calls a setting.
        constants: further arguments of the endpoint.
        always: settings that the endpoint is told whatever they are: its default is another.
        askable: whether the endpoint can be asked for the settings.
        usual: the settings, by those given, from which the code says what differs; None for the
            defaults.
    """

    name: str
    demo: str
    settings: type[Settings]
    python: Callable[[Given], str]
    pictures: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    several: str = ""
    endpoint: str = ""
    outputs: tuple[str, ...] = ("picture",)
    names: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    always: tuple[str, ...] = ()
    askable: Callable[[Any], bool] = lambda settings: True
    usual: Callable[[Any], Mapping[str, Any]] | None = None

    def changed(self, settings: Settings) -> dict[str, Any]:
        """The settings that differ from the usual ones, by name."""
        return _differing(settings, self.usual(settings) if self.usual else vars(self.settings()))

    def address(self, values: Mapping[str, Any], note: str = "", **pictures: str | None) -> str:
        """Where the code of a result is, relative to the page.

        Args:
            values: of the settings, checked or not; what is no setting is left out.
            note: the end of the key of a text `code.note.*` that is to be said of it.
            pictures: paths on this machine, by variable.
        """
        known = self.settings.described()
        kept = {name: value for name, value in values.items() if name in known}
        # The usual ones depend on others; an address is read from the defaults on.
        changed = _differing(self.settings(**kept), vars(self.settings()))
        query = {n: v if isinstance(v, str) else json.dumps(v) for n, v in changed.items()}
        query |= {name: place(path) for name, path in pictures.items() if path}
        if note:
            query[NOTE] = note
        return f"{FOLDER}/{self.name}?{urlencode(query)}"

    def read(self, query: Mapping[str, str]) -> Given:
        """What an address asks for; parameters that are unknown are ignored.

        Raises:
            ValidationError: a value out of range, or a picture that is missing.
        """
        found = {
            name: query[name] if described.kind is str else _parsed(query[name])
            for name, described in self.settings.described().items()
            if name in query
        }
        settings = self.settings(**found)
        pictures = {}
        for name in self.pictures:
            if query.get(name):
                pictures[name] = told(query[name])
            elif name not in self.optional:
                raise ValidationError("no_picture")
        listed = {self.several: getattr(settings, self.several)} if self.several else {}
        return Given(settings, self.changed(settings), pictures, listed)


@dataclass(frozen=True)
class Given:
    """What code is written from.

    Attributes:
        settings: all of them.
        changed: those that differ from the usual ones.
        pictures: where each lies, from the project's folder.
        listed: where those of a list lie, by the setting that names them.
    """

    settings: Any
    changed: dict[str, Any]
    pictures: dict[str, str]
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def without(self, *names: str) -> dict[str, Any]:
        """The changed settings but these."""
        return {name: value for name, value in self.changed.items() if name not in names}

    def only(self, *names: str) -> dict[str, Any]:
        """Of these the changed ones."""
        return {name: self.changed[name] for name in names if name in self.changed}

    @property
    def assignments(self) -> str:
        """A line for each picture."""
        return "".join(f"{name} = {literal(path)}\n" for name, path in self.pictures.items())

    @property
    def own_pictures(self) -> list[str]:
        """Those that are not among the examples."""
        every = [*self.pictures.values(), *chain(*self.listed.values())]
        return [path for path in every if "/" not in path]


def _differing(settings: Settings, usual: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in vars(settings).items() if value != usual[name]}


def taken(kind: type[Settings], name: str) -> Any:
    """A field of another class of settings, for one that has it too."""
    found = kind.__dataclass_fields__[name]
    return field(default=found.default, metadata=found.metadata)


def table(*recipes: Iterable[Recipe]) -> dict[str, Recipe]:
    """The recipes of several tabs by name."""
    every = [recipe for tab in recipes for recipe in tab]
    found = {recipe.name: recipe for recipe in every}
    if len(found) < len(every):
        raise ValueError("two recipes have the same name")
    return found


def place(path: str) -> str:
    """Where code finds a picture of this machine: an example in the project's folder, any other by
    its name.

    Gradio copies an example before it shows it, so the contents are compared.
    """
    for example in _examples(Path(path).name):
        if Path(path).is_file() and filecmp.cmp(path, example, shallow=False):
            return _inside(example)
    return Path(path).name


def places(paths: Sequence[str], first: str | None = None) -> tuple[str, ...]:
    """Where code finds several pictures, each at a place of its own, other than that of `first`:
    of two with one name the second gets a number."""
    found: list[str] = [place(first)] if first else []
    known = len(found)
    for path in paths:
        told, number = place(path), 1
        while told in found:
            number += 1
            told = f"{number}_{Path(path).name}"
        found.append(told)
    return tuple(found[known:])


def _examples(name: str) -> list[Path]:
    """The example pictures of that name."""
    return [path for folder in ("photos", "styles") if (path := EXAMPLES / folder / name).is_file()]


def _inside(example: Path) -> str:
    return example.relative_to(PROJECT).as_posix()


def told(text: str) -> str:
    """A picture in an address: an example's place, or a name."""
    name = Path(text[:LONGEST]).name
    return text if text in map(_inside, _examples(name)) else name


def _parsed(text: str) -> Any:
    """A value in an address; text that is none is refused where the setting is checked."""
    try:
        return json.loads(text)
    except ValueError:
        return text
