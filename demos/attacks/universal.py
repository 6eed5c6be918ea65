"""The section of the universal perturbation: one change, made from some photos, tried on others."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import gradio as gr
from markupsafe import escape
from PIL import Image

from demos.attacks import recipes, views
from demos.attacks.runs import AttackRequest, Subject, prepare
from demos.attacks.section import Controls, Section
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event, map_values
from demos.runtime.i18n import say
from demos.ui import examples
from demos.ui.components import NO_PICTURE, Photos, picture
from demos.ui.page import Page
from demos.ui.plots import curves
from models import images
from models.attacks.settings import MORE_PHOTOS, UniversalSettings
from models.validation import ValidationError

if TYPE_CHECKING:
    from models.attacks.universal import Shown, UniversalStep

KNOBS = ("photos", "epsilon", "steps")
GROUPS = {"made": "made", "others": "real"}  # of photos, and their colours
HEAD = ("robustness.patch.photo", "robustness.universal.before", "robustness.universal.after")


@dataclass(frozen=True)
class UniversalProgress:
    """A perturbation so far.

    Attributes:
        paths: of all photos, those that it is made from first.
        rates: by group of photos, (step, fooling rate) so far.
        finished: whether this is the result.
    """

    subject: Subject
    settings: UniversalSettings
    paths: tuple[str, ...]
    step: UniversalStep
    rates: dict[str, list[tuple[float, float]]]
    finished: bool

    def photos(self, group: str) -> tuple[str, ...]:
        """The paths of a group's photos."""
        made = len(self.step.made.before)
        return self.paths[:made] if group == "made" else self.paths[made:]

    @property
    def image(self) -> Image.Image:
        """The perturbation by itself, as strong as it can be shown: grey where nothing changes,
        white and black at epsilon."""
        return images.to_image(0.5 + self.step.perturbation / self.settings.epsilon / 2)


def build(page: Page, photo, controls: Controls) -> None:
    """The section."""
    page.keys |= {f"robustness.universal.{name}" for name in GROUPS} | {*HEAD}
    whole = page.section(gr.Accordion, "robustness.universal", open=False, elem_classes="run-scope")
    with whole, gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=220):
            more = page.put(
                Photos, "robustness.universal.more", written=_more, file_count="multiple",
                height=180, elem_id="robustness-universal-more",
            )  # fmt: skip
            own = {name: page.setting(UniversalSettings, name) for name in KNOBS}
            section = Section(page, photo, controls, "robustness.universal.run", min_width=90)
        with gr.Column(scale=5, min_width=300):
            plot = gr.HTML(elem_id="robustness-universal-plot")
            shown = page.picture(
                "robustness.universal.alone", height=230, elem_id="robustness-universal",
                visible=False,
            )  # fmt: skip
            section.code.render()
        with gr.Column(scale=5, min_width=300):
            tried = gr.HTML(elem_id="robustness-universal-photos")

    def render(language: str, found: UniversalProgress) -> dict:
        update: dict = {plot: _plot(language, found)}
        if found.finished:
            update[shown] = picture(found.image)
            update[tried] = _table(language, found)
        return update

    cleared = {plot: "", tried: "", shown: NO_PICTURE}
    section.connect(make, render, cleared, recipes.UNIVERSAL, UniversalSettings, own, more=more)


def _more(language: str) -> str:
    return say(language, "robustness.universal.more", count=MORE_PHOTOS)


def make(
    engine: Engine, request: AttackRequest, settings: UniversalSettings, run: StoppableRun
) -> Generator[Event[UniversalProgress]]:
    """A perturbation from the first of these, tried on the rest: the request's photo, its further
    ones, the examples.

    Raises:
        ValidationError: as `prepare`, more than `MORE_PHOTOS` further photos, or one of them that
            can't be read.
    """
    if len(request.more) > MORE_PHOTOS:
        raise ValidationError("too_many_photos", count=len(request.more), limit=MORE_PHOTOS)
    subject = yield from prepare(engine, replace(request, settings={}))
    assert request.image is not None  # or `prepare` would have said so
    side, device = subject.spec.input_size, subject.clean.device
    if request.more:
        images.classifier_inputs(request.more, side)
    from models.attacks.universal import universal

    # What it is made from must not be among the photos that it never saw.
    paths = images.different([request.image, *request.more, *examples.paths("photos")])
    photos = images.classifier_inputs(paths, side).to(device)
    job = (subject.network, photos[: settings.photos], photos[settings.photos :], settings)
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in GROUPS}

    def recorded() -> Generator[UniversalStep, None, None]:
        for step in engine.steps(universal, *job):
            for name, points in rates.items():
                points.append((step.step, getattr(step, name).rate))
            yield step

    def progress(step: UniversalStep, finished: bool = False) -> UniversalProgress:
        return UniversalProgress(subject, settings, tuple(paths), step, rates, finished)

    yield from map_values(
        engine.schedule(recorded(), run), progress, last=lambda step: progress(step, True)
    )


def _plot(language: str, found: UniversalProgress) -> str:
    """The fooling rates by step."""
    return curves(
        {say(language, f"robustness.universal.{name}"): found.rates[name] for name in GROUPS},
        say(language, "plot.step"),
        found.step.steps,
        roles=[*GROUPS.values()],
        y_title=say(language, "robustness.universal.rate"),
        percent=True,
    )


def _table(language: str, found: UniversalProgress) -> str:
    """Every photo with what the network sees in it before and after, by group."""
    head = "".join(f"<th>{escape(say(language, key))}</th>" for key in HEAD)
    rows = []
    for name in GROUPS:
        group: Shown = getattr(found.step, name)
        title = escape(say(language, f"robustness.universal.{name}"))
        rows.append(f'<tr><th colspan="3">{title}: {group.rate:.0%}</th></tr>')
        shown = zip(found.photos(name), group.pictures, group.before, group.after, strict=True)
        for path, image, *pair in shown:
            before, after = (views.prediction(language, *found.subject.named(one)) for one in pair)
            laid = f'<div class="robustness-shown">{views.thumbnail(image)}'
            photo = escape(examples.title(language, path))
            rows.append(
                f"<tr><th>{photo}</th><td>{before}</td>"
                f"<td>{laid}<span>{after}</span></div></td></tr>"
            )
    return views.table(rows, head)
