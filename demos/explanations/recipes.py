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


def _random_weights(given: Given) -> str:
    wanted = given.settings.class_name
    target = "None  # what the trained network sees"
    if wanted is not None:
        target = f"network.spec.class_index({literal(wanted)})"
    return f"""\
from models import images
from models.explanations import draw, sanity
from models.explanations.settings import UNSIGNED, ExplanationSettings

{given.assignments}network = models.load({literal(given.settings.model)})
shown = images.square(images.open_image(image), network.spec.input_size)
x = images.to_tensor(shown, network.placement.device)
target = {target}
settings = {call("ExplanationSettings", **given.without("model", "method", "class_name"))}
*_, last = sanity.check(network, x, target, settings)

pictures = {{}}
for method, maps in last.found.items():
    print(f"{{method}}: {{maps.correlation:.2f}} in common with the trained network's")
    pictures[method] = draw.draw(shown, maps.random, method not in UNSIGNED)
    pictures[method].save(f"random_{{method}}.png")
picture = pictures[{literal(given.settings.method)}]
"""


EXPLANATIONS = Recipe(
    NAME, NAME, ExplanationSettings, _all_methods, ("image",), endpoint="explain",
    outputs=("picture", "report"),
)  # fmt: skip
RANDOM = Recipe(f"{NAME}_random", NAME, ExplanationSettings, _random_weights, ("image",))
RECIPES = (EXPLANATIONS, RANDOM, MAPS)


def address(
    settings: Mapping[str, Any], photo: str, note: str = "", recipe: Recipe = EXPLANATIONS
) -> str:
    """The address of an explanation's code; a class "" is none."""
    wanted = {"class_name": settings.get("class_name") or None}
    return recipe.address({**settings, **wanted}, note, image=photo)
