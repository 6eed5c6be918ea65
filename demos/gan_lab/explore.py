"""A generator of the lab explored: sliders found for it on the spot, and what each one does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import gradio as gr
from PIL import Image

from demos.gan_lab import recipes
from demos.gan_lab.links import TAB_ID
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.runs import LiveTraining
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.i18n import EVERY, say
from demos.runtime.places import visitor
from demos.ui import card, progress, streams
from demos.ui.code import panel
from demos.ui.page import LIVE_TRAINING, PRIVATE, Page, localize_errors
from models import images
from models.gan.training.settings import ExploreSettings
from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

    from models.gan.training.directions import Directions, Search

NAME = "gan_lab.explore"
KNOBS = tuple(ExploreSettings.described())
STRIP = tuple(range(-3, 4))
CELL, SIDE = 48, 256  # least sides of a picture on a strip, and alone
FORMULA = r"x\approx\bar x+zB,\quad B=USV^\top,\quad z'=z+\textstyle\sum_k d_k\,u_k"


def find(engine: Engine, live: LiveTraining) -> Iterator[float]:
    """Finds the run's `directions`, a batch in each of its turns; yields the share done.

    Raises:
        ValidationError: the generator makes points, or its pictures are all alike.
    """
    if len(live.trainer.data.shape) == 1:
        raise ValidationError("lab_no_pictures")
    search = engine.training_slice(_search, live)
    turns = search.turns()
    try:
        while (done := engine.training_slice(next, turns, None)) is not None:
            live.touch()
            yield done
    except ArithmeticError:
        raise ValidationError("lab_alike") from None
    live.directions = search.found


def _search(live: LiveTraining) -> Search:
    from models.gan.training.directions import Search

    trainer = live.trainer
    return Search(_generator(live), trainer.settings.latent, trainer.rounds)


def _generator(live: LiveTraining) -> Callable[[torch.Tensor], torch.Tensor]:
    """z -> pictures; of the class that the visitor looks at, or the first, where there are any."""
    trainer, classes = live.trainer, live.trainer.settings.classes
    if not classes:
        return trainer.sample
    digit = live.digit if live.digit in classes else classes[0]
    return lambda z: trainer.sample_class(z, digit)


def drawn(engine: Engine, live: LiveTraining, settings: ExploreSettings) -> tuple[Image.Image, ...]:
    """The picture with this number as the sliders move it; and a strip for each direction, of it at
    -3, -2, ... +3 along it, the other sliders as they are.

    Raises:
        ValidationError: no directions were found for this run.
    """
    found = live.directions
    if found is None:
        raise ValidationError("lab_no_sliders")
    live.touch()
    return engine.training_slice(_drawn, live, found, settings)


def _drawn(
    live: LiveTraining, found: Directions, settings: ExploreSettings
) -> tuple[Image.Image, ...]:
    import torch

    count = len(found.vectors)
    sliders = list(settings.sliders[:count])
    at = torch.Generator().manual_seed(settings.seed)
    z = torch.randn(1, live.trainer.settings.latent, generator=at)
    moved = [sliders]
    for position in range(count):
        moved += [[*sliders[:position], d, *sliders[position + 1 :]] for d in STRIP]
    pictures = _generator(live)(torch.cat([found.moved(z, each) for each in moved]))
    alone, strips = pictures[:1], pictures[1:]
    rows = images.grid(_enlarged(strips, CELL), len(STRIP), gap=2)
    return images.to_image(_enlarged(alone, SIDE)), images.to_image(rows.expand(3, -1, -1))


def _enlarged(pictures: torch.Tensor, least: int) -> torch.Tensor:
    """Pictures in [-1, 1] as RGB in [0, 1], every pixel a visible square."""
    side = pictures.shape[-1]
    shown = images.enlarge(pictures.clamp(-1, 1) / 2 + 0.5, side * -(-least // side))
    return shown.expand(-1, 3, -1, -1)


class ExploreSection:
    """The accordion: a button that finds, the picture, its sliders, and the strips."""

    def __init__(self, page: Page):
        self.page = page
        css = "run-scope pictures-only"
        with page.section(gr.Accordion, NAME, open=False, elem_classes=css):
            page.formula(FORMULA)
            columns = card.build("gan-lab-explore", scales=(5, 5, 5))
            with columns.given:
                self.find, self.stop, self.reset = page.controls("gan_lab.explore.find")
                seed = page.setting(ExploreSettings, "seed", elem_id="gan-lab-explore-seed")
                self.knobs = [seed]
            with columns.result:
                self.picture = page.picture(
                    "gan_lab.explore.picture", height=260, elem_id="gan-lab-explore-picture",
                    elem_classes="result pixelated",
                )  # fmt: skip
                self.line = gr.HTML(elem_id="gan-lab-explore-status")
            with columns.knobs:
                self.knobs += [page.setting(ExploreSettings, name) for name in KNOBS[1:]]
            self.code = gr.HTML(elem_id="gan-lab-explore-code")
            self.strips = page.picture(
                "gan_lab.explore.strips", height=260, elem_id="gan-lab-explore-strips",
                elem_classes="pixelated", buttons=["fullscreen"],
            )  # fmt: skip
        self._connect()

    def _connect(self) -> None:
        page, shown = self.page, [self.picture, self.strips, self.code]
        self.shown = shown
        streams.start(
            page, self.find, self._find, self.knobs, [*shown, self.line], NAME, self.line,
            group=LIVE_TRAINING, heavy=False,
        )  # fmt: skip
        page.connect_stop(self.stop, NAME)
        emptied = [*self.knobs, *shown, self.line]
        streams.reset(page, self.reset, self._cleared, emptied, NAME)
        seed, *sliders = self.knobs
        # One event for all: the browser sends the next when it has the answer to the last.
        gr.on(
            [*(slider.input for slider in sliders), seed.submit, seed.blur],
            localize_errors(self._move), [page.language, *self.knobs], shown,
            trigger_mode="always_last", **PRIVATE, **LIVE_TRAINING,
        )  # fmt: skip

    def _find(self, run: StoppableRun, language: str, *values):
        live = self.page.engine.shared(LiveTrainings).started(run.session)
        settings = ExploreSettings(**dict(zip(KNOBS, values, strict=True)))
        words = say(language, "gan_lab.explore.finding")
        for done in find(self.page.engine, live):
            if run.is_set():
                yield {self.line: ""}
                return
            yield {self.line: progress.line(words, done, busy=True)}
        found = live.directions
        assert found is not None
        told = say(
            EVERY, "gan_lab.explore.found", rounds=f"{found.rounds:,}", count=len(found.vectors),
            share=f"{100 * sum(found.shares):.0f}", samples=f"{found.samples:,}",
        )  # fmt: skip
        yield dict(zip(self.shown, self._drawn(live, settings), strict=True)) | {
            self.line: progress.line(told, 1.0)
        }

    def _cleared(self, _language: str) -> list:
        return [*ExploreSettings.page_defaults().values(), None, None, "", ""]

    def _move(self, request: gr.Request, _language: str, *values):
        live = self.page.engine.shared(LiveTrainings).started(visitor(request))
        settings = ExploreSettings(**dict(zip(KNOBS, values, strict=True)))
        return self._drawn(live, settings)

    def _drawn(self, live: LiveTraining, settings: ExploreSettings) -> tuple:
        """Picture, strips, and their code."""
        found, shown = live.directions, drawn(self.page.engine, live, settings)
        still = found is not None and found.rounds == live.trainer.rounds
        code = recipes.explore(live, settings, live.uniform and still)
        button = card.show(say(EVERY, NAME), "[id^=gan-lab-explore] img", f"tab={TAB_ID}")
        return *shown, button + panel.shown(code)
