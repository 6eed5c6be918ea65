"""The code of a linear probe, of its controls, of its curve over the number of examples, and of a
visitor's own classes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from demos.linear_probe.runs import NAME
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe, told
from models.linear_probe.settings import FEATURES, ProbeSettings
from models.validation import Settings, ValidationError, setting, typed


@dataclass(frozen=True)
class OwnCode(Settings):
    """Classes of a visitor's own: their names, and the names of their files.

    A class without files is a folder, named as the class.
    """

    classes: tuple[tuple[str, tuple[str, ...]], ...] = setting(
        (("a", ()), ("b", ())), "names, and files of each", key="own"
    )

    def check(self) -> None:
        from models.linear_probe import few_shot  # imports PyTorch

        pairs = [typed("classes", pair, list) for pair in self.classes]
        if any(len(pair) != 2 for pair in pairs):
            raise ValidationError("not_a_list", name="classes", value="...")
        names = few_shot.check_names([typed("classes", name, str) for name, _ in pairs])
        found = []
        for name, (_, files) in zip(names, pairs, strict=True):
            listed = [typed("classes", file, str) for file in typed("classes", files, list)]
            found.append((name, tuple(map(told, listed))))
        object.__setattr__(self, "classes", tuple(found))


def _probe(given: Given) -> str:
    made = call("models.train_probe", literal(given.settings.task), **given.without("task"))
    return f"""\
probe = {made}
for epoch, accuracy in probe.curve:
    print(f"epoch {{epoch:3}}: {{accuracy:.1%}} of the test pictures right")
print(f"of the {{probe.examples}} examples themselves: {{probe.train_accuracy:.1%}}")
picture = probe.confusion_matrix  # rows: the truth; columns: what the probe says
picture.save("confusion.png")
"""


def _controls(given: Given) -> str:
    made = call(
        "models.train_probe", literal(given.settings.task), "features=features",
        **given.without("task", "features"),
    )  # fmt: skip
    features = FEATURES[given.settings.task]
    return f"""\
probes = {{}}
for features in {literal(features)}:
    probes[features] = {_indented(made)}
    print(f"{{features:10}} {{probes[features].accuracy:.1%}} right")
picture = probes["imagenet"].confusion_matrix
picture.save("confusion.png")
"""


def _sizes(given: Given) -> str:
    made = call(
        "models.probe_learning_curve", literal(given.settings.task), "features=features",
        **given.without("task", "features", "per_class"),
    )  # fmt: skip
    features = FEATURES[given.settings.task]
    return f"""\
for features in {literal(features)}:
    curve = {_indented(made)}
    for per_class, accuracy in curve:
        print(f"{{features:10}} {{per_class or 'all':>4}} a class: {{accuracy:.1%}} right")
"""


def _own(given: Given) -> str:
    rows = ""
    for name, files in given.settings.classes:
        rows += f"    {literal(name)}: {literal(list(files) or _folder(name))},\n"
    new = '# A new photo: print(head.classify("new_photo.jpg"))\n'
    if given.pictures:
        new = f"""\
{given.assignments}for name, probability in head.classify(photo).items():
    print(f"{{probability:6.1%}} {{name}}")
"""
    return f"""\
classes = {{  # the photos of each: a list of files, or a folder
{rows}}}
head = models.own_classes(classes)
head.save("netglass-head.safetensors")  # the page opens it
{new}print(f"{{head.accuracy:.0%}} right, by heads that had not seen the photo")
"""


def _folder(name: str) -> str:
    """A folder's name, as all systems allow it."""
    return "photos/" + (re.sub(r'[\\/:*?"<>|]', "_", name).strip(". ") or "_")


def _indented(code: str) -> str:
    return code.replace("\n", "\n    ")


PROBE = Recipe(
    NAME, NAME, ProbeSettings, _probe, endpoint="train_head", outputs=("report", "picture")
)
CONTROLS = Recipe(f"{NAME}_controls", NAME, ProbeSettings, _controls)
SIZES = Recipe(f"{NAME}_sizes", NAME, ProbeSettings, _sizes)
OWN = Recipe(f"{NAME}_own", NAME, OwnCode, _own, pictures=("photo",), optional=("photo",))
RECIPES = (PROBE, CONTROLS, SIZES, OWN)
