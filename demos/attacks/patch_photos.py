"""The section of the patch: made to work anywhere, and tried on other photos."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import gradio as gr
from markupsafe import escape

from demos.attacks import patch, recipes, views
from demos.attacks.patch import PatchStep
from demos.attacks.runs import AttackRequest
from demos.attacks.section import Controls, Section
from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Event
from demos.runtime.i18n import say
from demos.ui import examples
from demos.ui.components import NO_PICTURE, picture
from demos.ui.page import Page

READS = ("target", "patch_size", "seed")  # of the attack's controls
HEAD = ("photo", "before", "after", "share")


def build(page: Page, photo, controls: Controls) -> None:
    """The section."""
    page.keys |= {f"robustness.patch.{name}" for name in HEAD}
    whole = page.section(gr.Accordion, "robustness.patch", open=False, elem_classes="run-scope")
    with whole, gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=220):
            section = Section(page, photo, controls, "robustness.patch.run", min_width=90)
            shown = page.picture(
                "robustness.patch.alone", height=230, elem_id="robustness-patch", visible=False
            )
            download = page.put(gr.DownloadButton, "download_patch", visible=False, size="sm")
        with gr.Column(scale=8, min_width=300):
            tried = gr.HTML(elem_id="robustness-patch-photos")
            section.code.render()

    def render(language: str, found: PatchStep) -> dict:
        update: dict = {tried: _table(language, found)}
        if found.image:
            update[shown] = picture(found.image)
        if found.image and found.report:
            file = examples.png(found.image, "netglass-patch")
            update[download] = gr.update(value=file, visible=True)
        return update

    cleared = {tried: "", shown: NO_PICTURE, download: gr.update(visible=False)}
    section.connect(make, render, cleared, recipes.PATCH)


def make(engine: Engine, request: AttackRequest, run: StoppableRun) -> Generator[Event[PatchStep]]:
    """A patch for the request's photo and target, tried on all example photos but that."""
    chosen = {name: request.settings[name] for name in READS}
    settings = patch.SETTINGS | {"steps": patch.STEPS} | chosen
    yield from patch.make(engine, replace(request, settings=settings), run, others(request.image))


def others(image: str | None) -> list[str]:
    """The example photos but `image`, by its file's name."""
    return [path for path in examples.paths("photos") if Path(path).name != Path(image or "").name]


def _table(language: str, found: PatchStep) -> str:
    if not found.trials:
        return ""
    head = "".join(f"<th>{escape(say(language, f'robustness.patch.{name}'))}</th>" for name in HEAD)
    rows = []
    named = found.subject.named
    for path, trial in found.trials:
        before, after = (
            views.prediction(language, *named(each)) for each in (trial.before, trial.after)
        )
        laid = f'<div class="robustness-shown">{views.thumbnail(trial.picture)}'
        rows.append(
            f"<tr><th>{escape(examples.title(language, path or ''))}</th><td>{before}</td>"
            f"<td>{laid}<span>{after}</span></div></td><td><b>{trial.share:.0%}</b></td></tr>"
        )
    return views.table(rows, head)
