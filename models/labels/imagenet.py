"""The 1,000 classes of ImageNet. Importing this does not import PyTorch."""

import difflib
from functools import cache
from pathlib import Path

from models.validation import ValidationError


@cache
def class_names() -> tuple[str, ...]:
    """The class names in index order, each different from the others."""
    text = Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def class_index(name: object) -> int:
    """The index of the class called `name`; capitals don't matter.

    Raises:
        ValidationError: there is none, or none is named; the message names the nearest ones.
    """
    names = {known.lower(): index for index, known in enumerate(class_names())}
    wanted = str(name).strip().lower()
    if not wanted:
        raise ValidationError("class_not_named", value=name, example="tabby")
    if wanted not in names:
        near = [class_names()[names[n]] for n in difflib.get_close_matches(wanted, names, 3, 0.5)]
        near += [known for known in class_names() if wanted in known.lower()][:3]
        nearest = ", ".join(dict.fromkeys(near)) or "-"
        raise ValidationError("unknown_class", value=name, nearest=nearest)
    return names[wanted]
