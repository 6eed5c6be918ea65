"""The code of a GAN's training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demos.gan_lab.run_config import RunConfig
from demos.gan_lab.runs import MAX_STEPS, LiveTraining
from demos.gan_lab.views import VIEWS
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe, taken
from models.gan.training import presets
from models.gan.training.progressive_schedule import ProgressiveSettings
from models.gan.training.settings import SIDES, ExploreSettings, TrainingSettings
from models.validation import choice, setting

NAME = "gan_lab"


@dataclass(frozen=True)
class LabCode(TrainingSettings):
    """A training: of what, how long, and what is drawn of it."""

    data: str = setting("ring", "what is imitated", choices=presets.DATA)
    steps: int = setting(
        2000, "rounds of both networks", low=0, high=10_000_000, key="gan_lab.steps"
    )
    side: int = setting(SIDES[0], "of own pictures, in pixels", low=SIDES[0], high=SIDES[-1])
    pretrained: bool = setting(
        False, "goes on from the shipped DCGAN of cats", key="gan_lab.pretrained"
    )
    heatmap: bool = setting(True, "D's output is the background", key="gan_lab.view.heatmap")
    arrows: bool = setting(False, "where G's loss would move points", key="gan_lab.view.arrows")
    warp: bool = setting(False, "where G maps a grid of z", key="gan_lab.view.warp")

    digit: int | None = setting(
        None, "the class that is drawn; none draws all", low=0, high=9, key="gan_lab.draw"
    )

    def check(self) -> None:
        super().check()
        presets.check(self.data, self)
        choice("side", self.side, SIDES)


@dataclass(frozen=True)
class ExploreCode(LabCode):
    """A training, and which picture of its generator is looked at."""

    number: int = taken(ExploreSettings, "seed")
    d1: float = taken(ExploreSettings, "d1")
    d2: float = taken(ExploreSettings, "d2")
    d3: float = taken(ExploreSettings, "d3")
    d4: float = taken(ExploreSettings, "d4")


@dataclass(frozen=True)
class ProgressiveCode(ProgressiveSettings):
    """The comparison of two ways to high resolution, and of what."""

    data: str = setting("digits", "what is imitated", choices=("digits", "own"))
    side: int = setting(SIDES[0], "of own pictures, in pixels", low=SIDES[0], high=SIDES[0])


def _usual(settings: LabCode) -> dict[str, Any]:
    """What is healthy for the data and the architecture."""
    usual = presets.settings_for(settings.data, settings.architecture)
    defaults = vars(type(settings)()) | vars(usual)
    first = presets.settings_for(settings.data).architecture
    if settings.pretrained:
        from models.gan.training.train import PRETRAINED_SETTINGS

        return defaults | {"architecture": "dcgan"} | PRETRAINED_SETTINGS
    return defaults | {"architecture": first}


def _trainer(given: Given) -> tuple[str, str]:
    """(lines that read a visitor's own data, the call that trains)."""
    settings = given.settings
    own, data = "", literal(settings.data)
    if settings.data in ("own", "drawn"):
        own, data = _own_data(settings), "examples"
    explored = ExploreCode.described().keys() - LabCode.described().keys()
    others = given.without("data", "steps", "side", "digit", *VIEWS, *explored)
    return own, call("models.train_gan", data, f"steps={settings.steps}", **others)


def _training(given: Given) -> str:
    settings = given.settings
    own, made = _trainer(given)
    views = given.only(*(VIEWS if settings.data in presets.PLANE else ("digit",)))
    return f"""\
import torch
{own}
torch.set_num_threads(1)  # as the page does; several round differently
trainer = {made}
reached = trainer.snapshot()
print(f"{{reached.rounds}} rounds, loss of D {{reached.loss_d}}, of G {{reached.loss_g}}")
picture = {call("models.draw_gan", "trainer", "reached", **views)}
picture.save("trained.png")
"""


def _explore(given: Given) -> str:
    settings = given.settings
    own, made = _trainer(given)
    generate, classes = "trainer.sample", settings.classes
    if classes:
        digit = settings.digit if settings.digit in classes else classes[0]
        generate = f"lambda z: trainer.sample_class(z, {digit})"
    sliders = literal([settings.d1, settings.d2, settings.d3, settings.d4])
    return f"""\
import torch
{own}from models import images
from models.gan.training.directions import Search

torch.set_num_threads(1)  # as the page does; several round differently
trainer = {made}
generate = {generate}
search = Search(generate, trainer.settings.latent)
*_, done = search.turns()  # looks at many of its pictures
print("each direction explains:", search.found.shares)

z = torch.randn(1, search.latent, generator=torch.Generator().manual_seed({settings.number}))
one = generate(search.found.moved(z, {sliders})).clamp(-1, 1) / 2 + 0.5
side = one.shape[-1] * -(-256 // one.shape[-1])  # every pixel a visible square
picture = images.to_image(images.enlarge(one, side).expand(-1, 3, -1, -1))
picture.save("moved.png")
"""


def _progressive(given: Given) -> str:
    own, data = "from models.gan.training import data\n", f"data.load({literal('digits')})"
    if given.settings.data == "own":
        own, data = _own_data(given.settings), "examples"
    settings = call("ProgressiveSettings", **given.without("data", "side"))
    return f"""\
import torch
{own}from models import images
from models.gan.training.progressive_schedule import ProgressiveSettings
from models.gan.training.progressive_trainer import Comparison, sheet

torch.set_num_threads(1)  # as the page does; several round differently
comparison = Comparison({data}, {settings})
latest = {{}}
for now in comparison.run():
    latest[now.method] = now
for method, now in latest.items():
    print(method, now.steps, "steps,", round(now.seconds), "s")
    picture = images.to_image(sheet(now))
    picture.save(f"{{method}}.png")
"""


def _own_data(settings: LabCode | ProgressiveCode) -> str:
    """Lines that read a visitor's own data, which stay in the browser."""
    if settings.data == "drawn":
        return """\
import json
from models.gan.training import data

with open("drawing.json") as file:
    examples = data.drawn(json.load(file))  # [[x, y], ...], from -1 to 1
"""
    return f"""\
from pathlib import Path
from PIL import Image
from models.gan.training import data

files = sorted(Path("my_pictures").iterdir())
examples = data.own([Image.open(file) for file in files], side={settings.side})
"""


def _askable(settings: LabCode) -> bool:
    """The endpoint draws the heat map alone, and would need a visitor's data in the call."""
    drawn = (settings.heatmap, settings.arrows, settings.warp) == (True, False, False)
    built_in = settings.data not in ("own", "drawn")
    return drawn and built_in and settings.digit is None and 1 <= settings.steps <= MAX_STEPS


TRAINING = Recipe(
    NAME, NAME, LabCode, _training, endpoint="gan_train", outputs=("picture", "report"),
    askable=_askable, usual=_usual,
)  # fmt: skip
EXPLORE = Recipe(f"{NAME}_explore", NAME, ExploreCode, _explore, usual=_usual)
PROGRESSIVE = Recipe(f"{NAME}_progressive", NAME, ProgressiveCode, _progressive)
RECIPES = (TRAINING, EXPLORE, PROGRESSIVE)


def training(config: RunConfig, live: LiveTraining) -> str:
    """The address of a run's code."""
    data, values = config.data, _values(live, config.data, config.side, config.pretrained)
    shown = {view: view in live.views for view in VIEWS}
    return TRAINING.address(values | shown, _note(data, live.uniform))


def explore(live: LiveTraining, settings: ExploreSettings, uniform: bool) -> str:
    """The address of the code of an explored picture.

    Args:
        uniform: whether the run was that of its settings when its directions were found, and has
            not gone on since.
    """
    (data, side, pretrained, _), _ = live.identity
    values = _values(live, data, side, pretrained)
    sliders = {f"d{number}": value for number, value in enumerate(settings.sliders, 1)}
    picked = {"number": settings.seed} | sliders
    return EXPLORE.address(values | picked, _note(data, uniform))


def progressive(data: str, settings: ProgressiveSettings) -> str:
    """The address of a comparison's code."""
    return PROGRESSIVE.address(vars(settings) | {"data": data}, _note(data, True))


def _values(live: LiveTraining, data: str, side: int, pretrained: bool) -> dict[str, Any]:
    return vars(live.settings) | {
        "data": data, "steps": live.trainer.rounds, "side": side, "digit": live.digit,
        "pretrained": pretrained,
    }  # fmt: skip


def _note(data: str, uniform: bool) -> str:
    """What is to be said of a run's code."""
    if not uniform:
        return "changed"
    return "own_data" if data in ("own", "drawn") else ""
