"""Adversarial attack: an invisible change turns a dog into a pizza (Goodfellow et al. 2015)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import gradio as gr

from demos.attacks import controls, endpoints, recipes, robustness, runs, views
from demos.attacks.controls import DEFAULTS, DOG, DOG_TO_CAT
from demos.attacks.runs import NAME, MeasuredStep
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import EVERY
from demos.ui import (
    card,
    deep_links,
    example_results,
    examples,
    panel,
    progress,
    streams,
)
from demos.ui.components import Photo
from demos.ui.page import LIGHT, PRIVATE, Page
from models import images, registry

if TYPE_CHECKING:
    from models.attacks.evaluation import AttackStep

# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"epsilon": 1.0},
    {"method": "fgsm", "epsilon": 16.0},
    {"target": "pizza", "epsilon": 8.0, "steps": 40},
    {"target": "Siamese cat", "epsilon": 64.0, "step_size": 8.0},
    {"method": "deepfool", "norm": "l2"},
    {"method": "patch", "target": "toaster", "steps": 60, "step_size": 8.0},
)
RECIPES = recipes.RECIPES
# The pictures that `attack_view.js` draws from, and what it says.
SOURCES = ("clean", "adversarial")
VIEW_WORDS = (
    "before_none", "view_before", "view_after", "wipe", "blend", "hint", "success", "failure",
    "track", "track_other",
)  # fmt: skip
CHANGE_WORDS = ("change_factor", "change_legend")


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    attack_tab = AttackTab(page)
    robustness.build(page, attack_tab.photo, attack_tab.controls)
    attack_tab.connect(tab)
    endpoints.expose_all(page)


class AttackTab(card.Section):
    """The components of one attack, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page, "attack-card", (3, 8, 3))
        self.controls = controls.build(page, self.columns, self._build_buttons)
        self.ordered = list(self.controls.values())
        self.result = [
            self.line, self.clean, self.fooled, *self.words.values(), self.origin.line,
            self.download, self.download_clean, self.download_patch,
        ]  # fmt: skip
        defaults = {"model": registry.DEFAULT_BACKBONE} | DEFAULTS
        page.experiments(NAME, EXPERIMENTS, defaults, self.ordered, controls.check)

    def _build_given(self) -> None:
        first = examples.example("photos", DOG)
        self.photo = self.page.put(Photo, "attack.photo", value=first, height=230)
        examples.examples(self.page, "photos", self.photo, DOG)

    def _build_buttons(self) -> None:
        self.run, self.stop, self.reset = self.page.controls("run.attack")
        self.dog = self.page.put(gr.Button, "attack.dog_to_cat", size="sm", min_width=110)

    def _build_result(self) -> None:
        """Opens on the example. What `attack_view.js` draws, it draws from pictures and verdicts
        that are in the page, but not shown."""
        page, found, said = self.page, example_results.load().attack, _example_words(EVERY)
        panel.build(page, "attack-view", "attack", VIEW_WORDS, "result")
        with gr.Column(elem_classes="attack-source"):
            self.clean, self.fooled = (
                gr.Image(
                    found.pictures[name], elem_id=f"attack-{name}", format="png", buttons=[],
                    interactive=False, show_label=False,
                )
                for name in SOURCES
            )  # fmt: skip
            told = gr.HTML(said["said"], elem_id="attack-said")
        self.line = gr.HTML(elem_id="attack-status")
        self.words: dict[str, gr.components.Component] = {
            "said": told,
            "why": gr.HTML(said["why"], elem_id="attack-why"),
        }
        self.origin = card.Origin("attack-card", _example_origin(EVERY, self.photo.value["path"]))
        with gr.Row():
            self.download, self.download_clean, self.download_patch = (
                page.put(
                    gr.DownloadButton, key, visible=False, elem_id=f"attack-{key}", min_width=140,
                    size="sm",
                )
                for key in ("download", "download_clean", "download_patch")
            )  # fmt: skip
        with gr.Row(equal_height=False):
            with gr.Column(min_width=200):
                panel.build(page, "attack-change", "attack", CHANGE_WORDS)
            for name in ("before", "after"):
                with gr.Column(min_width=200):
                    self.words[name] = gr.Markdown(said[name], elem_id=f"attack-{name}")
        self.words["plot"] = gr.HTML(said["plot"], elem_id="attack-plot")

    def connect(self, tab: gr.Tab) -> None:
        """Wires the events."""
        page, light, model = self.page, PRIVATE | LIGHT, self.controls["model"]
        inputs = [self.photo, *self.ordered]
        started = (self.stream_attack, inputs, self.result, NAME, self.line)
        streams.start(page, self.run, *started, about=_subject)
        chosen = self.dog.click(self.dog_to_cat, None, inputs, **light)
        streams.start(page, self.dog, *started, after=chosen.then, about=_subject)
        page.connect_stop(self.stop, NAME)
        self.origin.follow(page, [self.photo, model])
        deep_links.listen(page, NAME, self.controls, {"photo": (self.photo, "photos")})
        predict = streams.stream(
            page, self.predict, NAME, emptied=self.emptied, heavy=False, about=_subject,
            unless_about=True,
        )  # fmt: skip
        # One event for all: the browser sends the next when it has the answer to the last.
        gr.on(
            [self.photo.change, tab.select, model.change], predict,
            [page.language, self.photo, model], self.result, trigger_mode="always_last", **light,
        )  # fmt: skip
        streams.reset(page, self.reset, self.cleared, [*inputs, *self.result], NAME)

    # Not called `attack`: Gradio would take that name from the public endpoint.
    def stream_attack(self, run: StoppableRun, language: str, image, model, *values):
        """Streams an attack."""
        asked = controls.request(image, model, values)
        events = partial(runs.measured_attack, self.page.engine, asked)
        yield from progress.updates(run, language, self.line, events, partial(self._step, image))

    def _step(
        self, photo: str, language: str, event: Progress[MeasuredStep] | Result[MeasuredStep]
    ) -> dict:
        found, step, subject = event.value, event.value.step, event.value.subject
        picture = images.to_image(step.adversarial)
        update = self.emptied(language) if step.step == 0 else {}
        update |= {
            self.line: progress.status(language, event, step),
            self.clean: subject.shown,
            self.fooled: picture,
        }
        if found.result is None:
            return update | self._worded(views.under_way(language, found))
        report, blends = found.result.report, found.result.blends
        said = views.measured(language, report, blends, found.probabilities, step.steps)
        return update | self._worded(said) | {
            self.origin.line: _origin(language, photo, found),
            self.download: _download(picture, "netglass-attack"),
            self.download_clean: _download(subject.shown, "netglass-clean"),
            self.download_patch: _patch(step),
        }  # fmt: skip

    def _worded(self, words: dict[str, str]) -> dict:
        return {self.words[name]: text for name, text in words.items()}

    def dog_to_cat(self) -> list:
        """The photo and the settings that turn a dog into a cat."""
        return [examples.example("photos", DOG), registry.DEFAULT_BACKBONE, *DOG_TO_CAT.values()]

    def predict(self, run: StoppableRun, language: str, image, model: str):
        """What the network is shown of a photo, and its prediction; the example if they are its.

        No result of another photo, or of a file that is no picture, stands beside it.
        """
        if (image, model) == (self.photo.value["path"], registry.DEFAULT_BACKBONE):
            return self._example(language)
        if image is None:
            return self.emptied(language)
        shown, top = runs.predict(self.page.engine, image, model)
        words = {} if top is None else views.predicted(language, top)
        return self.emptied(language) | {self.clean: shown} | self._worded(words)

    def _example(self, language: str) -> dict:
        """Updates that show the result with which the tab opens."""
        found = example_results.load().attack
        clean, fooled = (found.pictures[name] for name in SOURCES)
        opened = {path: images.open_image(path) for path in (clean, fooled)}
        return self.emptied(language) | self._worded(_example_words(language)) | {
            self.clean: clean,
            self.fooled: fooled,
            self.origin.line: _example_origin(language, self.photo.value["path"]),
            self.download: _download(opened[fooled], "netglass-attack"),
            self.download_clean: _download(opened[clean], "netglass-clean"),
        }  # fmt: skip

    def cleared(self, language: str) -> list:
        """The values of all components on Reset: those with which the tab opens."""
        settings = [registry.DEFAULT_BACKBONE, *DEFAULTS.values()]
        photo = examples.example("photos", DOG)
        return [photo, *settings, *self._example(language).values()]

    def emptied(self, language: str) -> dict:
        """Updates that leave no result."""
        hidden = gr.update(visible=False)
        empty = ["", None, None, *[""] * len(self.words), "", hidden, hidden, hidden]
        return dict(zip(self.result, empty, strict=True))


