"""The code of a GAN's training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demos.gan_lab.run_config import RunConfig
from demos.gan_lab.runs import MAX_STEPS, LiveTraining
from demos.gan_lab.views import VIEWS
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from models.gan.training import presets
from models.gan.training.settings import SIDES, TrainingSettings
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


def _usual(settings: LabCode) -> dict[str, Any]:
    """What is healthy for the data and the architecture."""
    usual = presets.settings_for(settings.data, settings.architecture)
    defaults = vars(LabCode()) | vars(usual)
    first = presets.settings_for(settings.data).architecture
    return defaults | {"architecture": first}


def _training(given: Given) -> str:
    settings = given.settings
    own, data = "", literal(settings.data)
    if settings.data in ("own", "drawn"):
        own, data = _own_data(settings), "examples"
    views = given.only(*(VIEWS if settings.data in presets.PLANE else ("digit",)))
    others = given.without("data", "steps", "side", "digit", *VIEWS)
    made = call("models.train_gan", data, f"steps={settings.steps}", **others)
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


def _own_data(settings: LabCode) -> str:
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
RECIPES = (TRAINING,)


def training(config: RunConfig, live: LiveTraining) -> str:
    """The address of a run's code; "" of one that went on from networks trained before."""
    if config.pretrained:
        return ""
    note = "own_data" if config.data in ("own", "drawn") else ""
    values = vars(live.settings) | {
        "data": config.data, "steps": live.trainer.rounds, "side": config.side, "digit": live.digit,
    }  # fmt: skip
    shown = {view: view in live.views for view in VIEWS}
    return TRAINING.address(values | shown, note if live.uniform else "changed")
