"""Adversarial attack: an invisible change turns a dog into a pizza (Goodfellow et al. 2015)."""

from __future__ import annotations

from functools import partial

import gradio as gr

from demos.attacks import controls, endpoints, robustness, runs, views
from demos.attacks.controls import DEFAULTS
from demos.attacks.runs import NAME, MeasuredStep
from demos.runtime import i18n
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import say
from demos.ui import deep_links, examples, progress
from demos.ui.components import Photo
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, localize_errors
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
DOG = "german_shepherd"


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    attack_tab = AttackTab(page)
    robustness.build(page, attack_tab.photo, attack_tab.controls)
    attack_tab.connect(tab)
    endpoints.expose_all(page)


class AttackTab:
    """The components of one attack, and the events between them."""

    def __init__(self, page: Page):
        self.page = page
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                self.photo = page.put(
                    Photo, "attack.photo", value=examples.example("photos", DOG), height=210
                )
                examples.examples(page, "photos", self.photo, DOG)
                self.controls = controls.build(page)
            with gr.Column(scale=6, min_width=320):
                self._build_result()
        self.ordered = list(self.controls.values())
        self.result = [
            self.line, self.clean, self.fooled, self.change, self.before, self.after, self.plot,
            self.download, self.download_clean,
        ]  # fmt: skip
        defaults = {"model": registry.DEFAULT_BACKBONE} | DEFAULTS
        page.experiments(NAME, EXPERIMENTS, defaults, self.ordered, controls.check)

    def _build_result(self) -> None:
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
        inputs = [page.language, self.photo, *self.ordered]
        attack = (localize_errors(self.stream_attack), inputs, self.result)
        self.run.click(*attack, **PRIVATE, **HEAVY)
        chosen = self.dog.click(self.dog_to_cat, None, [self.photo, *self.ordered], **light)
        chosen.then(*attack, **PRIVATE, **HEAVY)
        page.connect_stop(self.stop, NAME)
        deep_links.listen(page, NAME, self.controls, {"photo": (self.photo, "photos")})
        model, predicted = self.controls["model"], [self.clean, self.before]
        predict = (localize_errors(self.predict), [page.language, self.photo, model], predicted)
        for arrives in (self.photo.change, tab.select, model.change):
            # A file that is no picture must not stand beside the prediction for the one before.
            arrives(*predict, **light).failure(self.no_prediction, None, predicted, **light)
        cleared = [self.photo, *self.ordered, *self.result]
        self.reset.click(self.cleared, None, cleared, **light)

    # Not called `attack`: Gradio would take that name from the public endpoint.
    def stream_attack(self, request: gr.Request, language: str, image, model, *values):
        """Streams an attack."""
        asked = controls.request(image, model, values)
        engine = self.page.engine
        events = partial(runs.measured_attack, engine, asked)
        yield from progress.stream(engine, request, language, NAME, self.line, events, self._step)

    def _step(self, language: str, event: Progress[MeasuredStep] | Result[MeasuredStep]) -> dict:
        found, image = event.value, images.to_image(event.value.step.adversarial)
        update = {
            self.line: progress.status(language, event, found.step),
            self.plot: views.probability_plot(language, found),
            self.fooled: image,
        }
        if found.step.step == 0:
            hidden = gr.update(visible=False)
            shown = found.subject.shown
            update |= {self.clean: shown, self.change: None, self.after: ""}
            update |= {self.download: hidden, self.download_clean: hidden}
        if found.result is None:
            return update
        report, perturbation = found.result.report, images.to_image(found.result.perturbation)
        factor = say(language, "attack.change_factor", factor=found.result.factor)
        clean = examples.png(found.subject.shown, "netglass-clean")
        after = views.titled_bars(language, "attack.verdict_after", report.after)
        return update | {
            self.change: perturbation,
            self.before: views.titled_bars(language, "attack.verdict_before", report.before),
            self.after: f"{after}{views.success(language, report)}\n\n<small>{factor}</small>",
            self.download: gr.update(value=examples.png(image, "netglass-attack"), visible=True),
            self.download_clean: gr.update(value=clean, visible=True),
        }

    def dog_to_cat(self) -> list:
        """The photo and the settings that turn a dog into a cat."""
        chosen = DEFAULTS | {"target": "Siamese cat"}
        return [examples.example("photos", DOG), registry.DEFAULT_BACKBONE, *chosen.values()]

    def predict(self, language: str, image, model: str) -> tuple:
        """What the network is shown of a photo, and its prediction."""
        if image is None:
            return self.no_prediction()
        shown, top = runs.predict(self.page.engine, image, model)
        if top is None:
            return shown, self.no_prediction()[1]
        return shown, views.titled_bars(language, "attack.verdict_before", top)

    def no_prediction(self) -> tuple:
        """No picture, and the text that stands where a prediction would."""
        return None, say(i18n.EVERY, "attack.before_none")

    def cleared(self) -> list:
        """The values of all components on Reset."""
        hidden = gr.update(visible=False)
        result = ["", None, None, None, "", "", "", hidden, hidden]
        return [None, registry.DEFAULT_BACKBONE, *DEFAULTS.values(), *result]
