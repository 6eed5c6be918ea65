"""The code of an ideal picture."""

from __future__ import annotations

from demos.feature_visualization.runs import NAME
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from models.feature_visualization.settings import VisualizationSettings


def _ideal(given: Given) -> str:
    settings, photo = given.without("class_name"), []
    if "image" in given.pictures:
        settings, photo = given.without("class_name", "start"), ["photo=image"]
    made = call("models.ideal_image", literal(given.settings.class_name), *photo, **settings)
    return f'{given.assignments}picture = {made}\npicture.save("ideal.png")\n{_asked(given)}'


def _asked(given: Given) -> str:
    """What the network says of it, where it was told a class."""
    if given.settings.layer or given.settings.count > 1:
        return ""
    return f"""
network = models.load({literal(given.settings.model)})
for name, p in network.predict(picture).top(5):
    print(f"{{p:6.1%}}  {{name}}")
"""


IDEAL = Recipe(
    NAME, NAME, VisualizationSettings, _ideal, ("image",), ("image",), endpoint="ideal_class",
    outputs=("picture", "report"),
)  # fmt: skip
RECIPES = (IDEAL,)


def address(settings: VisualizationSettings, photo: str | None, note: str = "") -> str:
    """The address of a picture's code.

    Args:
        photo: the path of the photo that is chosen, whether it is begun from or not.
    """
    values = vars(settings) | ({} if settings.layer else {"channel": None})
    return IDEAL.address(values, note, image=photo if settings.from_photo else None)
