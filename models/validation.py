"""Inputs that can't be worked with, said so that a person knows what would be right.

An error carries a key and the values that fill its sentence, so that a front end can say the same
thing in another language; in a notebook it reads as plain English.
"""

from __future__ import annotations

import dataclasses
import json
import math
import numbers
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import formatannotation
from typing import Any, TypeVar

from models.messages import MESSAGES

LONGEST_SHOWN = 60  # characters of a value in a sentence
KINDS: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
WRONG_TYPE: dict[type, str] = {bool: "not_a_switch", str: "not_a_text", list: "not_a_list"}
C = TypeVar("C")


class ValidationError(ValueError):
    """A bad input, with the reason and the remedy.

    Args:
        key: a key of `MESSAGES`.
        values: what fills the sentence's braces; `value`, whether it is in the sentence or not, is
            the one that is refused.

    Attributes:
        parameter: of an endpoint, where the sentence itself has no name in it.
        label: key of the text that labels the setting on the page; "" where it is `name.<name>`.
    """

    def __init__(self, key: str, **values: object):
        super().__init__(MESSAGES[key].format(**values))
        self.key = key
        self.values = values
        self.parameter, self.label = "", ""


def shown(value: object) -> str:
    """A value for a sentence, as JSON has it: a string in quotes, and null; long ones are cut."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _real(name: str, value: object, low: float, high: float, key: str) -> int | float:
    """`value` as an int or a float if it is finite; `key` is of the sentence if it is no number."""
    if value is None:
        raise ValidationError("number_missing", name=name, low=low, high=high)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        exact = int(value) if isinstance(value, numbers.Integral) else float(value)
        if -math.inf < exact < math.inf:  # NaN is not
            return exact
    raise ValidationError(key, name=name, value=shown(value), low=low, high=high)


def number(name: str, value: object, low: float, high: float) -> float:
    """`value` as a float if it is a finite number from `low` to `high`.

    Raises:
        ValidationError: not a number, NaN, infinite, or out of range. Nothing is ever clipped.
    """
    checked = _real(name, value, low, high, "not_a_number")
    if not low <= checked <= high:
        raise ValidationError("out_of_range", name=name, value=shown(value), low=low, high=high)
    return float(checked)


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """`value` as an int; forms and JSON clients send 20.0 for 20, which is taken for 20.

    Raises:
        ValidationError: as `number`, or not a whole number.
    """
    checked = _real(name, value, low, high, "not_whole")
    if checked != int(checked):
        raise ValidationError("not_whole", name=name, value=shown(value), low=low, high=high)
    if not low <= checked <= high:
        raise ValidationError("out_of_range", name=name, value=shown(value), low=low, high=high)
    return int(checked)


def choice(name: str, value: object, choices: Collection[C]) -> C:
    """The one of `choices` that `value` is; 32.0 is taken for 32.

    Raises:
        ValidationError: it is none of them; the message lists the choices.
    """
    for known in choices:
        if known == value and not isinstance(value, bool):
            return known
    names = all(isinstance(known, str) for known in choices)
    told = value if names and isinstance(value, str) and value else shown(value)
    listed = ", ".join(str(known) for known in choices)
    raise ValidationError("unknown_choice", name=name, value=told, choices=listed)


def typed(name: str, value: object, kind: type) -> Any:
    """`value` if it is of `kind`: bool, str, or list, for which a tuple is taken, too.

    Raises:
        ValidationError: it is something else.
    """
    if not isinstance(value, (list, tuple) if kind is list else kind):
        raise ValidationError(WRONG_TYPE[kind], name=name, value=shown(value))
    return value


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting, described once: sliders, endpoints, deep links and messages read it from here.

    Attributes:
        name: of the field.
        default: its value in Python and in the endpoint.
        kind: bool, int, float, str, or list for all sequences, as the field is annotated: how
            values are checked. What is in a list is left to `Settings.check`.
        optional: whether it may be None.
        doc: one sentence for the endpoint's description.
        low, high: smallest and largest value of a number.
        slider_low, slider_high: ends of the page's slider, where they are narrower than the range.
        step: of the page's slider.
        choices: of a string.
        page_choices: those that the page offers, where they are fewer.
        page_default: the value with which the page opens, where it is another one.
        formula: LaTeX, shown under the page's control.
        key: of the text that labels it on the page; `name.<name>` unless given.
        choice_key: what the texts of its choices begin with, as in `style.loss.gram`; choices
            without texts are shown by their names.
    """

    name: str
    default: Any
    kind: type
    optional: bool
    doc: str
    low: float = -math.inf
    high: float = math.inf
    slider_low: float
    slider_high: float
    step: float | None = None
    choices: tuple[str, ...] = ()
    page_choices: tuple[str, ...] = ()
    page_default: Any
    formula: str = ""
    key: str
    choice_key: str = ""

    def checked(self, value: object) -> Any:
        """`value` converted to the setting's type.

        Raises:
            ValidationError: it is of another type, out of range, or no choice.
        """
        # An empty text means the usual, and a list may be left out: clients say null for both.
        if value is None and (self.optional or self.kind is list or self.default == ""):
            return self.default
        if self.choices:
            return choice(self.name, value, self.choices)
        if self.kind is int:
            return whole_number(self.name, value, int(self.low), int(self.high))
        if self.kind is float:
            return number(self.name, value, self.low, self.high)
        return typed(self.name, value, self.kind)

    @property
    def description(self) -> str:
        """`doc`, and after it the range or the choices."""
        if self.choices:
            quoted = [f'"{name}"' for name in self.choices]
            listed = " or ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
            return f"{self.doc}: {listed}."
        if self.kind in (int, float):
            return f"{self.doc}, {self.low} to {self.high}."
        return f"{self.doc}."


