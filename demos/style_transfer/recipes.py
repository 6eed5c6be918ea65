"""The code of a painting, of a one-pass preview and of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demos.style_transfer.runs import NAME, StyleRequest
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from models import registry
from models.style_transfer.settings import StyleSettings
from models.validation import Settings, setting


@dataclass(frozen=True)
class StyleCode(StyleSettings):
    """A style transfer and the network whose features are compared."""

    backbone: str = setting(
        registry.DEFAULT_BACKBONE, "the network whose features are compared",
        choices=registry.BACKBONES, key="name.model",
    )  # fmt: skip


@dataclass(frozen=True)
class PreviewCode(Settings):
    """A one-pass preview, or a clip painted so."""

    strength: float = setting(
        1.0, "0 (the photo's own manner) to 1 (the style's)", low=0, high=1, step=0.05
    )


def _painting(given: Given) -> str:
    second = ["second_style=second_style"] if "second_style" in given.pictures else []
    steps = call("models.stylize_steps", "content", "style", *second, **given.changed)
    return f"""\
from models import images

{given.assignments}for step in {steps}:
    if step.losses and step.step % 20 == 0:
        print(step.step, {{name: round(loss, 3) for name, loss in step.losses.items()}})

picture = images.to_image(step.image)
picture.save("painted.png")
"""


def _preview(given: Given) -> str:
    made = call("models.stylize_fast", "content", "style", **given.changed)
    return f'{given.assignments}picture = {made}\npicture.save("painted.png")\n'


def _film(given: Given) -> str:
    made = call("models.stylize_film", "content", "style", **given.changed)
    return f"""\
from models.films import writer

{given.assignments}film = {made}
writer.save(film.frames, "painted.gif", film.milliseconds)
picture = film.frames[0]
"""


def _ways(given: Given) -> str:
    second = "second_style=second_style, " if "second_style" in given.pictures else ""
    every = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in given.changed.items())
    return f"""\
{given.assignments}settings = {{{every}}}
paper = settings | {{"coarse_to_fine": False, "style_loss": "gram"}}
coarse_to_fine = settings | {{"coarse_to_fine": True}}
pictures = {{
    "one_pass": models.stylize_fast(content, style),
    "paper": models.stylize(content, style, {second}**paper),
    "coarse_to_fine": models.stylize(content, style, {second}**coarse_to_fine),
}}
for name, picture in pictures.items():
    picture.save(f"{{name}}.png")
"""


PAINTING = Recipe(
    NAME, NAME, StyleCode, _painting, ("content", "style", "second_style"), ("second_style",),
    endpoint="style_transfer", outputs=("picture", "report"),
)  # fmt: skip
PREVIEW = Recipe(
    f"{NAME}_preview", NAME, PreviewCode, _preview, ("content", "style"), endpoint="style_preview"
)
FILM = Recipe(
    f"{NAME}_film", NAME, PreviewCode, _film, ("content", "style"), endpoint="style_film",
    outputs=("film",),
)  # fmt: skip
WAYS = Recipe(
    f"{NAME}_ways", NAME, StyleCode, _ways, ("content", "style", "second_style"), ("second_style",)
)
RECIPES = (PAINTING, PREVIEW, FILM, WAYS)


def painting(
    asked: StyleRequest, changed: Mapping[str, float], whole: bool, recipe: Recipe = PAINTING
) -> str:
    """The address of a painting's code; what says the network's usual in other words is left
    out.

    Args:
        changed: weights that were changed while it was painted.
        whole: whether it was painted to the end.
    """
    spec, settings = registry.backbone(asked.backbone), {**asked.settings, **changed}
    note = "" if whole else "stopped"
    if settings != asked.settings:
        note = "changed"
    if asked.cells is not None:
        note = "regions"
    if settings.get("content_layer") == spec.content_layer:
        del settings["content_layer"]
    weights: Any = settings.get("layer_weights", ())
    if all(weight == 1 for weight in weights):
        settings.pop("layer_weights", None)
    second = asked.second if settings.get("blend") else None
    if second is None:
        settings.pop("blend", None)
    return recipe.address(
        settings | {"backbone": asked.backbone}, note,
        content=asked.content, style=asked.style, second_style=second,
    )  # fmt: skip
