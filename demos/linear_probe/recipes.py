"""The code of a linear probe, of its controls, and of its curve over the number of examples."""

from __future__ import annotations

from demos.linear_probe.runs import NAME
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from models.linear_probe.settings import FEATURES, ProbeSettings


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


def _indented(code: str) -> str:
    return code.replace("\n", "\n    ")


PROBE = Recipe(
    NAME, NAME, ProbeSettings, _probe, endpoint="train_head", outputs=("report", "picture")
)
CONTROLS = Recipe(f"{NAME}_controls", NAME, ProbeSettings, _controls)
SIZES = Recipe(f"{NAME}_sizes", NAME, ProbeSettings, _sizes)
RECIPES = (PROBE, CONTROLS, SIZES)
