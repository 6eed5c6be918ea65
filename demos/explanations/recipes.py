"""The code of an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demos.explanations.runs import NAME
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from demos.ui.feature_maps import MAPS
from models.explanations.settings import METHODS, ExplanationSettings


def _all_methods(given: Given) -> str:
    made = call(
        "models.explain", literal(given.settings.model), "image", "method=method",
        **given.without("model", "method"),
    )  # fmt: skip
    indented = made.replace("\n", "\n    ")
    return f"""\
{given.assignments}network = models.load({literal(given.settings.model)})
for name, p in network.predict(image).top(5):
    print(f"{{p:6.1%}}  {{name}}")

pictures = {{}}
for method in {literal(METHODS)}:
    found = {indented}
    pictures[method] = found.image
    found.image.save(f"{{method}}.png")
    areas = f"deletion {{found.deletion:.3f}}, insertion {{found.insertion:.3f}}"
    print(f"{{method}} of {{found.class_name}}: {{areas}}")
picture = pictures[{literal(given.settings.method)}]
"""


EXPLANATIONS = Recipe(
    NAME, NAME, ExplanationSettings, _all_methods, ("image",), endpoint="explain",
    outputs=("picture", "report"),
)  # fmt: skip
RECIPES = (EXPLANATIONS, MAPS)


def address(settings: Mapping[str, Any], photo: str, note: str = "") -> str:
    """The address of an explanation's code; a class "" is none."""
    wanted = {"class_name": settings.get("class_name") or None}
    return EXPLANATIONS.address({**settings, **wanted}, note, image=photo)
