"""Adversarial attack: an invisible change turns a dog into a pizza (Goodfellow et al. 2015)."""

from __future__ import annotations

from functools import partial

import gradio as gr

from demos.attacks import controls, endpoints, robustness, runs, views
from demos.attacks.controls import DEFAULTS, DOG, DOG_TO_CAT
from demos.attacks.runs import NAME, MeasuredStep
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import say
from demos.ui import deep_links, examples, progress, streams
from demos.ui.components import Photo
from demos.ui.page import LIGHT, PRIVATE, Page
from demos.ui.two_columns import TwoColumnTab
from models import images, registry

# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"epsilon": 1.0},
    {"method": "fgsm", "epsilon": 16.0},
    {"target": "pizza", "epsilon": 8.0, "steps": 40},
    {"target": "Siamese cat", "epsilon": 64.0, "step_size": 8.0},
    {"method": "deepfool", "norm": "l2"},
    {"method": "patch", "target": "toaster", "steps": 60, "step_size": 8.0},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    attack_tab = AttackTab(page)
    robustness.build(page, attack_tab.photo, attack_tab.controls)
    attack_tab.connect(tab)
    endpoints.expose_all(page)


class AttackTab(TwoColumnTab):
    """The components of one attack, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page)
        self.ordered = list(self.controls.values())
        self.result = [
            self.line, self.clean, self.fooled, self.change, self.before, self.after, self.plot,
            self.download, self.download_clean,
        ]  # fmt: skip
        defaults = {"model": registry.DEFAULT_BACKBONE} | DEFAULTS
        page.experiments(NAME, EXPERIMENTS, defaults, self.ordered, controls.check)

    def build_settings(self) -> None:
        first = examples.example("photos", DOG)
        self.photo = self.page.put(Photo, "attack.photo", value=first, height=210)
        examples.examples(self.page, "photos", self.photo, DOG)
        self.controls = controls.build(self.page)

    def build_result(self) -> None:
        page = self.page
        with gr.Row():
            self.run = page.put(gr.Button, "run.attack", variant="primary", min_width=90)
            self.dog = page.put(gr.Button, "attack.dog_to_cat", min_width=110)
            self.stop = page.put(gr.Button, "stop", variant="stop", min_width=70)
            self.reset = page.put(gr.Button, "reset", min_width=70)
        self.line = gr.HTML(elem_id="attack-status")
        with gr.Row():
            self.clean, self.fooled, self.change = (
                page.picture(f"attack.{name}", height=210, min_width=140)
                for name in ("before", "after", "change")
            )  # fmt: skip
        with gr.Row():
            self.before = page.written(gr.Markdown, "attack.before_none", elem_id="attack-before")
            self.after = page.written(gr.Markdown, "attack.after_none", elem_id="attack-after")
        self.plot = gr.HTML(elem_id="attack-plot")
        with gr.Row():
            self.download, self.download_clean = (
                page.put(
                    gr.DownloadButton, key, visible=False, elem_id=f"attack-{key}", min_width=140
                )
                for key in ("download", "download_clean")
            )

    def connect(self, tab: gr.Tab) -> None:
        """Wires the events."""
        page, light = self.page, PRIVATE | LIGHT
        inputs = [self.photo, *self.ordered]
        started = (self.stream_attack, inputs, self.result, NAME, self.line)
        streams.start(page, self.run, *started, about=_subject)
        chosen = self.dog.click(self.dog_to_cat, None, inputs, **light)
        streams.start(page, self.dog, *started, after=chosen.then, about=_subject)
        page.connect_stop(self.stop, NAME)
        deep_links.listen(page, NAME, self.controls, {"photo": (self.photo, "photos")})
        model = self.controls["model"]
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
        yield from progress.updates(run, language, self.line, events, self._step)

    def _step(self, language: str, event: Progress[MeasuredStep] | Result[MeasuredStep]) -> dict:
        found, image = event.value, images.to_image(event.value.step.adversarial)
        update = {
            self.line: progress.status(language, event, found.step),
            self.plot: views.probability_plot(language, found.probabilities, found.step.steps),
            self.fooled: image,
        }
        if found.step.step == 0:
            top = found.subject.prediction()
            update |= {
                self.clean: found.subject.shown,
                self.before: views.titled_bars(language, "before", top),
                self.change: None,
                self.after: "",
                self.download: gr.update(visible=False),
                self.download_clean: gr.update(visible=False),
            }
        if found.result is None:
            return update
        report, perturbation = found.result.report, images.to_image(found.result.perturbation)
        clean = examples.png(found.subject.shown, "netglass-clean")
        return update | {
            self.change: perturbation,
            self.before: views.titled_bars(language, "before", report.before),
            self.after: views.after(language, report, found.result.factor),
            self.download: gr.update(value=examples.png(image, "netglass-attack"), visible=True),
            self.download_clean: gr.update(value=clean, visible=True),
        }

    def dog_to_cat(self) -> list:
        """The photo and the settings that turn a dog into a cat."""
        return [examples.example("photos", DOG), registry.DEFAULT_BACKBONE, *DOG_TO_CAT.values()]

    def predict(self, run: StoppableRun, language: str, image, model: str):
        """What the network is shown of a photo, and its prediction; no result of another photo, or
        of a file that is no picture, stands beside it."""
        if image is None:
            return self.emptied(language)
        shown, top = runs.predict(self.page.engine, image, model)
        update = self.emptied(language) | {self.clean: shown}
        if top is not None:
            update[self.before] = views.titled_bars(language, "before", top)
        return update

    def cleared(self, language: str) -> list:
        """The values of all components on Reset."""
        settings = [registry.DEFAULT_BACKBONE, *DEFAULTS.values()]
        return [None, *settings, *self.emptied(language).values()]

    def emptied(self, language: str) -> dict:
        """Updates that leave no result."""
        nothing, hidden = say(language, "attack.before_none"), gr.update(visible=False)
        empty = ["", None, None, None, nothing, "", "", hidden, hidden]
        return dict(zip(self.result, empty, strict=True))


def _subject(image, model: str, *_) -> tuple:
    """What a prediction or a result is about."""
    return image, model
