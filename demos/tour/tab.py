"""The tour: one generated cat is drawn, painted, classified and attacked, one after the other."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from demos.gan_explorer import tab as gan_explorer
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Waiting
from demos.tour import runs
from demos.tour.runs import NAME, PAINTING, STATIONS, StationStep
from demos.ui import deep_links, progress, streams
from demos.ui.components import Photo
from demos.ui.page import Page
from demos.ui.send_to import SendButton
from models import registry
from models.attacks.settings import AttackSettings
from models.gan.settings import SLIDERS, SampleSettings

DEFAULTS = {"seed": 26, "truncation": 0.7, "epsilon": 4}
LABELS = {"seed": "name.seed"}  # in the explorer it is "Cat A", beside "Cat B"
EXPERIMENTS = ({"seed": 3, "truncation": 1.5}, {"epsilon": 1})
# On a phone the pictures come below what fits: bring the buttons, and them, to the top.
SCROLL = """() => {if (innerWidth <= 640)
  document.getElementById("tour-status").closest(".column").scrollIntoView()}"""
RANDOM_SEED = "() => Math.floor(Math.random() * 1e6)"
# What the explorer's other controls must be, so that it shows the same cat.
EXPLORER = {name: gan_explorer.DEFAULTS[name] for name in ("model", "noise", *SLIDERS)}


def build(page: Page, _tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    TourTab(page).connect()


class TourTab:
    """The tab's components, and the events between them.

    Attributes:
        controls: by setting.
        bodies, photos, found: of each station, what appears in it, its picture, and what was found.
        download: of the attack's exact PNG.
    """

    def __init__(self, page: Page):
        self.page = page
        self.controls: dict[str, Any] = {}
        self.bodies: dict[str, gr.Column] = {}
        self.photos: dict[str, Photo] = {}
        self.found: dict[str, gr.HTML] = {}
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=300):
                self.run, self.stop, self.reset = page.controls("run.tour")
                self.line = gr.HTML(elem_id="tour-status")
            with gr.Column(scale=2, min_width=280):
                self.controls["seed"] = page.put(
                    gr.Number, LABELS["seed"], DEFAULTS["seed"], precision=0, elem_id="tour-seed"
                )
                self.other = page.put(gr.Button, "tour.another", size="sm")
        # The stations' buttons read the truncation, whose slider stands below them.
        self.controls["truncation"] = page.setting(
            SampleSettings,
            "truncation",
            formula=False,
            value=DEFAULTS["truncation"],
            render=False,
        )
        with gr.Row(equal_height=False):
            for name in STATIONS:
                self._build_station(name)
        self._build_more()
        self.order = list(self.controls.values())
        page.experiments(NAME, EXPERIMENTS, DEFAULTS, self.order, check=_check)
        deep_links.listen(page, NAME, self.controls)
        pictures = [*self.bodies.values(), *self.photos.values()]
        self.outputs = [self.line, self.download, *pictures, *self.found.values()]

    def _build_station(self, name: str) -> None:
        page = self.page
        with gr.Column(min_width=270):
            page.put(gr.Markdown, f"tour.{name}")
            with gr.Column(visible=False) as self.bodies[name]:
                self.photos[name] = page.put(
                    Photo, f"tour.{name}.picture", format="jpeg", height=256, buttons=[],
                    interactive=False,
                )  # fmt: skip
                page.put(gr.Markdown, f"tour.{name}.caption")
                if name in ("named", "attacked"):
                    self.found[name] = gr.HTML(elem_id=f"tour-{name}-found")
                if name == "attacked":
                    self.download = page.put(gr.DownloadButton, "download", size="sm")
                self._build_send_buttons(name)

    def _build_send_buttons(self, name: str) -> None:
        """The buttons that open another tab with what a station shows."""
        cat, here = self.photos["cat"], self.photos[name]

        def send(key: str, make, inputs: list, tab: str, *targets: str) -> None:
            button = self.page.put(gr.Button, key, size="sm")
            self.page.send_buttons.append(SendButton(button, make, inputs, tab, targets))

        def explorer(language, seed, truncation):
            return seed, truncation, *EXPLORER.values()

        def pet(language, path):
            return path, registry.DEFAULT_PET_CLASSIFIER

        if name == "cat":
            targets = [f"gan.{setting}" for setting in ("seed", "truncation", *EXPLORER)]
            drawn = [self.controls["seed"], self.controls["truncation"]]
            send("tour.cat.go", explorer, drawn, "gan", *targets)
        if name == "painted":
            content = ("style.content", "style.style")
            send(
                "tour.painted.go", lambda language, path: (path, PAINTING), [cat], "style", *content
            )
        if name == "named":
            send("tour.named.go", pet, [cat], "pets", "pets.photo", "pets.model")
        if name == "attacked":
            send("tour.attacked.go", pet, [cat], "attack", "attack.photo", "attack.model")
        if name in ("painted", "attacked"):
            send("tour.ask", pet, [here], "pets", "pets.photo", "pets.model")

    def _build_more(self) -> None:
        page = self.page
        with page.put(gr.Accordion, "more", open=False), gr.Row():
            with gr.Column(min_width=220):
                self.controls["truncation"].render()
                page.formula(SampleSettings.described()["truncation"].formula)
            with gr.Column(min_width=220):
                self.controls["epsilon"] = page.setting(
                    AttackSettings, "epsilon", value=DEFAULTS["epsilon"]
                )

    def connect(self) -> None:
        """Wires the events."""
        page = self.page
        self.run.click(None, None, None, js=SCROLL, api_visibility="private")
        streams.start(
            page, self.run, self.tour, self.order, self.outputs, NAME, self.line, labels=LABELS
        )
        page.connect_stop(self.stop, NAME)
        self.other.click(
            None, None, self.controls["seed"], js=RANDOM_SEED, api_visibility="private"
        )
        everything = [*self.order, *self.outputs]
        streams.reset(page, self.reset, self.cleared, everything, NAME)

    def tour(self, run: StoppableRun, language: str, seed, truncation, epsilon):
        """Streams the tour."""
        start, done, total = time.perf_counter(), 0, len(STATIONS)
        # All of it each time: Gradio may lose what a part is given while it becomes visible.
        now: dict[Any, Any] = {}
        for event in runs.tour(self.page.engine, language, seed, truncation, epsilon, run):
            if isinstance(event, Waiting | Loading):
                yield {self.line: progress.waiting(language, event)}
                continue
            done = event.number - (event.share < 1)
            seconds = time.perf_counter() - start
            line = progress.running(language, event.number, total, event.progress, seconds)
            now = now | self._station(event) | {self.line: line}
            yield now
        line = progress.finished(language, done, total, time.perf_counter() - start)
        yield now | {self.line: line}

    def _station(self, step: StationStep) -> dict:
        name = step.station
        update = {self.bodies[name]: gr.update(visible=True), self.photos[name]: step.picture}
        if name == "cat":
            update |= self._emptied(*list(STATIONS)[1:])
        if step.found:
            update[self.found[name]] = step.found
        if step.found and name == "attacked":
            update[self.download] = step.picture
        return update

    def _emptied(self, *stations: str) -> dict:
        update: dict[Any, Any] = {self.bodies[name]: gr.update(visible=False) for name in stations}
        update |= {self.photos[name]: None for name in stations}
        return update | {self.found[name]: "" for name in stations if name in self.found}

    def cleared(self, _language: str) -> dict:
        """The defaults and empty stations, on Reset."""
        defaults = dict(zip(self.order, DEFAULTS.values(), strict=True))
        return defaults | self._emptied(*STATIONS) | {self.line: ""}


def _check(values: dict[str, Any]) -> None:
    AttackSettings(epsilon=values["epsilon"])
    SampleSettings(seed=values["seed"], truncation=values["truncation"])