def _example_words(language: str) -> dict[str, str]:
    found = example_results.load().attack
    return views.measured(
        language, found.report, found.blends, found.probabilities, found.report.steps
    )


def _example_origin(language: str, photo: str) -> str:
    found = example_results.load().attack
    spec = registry.classifier(found.settings["model"])
    code = recipes.ATTACK.address(found.settings, image=photo)
    return card.origin(
        views.made_with(language, spec, found.settings),
        [photo, spec.name],
        example=True,
        code=code,
        link=f"tab={NAME}",
    )


def _origin(language: str, photo: str, found: MeasuredStep) -> str:
    """What a result is of, the addresses that make it again, and the epsilon that fooled."""
    spec, settings = found.subject.spec, vars(found.subject.settings)
    link = controls.link(photo, spec.name, settings)
    report = found.result.report if found.result else None
    fooled = report is not None and report.success and settings["norm"] == "linf"
    note = "" if found.step.step >= found.step.steps else "stopped"
    code = recipes.ATTACK.address(settings | {"model": spec.name}, note, image=photo)
    reached = {"epsilon": settings["epsilon"]} if fooled else {}
    what = views.made_with(language, spec, settings)
    return card.origin(what, [photo, spec.name], code=code, link=link, found=reached)


def _download(picture, name: str) -> dict:
    return gr.update(value=examples.png(picture, name), visible=True)


def _patch(step: AttackStep) -> dict:
    """The patch by itself, where the attack made one."""
    if step.patch is None:
        return gr.update(visible=False)
    from models.attacks.patch import cutout

    return _download(cutout(step.patch), "netglass-patch")


def _subject(image, model: str, *_) -> tuple:
    """What a prediction or a result is about."""
    return image, model
