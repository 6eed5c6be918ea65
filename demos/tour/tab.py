"""The tour: one generated cat is drawn, painted, classified and attacked, one after the other."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from demos.gan_explorer import tab as gan_explorer
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Waiting
from demos.runtime.i18n import EVERY, say
from demos.tour import recipes, runs
from demos.tour.runs import NAME, PAINTING, STATIONS, StationStep
from demos.ui import card, deep_links, example_results, progress, streams
from demos.ui.components import Photo
from demos.ui.page import Page
from demos.ui.send_to import SendButton
from models import registry
from models.attacks.settings import AttackSettings
from models.gan.settings import SLIDERS, SampleSettings

RECIPES = recipes.RECIPES
DEFAULTS = {"seed": 26, "truncation": 0.7, "epsilon": 4}
LABELS = {"seed": "name.seed"}  # in the explorer it is "Cat A", beside "Cat B"
EXPERIMENTS = ({"seed": 3, "truncation": 1.5}, {"epsilon": 1})
# The primary button draws a seed.
ANOTHER = "(language, seed, ...others) => [language, Math.floor(Math.random() * 1e6), ...others]"
# What the explorer's other controls must be, so that it shows the same cat.
EXPLORER = {name: gan_explorer.DEFAULTS[name] for name in ("model", "noise", *SLIDERS)}


def build(page: Page, _tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    TourTab(page).connect()


class TourTab:
    """The tab's components, and the events between them; it opens with a tour made before.

    Attributes:
        controls: by setting.
        photos, found: of each station, its picture, and what was found.
        download: of the attack's exact PNG.
    """

    def __init__(self, page: Page):
        self.page = page
        self.example = example_results.load().tour
        self.controls: dict[str, Any] = {}
        self.photos: dict[str, Photo] = {}
        self.found: dict[str, gr.HTML] = {}
        self._build_controls()
        with gr.Column(elem_id="tour-card", elem_classes="card"):
            with gr.Row(elem_classes="tour-bar"):
                self.run, self.stop, self.reset = page.controls("run.tour")
                self.again = page.put(
                    gr.Button, "tour.again", size="sm", scale=0, elem_classes="again"
                )
                with gr.Column(min_width=200):
                    self.line = gr.HTML(elem_id="tour-status")
                    self.origin = card.Origin("tour-card", _origin(EVERY, DEFAULTS, example=True))
            with gr.Row(equal_height=False, elem_classes="tour-stations result"):
                for name in STATIONS:
                    self._build_station(name)
        self._build_more()
        self.order = [self.controls[name] for name in DEFAULTS]
        self.outputs = [
            self.controls["seed"], self.line, self.origin.line, self.download,
            *self.photos.values(), *self.found.values(),
        ]  # fmt: skip

    def _build_controls(self) -> None:
        """The knobs, which stand below the stations whose buttons read them."""
        page = self.page
        hidden: dict[str, Any] = {"render": False, "formula": False}
        self.controls["seed"] = page.put(
            gr.Number, LABELS["seed"], DEFAULTS["seed"], precision=0, elem_id="tour-seed",
            render=False,
        )  # fmt: skip
        for kind, name in ((SampleSettings, "truncation"), (AttackSettings, "epsilon")):
            self.controls[name] = page.setting(kind, name, value=DEFAULTS[name], **hidden)

    def _build_station(self, name: str) -> None:
        page = self.page
        with gr.Column(min_width=130, elem_classes="tour-station"):
            page.put(gr.Markdown, f"tour.{name}")
            self.photos[name] = page.put(
                Photo, f"tour.{name}.picture", value=self.example.pictures[name], format="jpeg",
                buttons=[], interactive=False, elem_classes="tour-picture",
            )  # fmt: skip
            page.put(gr.Markdown, f"tour.{name}.caption")
            if name in ("named", "attacked"):
                self.found[name] = gr.HTML(self._example_found(name), elem_id=f"tour-{name}-found")
            with gr.Row(elem_classes="quiet tour-go"):
                self._build_send_buttons(name)
                if name == "attacked":
                    self.download = page.put(
                        gr.DownloadButton, "download", size="sm", visible=False
                    )

    def _example_found(self, name: str) -> str:
        if name == "named":
            return runs.likeliest(EVERY, self.example.named)
        return runs.attack_found(EVERY, self.example.attack)

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
            for control in self.controls.values():
                with gr.Column(min_width=220):
                    control.render()
        for kind, name in ((SampleSettings, "truncation"), (AttackSettings, "epsilon")):
            formula = kind.described()[name].formula
            page.background.append(page.formula(formula, render=False))

    def connect(self) -> None:
        """Wires the events."""
        page = self.page

        def start(button: gr.Button, **options) -> None:
            streams.start(
                page, button, self.tour, self.order, self.outputs, NAME, self.line, labels=LABELS,
                **options,
            )  # fmt: skip

        start(self.run, js=ANOTHER)
        start(self.again)
        page.connect_stop(self.stop, NAME)
        page.experiments(NAME, EXPERIMENTS, DEFAULTS, self.order, check=_check)
        deep_links.listen(page, NAME, self.controls)
        self.origin.follow(page, self.order)
        streams.reset(page, self.reset, self.cleared, [*self.order, *self.outputs[1:]], NAME)

    def tour(self, run: StoppableRun, language: str, seed, truncation, epsilon):
        """Streams the tour."""
        values = dict(zip(DEFAULTS, (seed, truncation, epsilon), strict=True))
        _check(values)
        # All of it each time: what is left out is taken back in the browser.
        now = self._emptied()
        yield now | {self.controls["seed"]: seed}
        start, done, total = time.perf_counter(), 0, len(STATIONS)
        for event in runs.tour(self.page.engine, language, seed, truncation, epsilon, run):
            if isinstance(event, Waiting | Loading):
                yield {self.line: progress.waiting(language, event)}
                continue
            done = event.number - (event.share < 1)
            seconds = time.perf_counter() - start
            line = progress.running(language, event.number, total, event.progress, seconds)
            now = now | self._station(event) | {self.line: line}
            yield now
        if done == total:
            now = now | {self.origin.line: _origin(language, values)}
        line = progress.finished(language, done, total, time.perf_counter() - start)
        yield now | {self.line: line}

    def _station(self, step: StationStep) -> dict:
        name = step.station
        # As an update: the end of a stream takes its own values back, not what is in them.
        update: dict[Any, Any] = {self.photos[name]: gr.update(value=step.picture)}
        if step.found:
            update[self.found[name]] = step.found
        if step.found and name == "attacked":
            update[self.download] = gr.update(value=step.picture, visible=True)
        return update

    def _emptied(self) -> dict:
        """Stations at which nothing has been."""
        nothing = gr.update(value=None)
        update: dict[Any, Any] = dict.fromkeys(self.photos.values(), nothing)
        update |= dict.fromkeys(self.found.values(), "")
        return update | {self.origin.line: "", self.download: gr.update(visible=False)}

    def cleared(self, language: str) -> dict:
        """The defaults and the example, on Reset."""
        update: dict[Any, Any] = dict(zip(self.order, DEFAULTS.values(), strict=True))
        # As Gradio keeps it: it would not read the file of the example again for a visitor.
        update |= {p: gr.update(value=p.value["path"]) for p in self.photos.values()}
        update |= {html: self._example_found(name) for name, html in self.found.items()}
        origin = _origin(language, DEFAULTS, example=True)
        hidden = gr.update(visible=False)
        return update | {self.download: hidden, self.origin.line: origin, self.line: ""}


def _origin(language: str, values: dict[str, Any], example: bool = False) -> str:
    what, code = say(language, "tour.origin", **values), recipes.TOUR.address(values)
    link = deep_links.address(NAME, values, DEFAULTS)
    return card.origin(what, list(values.values()), example, code, link)


def _check(values: dict[str, Any]) -> None:
    AttackSettings(epsilon=values["epsilon"])
    SampleSettings(seed=values["seed"], truncation=values["truncation"])
