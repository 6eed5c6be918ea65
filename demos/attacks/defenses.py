"""The section of defenses: JPEG, randomized smoothing, adversarial training."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from markupsafe import escape

from demos.attacks import costs, defense_runs, recipes, views
from demos.attacks.costs import ROBUST, STANDARD
from demos.attacks.defense_runs import SideBySide, Smoothing
from demos.attacks.runs import TransformProgress
from demos.attacks.section import Controls, Section
from demos.runtime.i18n import class_name, say
from demos.ui.components import NO_PICTURE, picture
from demos.ui.page import Page
from demos.ui.plots import bars
from models import images, registry
from models.attacks.settings import JpegSettings, SmoothingSettings

COMPARED = (STANDARD, ROBUST)
SIDE = 256  # of the pictures of networks side by side
EMPTY = (NO_PICTURE, NO_PICTURE, "")  # what stands there before: two pictures, and a verdict


def build(page: Page, photo, controls: Controls) -> dict[str, Any]:
    """The section; returns its own controls."""
    with page.section(gr.Accordion, "robustness.defenses", open=False):
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300, elem_classes="run-scope"):
                jpeg = _jpeg(page, photo, controls)
            with gr.Column(min_width=300, elem_classes="run-scope"):
                smoothing = _smoothing(page, photo, controls)
        if ROBUST in registry.PET_CLASSIFIERS:
            with gr.Column(elem_classes="run-scope"):
                _adversarial_training(page, photo, controls)
    return jpeg | smoothing


def _jpeg(page: Page, photo, controls: Controls) -> dict[str, Any]:
    page.put(gr.Markdown, "robustness.jpeg")
    page.put(gr.Markdown, "robustness.jpeg.idea")
    own = {name: page.setting(JpegSettings, name) for name in ("quality", "adaptive")}
    page.put(gr.Markdown, "robustness.jpeg.cost", written=costs.jpeg)
    section = Section(page, photo, controls, "robustness.jpeg.run")
    result = gr.HTML(elem_id="robustness-jpeg")
    section.code.render()

    def render(language: str, found: TransformProgress) -> dict:
        return {result: _pair(language, found) if found.verdicts else ""}

    section.connect(
        defense_runs.jpeg_defense, render, {result: ""}, recipes.JPEG, JpegSettings, own
    )
    return own


def _pair(language: str, found: TransformProgress) -> str:
    """The verdicts without the defense and with it."""
    titled = zip(("robustness.jpeg.without", "robustness.jpeg.with"), found.verdicts, strict=True)
    return "".join(
        f"<b>{escape(say(language, key))}</b> "
        f"{views.verdict_bars(language, found.subject, verdict)}"
        for key, verdict in titled
    )


def _smoothing(page: Page, photo, controls: Controls) -> dict[str, Any]:
    page.put(gr.Markdown, "robustness.smoothing")
    page.put(gr.Markdown, "robustness.smoothing.idea")
    own = {"sigma": page.setting(SmoothingSettings, "sigma")}
    with gr.Row():
        for name in ("samples", "confidence"):
            own[name] = page.setting(SmoothingSettings, name, min_width=130)
    page.formula(r"R=\sigma\,\Phi^{-1}(\underline{p_A})")
    page.put(gr.Markdown, "robustness.smoothing.cost", written=costs.smoothing)
    section = Section(page, photo, controls, "robustness.smoothing.run")
    result = gr.HTML(elem_id="robustness-smoothing")
    section.code.render()

    def render(language: str, found: Smoothing) -> dict:
        return {result: "".join(_vote(language, found, which) for which in found.votes)}

    section.connect(
        defense_runs.smoothing_defense, render, {result: ""}, recipes.SMOOTHING, SmoothingSettings,
        own,
    )  # fmt: skip
    return own


def _vote(language: str, found: Smoothing, which: str) -> str:
    """The votes about the clean or the attacked picture, and the certificate."""
    step = found.votes[which]
    total = max(1, sum(count for _, count in step.votes))
    classes = found.subject.spec.classes
    rows = [(class_name(language, classes[n]), count / total) for n, count in step.votes[:3]]
    words = ""
    if step.radius is not None:
        words = say(
            language,
            "robustness.smoothing.certified",
            confidence=f"{found.settings.confidence:.1%}",
            lower=f"{step.lower:.1%}",
            radius=f"{step.radius:.3f}",
        )
        if which == "attacked":
            words += " " + say(
                language, "robustness.smoothing.length", length=f"{found.length:.2f}"
            )
    elif step.abstains:
        words = say(language, "robustness.smoothing.abstains")
    title = escape(say(language, f"robustness.{which}"))
    return f"<b>{title}</b>{bars(rows, role=views.BEFORE_AFTER[which])}<p>{escape(words)}</p>"


def _adversarial_training(page: Page, photo, controls: Controls) -> None:
    """The standard network and the robust one, attacked side by side."""
    page.put(gr.Markdown, "robustness.adversarial_training")
    page.put(gr.Markdown, "robustness.adversarial_training.idea")
    page.formula(
        r"\min_\theta\;\mathbb E\,\max_{\lVert\delta\rVert_\infty\le\varepsilon}"
        r"L_\theta(x+\delta,y)"
    )
    page.put(
        gr.Markdown, "robustness.adversarial_training.cost", written=costs.adversarial_training
    )
    section = Section(page, photo, controls, "robustness.adversarial_training.run", scale=0)
    with gr.Row(equal_height=False):
        slots = [_slots(page, name) for name in COMPARED]
    section.code.render()

    def render(language: str, found: SideBySide) -> dict:
        if not found.verdicts:
            return {}
        from models.attacks.attack import magnify

        (verdict,) = found.verdicts
        clean, attacked = verdict.pictures.split(1)
        both = (attacked, magnify(clean, attacked)[0])
        shown = (picture(images.to_image(images.enlarge(one, SIDE))) for one in both)
        said = views.verdict_bars(language, found.subject, verdict)
        return dict(zip(slots[found.place], [*shown, said], strict=True))

    cleared = {part: empty for slot in slots for part, empty in zip(slot, EMPTY, strict=True)}
    compute = partial(defense_runs.side_by_side, models=COMPARED)
    section.connect(compute, render, cleared, recipes.TRAINING, about_network=False)


def _slots(page: Page, name: str) -> list:
    """The attacked picture, the perturbation and the verdict of one network."""
    with gr.Column(min_width=280):
        gr.Markdown(f"**{registry.classifier(name).title}**")
        with gr.Row():
            pictures = [
                page.picture(
                    f"attack.{key}", height=190, min_width=110, visible=False,
                    elem_id=f"robustness-{name}-{key}",
                )
                for key in ("after", "change")
            ]  # fmt: skip
        return [*pictures, gr.HTML(elem_id=f"robustness-{name}-verdict")]