def setting(default: Any, doc: str, **options: Any) -> Any:
    """A field of a `Settings` class; `options` are further attributes of its `Setting`."""
    return field(default=default, metadata={"doc": doc} | options)


S = TypeVar("S", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """Base of the checked settings of a topic: frozen, every field converted and checked.

    Subclasses are frozen dataclasses whose fields are made by `setting`.

    Raises:
        ValidationError: a value of the wrong type or out of range; the message names the setting.
    """

    def __post_init__(self) -> None:
        described = self.described()
        try:
            for name, each in described.items():
                object.__setattr__(self, name, each.checked(getattr(self, name)))
            self.check()
        except ValidationError as error:
            if error.values.get("name") in described:
                error.label = described[str(error.values["name"])].key
            raise

    def check(self) -> None:
        """Checks what no setting can say alone; may convert a field by `object.__setattr__`."""

    @classmethod
    @cache
    def described(cls) -> Mapping[str, Setting]:
        """The class's settings by name, in the order of its fields."""
        found = {}
        for each in dataclasses.fields(cls):
            # With `from __future__ import annotations` a field's type is the text as written.
            written = each.type if isinstance(each.type, str) else formatannotation(each.type)
            if written == "float" and not isinstance(each.default, float):
                raise TypeError(f"{cls.__name__}.{each.name}: a float needs a default like 1.0")
            options = dict(each.metadata)
            options.setdefault("slider_low", options.get("low", -math.inf))
            options.setdefault("slider_high", options.get("high", math.inf))
            options.setdefault("page_default", each.default)
            options.setdefault("page_choices", options.get("choices", ()))
            options.setdefault("key", f"name.{each.name}")
            kind, _, none = written.partition(" | ")
            options |= {"kind": KINDS.get(kind, list), "optional": none == "None"}
            found[each.name] = Setting(name=each.name, default=each.default, **options)
        return found

    @classmethod
    def page_defaults(cls) -> dict[str, Any]:
        """The values with which the page opens."""
        return {name: described.page_default for name, described in cls.described().items()}

    def replace(self: S, **changes: Any) -> S:
        """These settings with some changed, checked again."""
        return dataclasses.replace(self, **changes)
