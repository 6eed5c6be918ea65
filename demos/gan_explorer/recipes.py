"""The code of a generated picture, of a style mix, and of a walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demos.gan_explorer.views import ViewSettings
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe, taken
from models import registry
from models.gan.inversion.settings import Box, InversionSettings
from models.gan.settings import SampleSettings, WalkSettings
from models.validation import setting

NAME = "gan"
LARGEST = 100_000  # pixels of a photograph on a side


@dataclass(frozen=True)
class GanCode(SampleSettings):
    """Pictures of a generator, and which generator."""

    model: str = setting(
        registry.DEFAULT_GAN, "the generator", choices=registry.GANS, key="gan.model"
    )


@dataclass(frozen=True)
class WalkCode(WalkSettings):
    """A walk, and of which generator."""

    model: str = taken(GanCode, "model")


@dataclass(frozen=True)
class ViewCode(ViewSettings):
    """A view of cat A, and of which generator."""

    model: str = taken(GanCode, "model")


@dataclass(frozen=True)
class UnitsCode(ViewCode):
    """A picture with changed units."""

    def check(self) -> None:
        super().check()
        assert (self.factors, self.where) is not None  # they are checked when they are read


@dataclass(frozen=True)
class OwnCatCode(InversionSettings):
    """The inversion of a photograph's face."""

    box: Sequence[float] | None = setting(None, "the face, [x, y, side] in pixels", key="gan.own")

    def check(self) -> None:
        if self.box is not None:
            Box.checked(list(self.box), LARGEST, LARGEST)


def moved(settings: SampleSettings) -> tuple[float, ...]:
    """The sliders as far as the last that is not 0."""
    used = [number for number, value in enumerate(settings.sliders, 1) if value]
    return settings.sliders[: used[-1]] if used else ()


def _cat(given: Given) -> str:
    settings = given.settings
    chosen = given.only("truncation", "noise", "layers")
    if moved(settings):
        chosen = {"sliders": moved(settings)} | chosen
    made = call("gan.sample", f"[{settings.seed}]", **chosen)
    judged = ""
    if settings.model != registry.VAE:
        judged = """
real = gan.discriminate(images.to_tensor(small)).real
print(f"D takes it for real: {real:.1%}")
"""
    return f"""\
from models import images

gan = models.load({literal(settings.model)})
(small,) = {made}  # 64 x 64 pixels
{judged}
picture = small.resize((256, 256))
picture.save("generated.png")
"""


def _mix(given: Given) -> str:
    settings = given.settings
    return f"""\
import torch
from models import images

gan = models.load({literal(settings.model)})
z = gan.latents([{settings.seed}, {settings.seed_b}])
a, b = {styles(given)}.split(1)
mixed = gan.mix(a, b, {settings.crossover})  # the layers below are of a, the others of b
three = gan.synthesize(torch.cat([a, mixed, b]), noise={settings.noise})
picture = images.to_image(images.grid(three, columns=3))
picture.save("mixed.png")
"""


def _walk(given: Given) -> str:
    settings = given.settings
    closed = {"closed": True} if settings.closed else {}
    z = call("walk.latents", "gan", literal(settings.numbers), str(settings.frames), **closed)
    return f"""\
from models import images
from models.films import writer
from models.gan import walk

gan = models.load({literal(settings.model)})
z = {z}
w = {styles(given)}
frames = [images.to_image(one).resize((256, 256)) for one in gan.synthesize(w)]
writer.save(frames, "walk.{settings.format}", milliseconds=80)
picture = frames[0]
"""


def _own_cat(given: Given) -> str:
    settings = given.settings
    chosen = given.without("box")
    if settings.box:
        chosen = {"box": list(settings.box)} | chosen
    return f"""\
{given.assignments}found = {call("models.invert", "image", **chosen)}
print("the face:", found.box)
print("its code:", found.code[:40], "...")
picture = found.image  # the generator's version of it
picture.save("own_cat.png")

# the sliders of the page, in standard deviations along the directions that were found
directions = models.load({literal(settings.model)}).directions
moved = found.inversion.draw(1.0 * directions[0])
"""


def _units(given: Given) -> str:
    settings = given.settings
    changes = f"{settings.factors!r}, cells={settings.where!r}, noise={settings.noise}"
    return f"""\
import torch
from models import images
from models.gan import units

gan = models.load({literal(settings.model)})
z = gan.latents([{settings.seed}])
w = {styles(given)}
# by style layer and unit, the factor: 0 switches it off
changed = units.changed(gan, w, {changes})
pair = torch.cat([gan.synthesize(w, {settings.noise}), changed])
picture = images.to_image(images.grid(pair, columns=2))
picture.save("units.png")
"""


def _judge(given: Given) -> str:
    return f"""\
from models import images

{given.assignments}gan = models.load({literal(given.settings.model)})
x = images.classifier_input(image, 64)
found = gan.discriminate(x)
print(f"score {{found.score:.2f}}, real with probability {{found.real:.1%}}")
# where hiding a patch makes the picture look less real, it is green
shown = images.overlay(x, found.sensitivity)
picture = images.to_image(images.enlarge(shown, 192))
picture.save("judged.png")
"""


def styles(given: Given) -> str:
    """Style codes of `z`."""
    settings = given.settings
    chosen = {"truncation": settings.truncation}
    if moved(settings):
        chosen |= {"sliders": moved(settings)} | given.only("layers")
    return call("gan.style_codes", "z", **chosen)


def _askable(settings: GanCode) -> bool:
    """The endpoints know one noise."""
    return settings.noise == SampleSettings.noise


PAIR: dict[str, Any] = {"names": {"seed": "seed_a"}, "askable": _askable}
CAT = Recipe(
    NAME, NAME, GanCode, _cat, endpoint="gan_sample", constants={"count": 1}, askable=_askable
)
MIX = Recipe(f"{NAME}_mix", NAME, GanCode, _mix, endpoint="gan_mix", **PAIR)
WALK = Recipe(f"{NAME}_walk", NAME, WalkCode, _walk, endpoint="gan_walk", **PAIR)
OWN_CAT = Recipe(
    f"{NAME}_own", NAME, OwnCatCode, _own_cat, ("image",), endpoint="gan_invert",
    outputs=("picture", "report"),
)  # fmt: skip
UNITS = Recipe(f"{NAME}_units", NAME, UnitsCode, _units)
JUDGE = Recipe(
    f"{NAME}_judge", NAME, GanCode, _judge, ("image",), endpoint="discriminate",
    outputs=("report",),
)  # fmt: skip
RECIPES = (CAT, MIX, WALK, OWN_CAT, UNITS, JUDGE)
