"""The GAN lab ("GAN gym" on the page): train a GAN live, break it, read why, repair it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing, suppress
from typing import TypeVar

import gradio as gr
from markupsafe import escape

from demos.gan_lab import (
    bring_back,
    controls,
    endpoints,
    inputs,
    links,
    opening,
    recipes,
    run_config,
    runs,
    views,
)
from demos.gan_lab.classes import ClassChooser
from demos.gan_lab.explore import ExploreSection
from demos.gan_lab.export import ExportSection
from demos.gan_lab.live_trainings import LiveTrainings
from demos.gan_lab.progressive import ProgressiveSection
from demos.gan_lab.request import Request, request_of
from demos.gan_lab.runs import PACES, LiveTraining
from demos.gan_lab.views import VIEWS
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Result, Waiting
from demos.runtime.i18n import EVERY, say
from demos.runtime.places import event_number, visitor
from demos.ui import card, progress, streams
from demos.ui.components import Choice
from demos.ui.page import LIGHT, LIVE_TRAINING, PRIVATE, Page, localize_errors
from models.gan.training import presets
from models.gan.training.settings import TrainingSettings
from models.validation import ValidationError

NAME = "gan_lab"
TAB_ID = links.TAB_ID
RECIPES = recipes.RECIPES
BROKEN = [preset.name for preset in presets.BROKEN]
T = TypeVar("T")
BEGIN = ["modern", "classes"]  # offered by one click beside them
# The panel for own data, and what belongs to points in the plane only, come and go with the data.
SHOW_DATA = f"""(data) => {{
  const plane = {json.dumps(presets.PLANE)}.includes(data);
  document.documentElement.classList.toggle("gan-lab-pictures", !plane);
  const digits = {json.dumps(presets.DIGIT_DATA)}.includes(data);
  document.documentElement.classList.toggle("gan-lab-digits", digits);
  document.documentElement.classList.toggle("gan-lab-own-data", data === "own");
  window.netglassGanLab.show(data);
}}"""


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    GanLabTab(page).connect()
    endpoints.expose_all(page)


class GanLabTab(card.Section):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page, "gan-lab-card", (7, 11, 6))
        self.choices = [
            self.data, self.architecture, self.side, self.pretrained, *self.settings.values(),
        ]  # fmt: skip
        self.upload = ExportSection(page, self.choices).upload
        ExploreSection(page)
        ProgressiveSection(page, self.payload).connect()
        self.inputs = [self.payload, self.pace, self.views, self.digit.chosen, *self.choices]
        self.result = [
            self.line, self.phase, self.picture, self.plot, self.diagnosis, self.figures,
            self.origin.line,
        ]  # fmt: skip

    def _build_given(self) -> None:
        """Data and architecture, and below them how the two networks fare."""
        page, first = self.page, opening.values()
        self.payload = gr.Textbox(visible=False)
        self.data = page.put(
            Choice, "name.data", choices=self._texts("data", presets.DATA), value=opening.DATA
        )
        self.architecture = page.setting(TrainingSettings, "architecture")
        with gr.Row(elem_classes="own-only"):
            self.side = page.put(
                Choice, "name.side", choices=lambda _: [("32", 32), ("64", 64)], value=32,
                min_width=100,
            )  # fmt: skip
            self.pretrained = page.put(gr.Checkbox, "gan_lab.pretrained", value=False)
        inputs.build(page)
        page.keys |= {f"gan_lab.{key}" for key in ("discriminator", "generator", "phase.waits")}
        self.phase = gr.HTML(first.phase, elem_id="gan-lab-phase")
        self.plot = gr.HTML(first.plot, elem_id="gan-lab-plot")

    def _build_result(self) -> None:
        page, first = self.page, opening.values()
        self.picture = page.picture(
            "gan_lab.picture", value=first.picture, height="52vh", buttons=["fullscreen"],
            elem_id="gan-lab-picture", elem_classes="result",
        )  # fmt: skip
        page.put(
            gr.HTML, "gan_lab.legend", written=self._legend, elem_id="gan-lab-legend",
            elem_classes="plane-only",
        )  # fmt: skip
        self.digit = ClassChooser(page)
        self.diagnosis = gr.HTML(first.diagnosis, elem_id="gan-lab-diagnosis")
        self.line = gr.HTML(elem_id="gan-lab-status")
        self.origin = card.Origin("gan-lab-card", first.origin)
        with page.put(gr.Accordion, "gan_lab.figures", open=False):
            self.figures = gr.HTML(first.figures, elem_id="gan-lab-figures")

    def _legend(self, language: str) -> str:
        text = {name: self.page.text(f"gan_lab.legend.{name}", language) for name in views.LEGEND}
        return views.legend(text)

    def _build_knobs(self) -> None:
        """Run and the steps, the runs that break, the knobs."""
        page = self.page
        self.run, self.stop, self.reset = page.controls("gan_lab.run")
        with gr.Row(elem_classes="one-click"):
            self.steps = {
                phase: page.put(gr.Button, f"gan_lab.step.{phase}", size="sm", min_width=60)
                for phase in ("discriminator", "generator", "both")
            }
        self._build_presets()
        with controls.build(page) as self.settings:
            self.pace = page.put(
                gr.Radio, "gan_lab.speed", choices=self._texts("speed", PACES), value="normal"
            )
            self.views = page.put(
                gr.CheckboxGroup, "gan_lab.views", value=["heatmap"],
                choices=self._texts("view", VIEWS), elem_classes="plane-only",
            )  # fmt: skip

    def _build_presets(self) -> None:
        """One click for a run that breaks; what to watch for, and the repair, come with it."""
        page = self.page
        self.presets: dict[str, gr.Button] = {}
        for title, names in (("gan_lab.begin", BEGIN), ("gan_lab.break", BROKEN)):
            page.put(gr.Markdown, title, elem_classes="one-click-title")
            with gr.Row(elem_classes="one-click"):
                for name in names:
                    key = f"gan_lab.preset.{name}"
                    self.presets[name] = page.put(gr.Button, key, size="sm", min_width=60)
                    page.keys.add(f"{key}.watch")
        page.keys |= {f"gan_lab.preset.{name}.repair" for name in BROKEN}
        self.chosen = gr.State("")
        self.watch = gr.HTML(elem_id="gan-lab-watch")
        self.repair = page.put(
            gr.Button, "gan_lab.repair", size="sm", visible=False, elem_id="gan-lab-repair"
        )

    def _texts(self, family: str, values):
        return lambda language: [
            (self.page.text(f"gan_lab.{family}.{v}", language), v) for v in values
        ]

    def connect(self) -> None:
        """Wires the events."""
        page = self.page

        def start(button, function, after=None, first=(), js=inputs.WITH_PAYLOAD) -> None:
            given = [*first, *self.inputs]
            streams.start(
                page, button, function, given, self.result, NAME, self.line, after, LIVE_TRAINING,
                js, heavy=False,
            )  # fmt: skip

        start(self.run, self.train)
        for phase, button in self.steps.items():
            start(button, self.step, first=[gr.State(phase)], js=inputs.STEP_WITH_PAYLOAD)
        self.stop.click(self.pause, None, None, **PRIVATE, queue=False)
        self.reset.click(
            streams.stream(page, self.clear, NAME, heavy=False),
            [page.language, self.data, self.architecture], self.result, trigger_mode="multiple",
            **PRIVATE, **LIVE_TRAINING,
        )  # fmt: skip
        self._connect_changes()
        self.digit.connect(self.settings["classes"], self.picture)
        # One event for both: the browser sends the next when it has the answer to the last.
        gr.on(
            [self.data.input, self.architecture.input], self.usual_settings,
            [self.data, self.architecture], [*self.choices[1:], self.watch, self.repair],
            trigger_mode="always_last",
            **PRIVATE, **LIGHT,
        )  # fmt: skip
        self.data.change(None, self.data, None, js=SHOW_DATA, **PRIVATE)
        told = [*self.choices, self.chosen, self.watch, self.repair]
        for name, button in self.presets.items():
            chosen = button.click(lambda name=name: _begin(name), None, told, **PRIVATE, **LIGHT)
            start(button, self.restart, after=chosen.then)
        chosen = self.repair.click(_repaired, self.chosen, told, **PRIVATE, **LIGHT)
        start(
            self.repair, self.train_repaired, chosen.then, [self.chosen], inputs.STEP_WITH_PAYLOAD
        )
        self.upload.upload(
            streams.stream(page, self.bring_back, NAME, heavy=False),
            [page.language, *self.inputs[:3], self.upload], [*told, *self.result],
            js=inputs.WITH_PAYLOAD, trigger_mode="multiple", **PRIVATE, **LIVE_TRAINING,
        )  # fmt: skip
        self.origin.follow(page, [self.data, self.architecture])
        page.on_load(links.read, self.choices)

    def _connect_changes(self) -> None:
        """What is changed while a run goes on is applied; what is wrong is said when the visitor
        has settled on it."""
        changing = [self.views, self.pace, *self.settings.values()]
        newest, inputs = {"trigger_mode": "always_last"}, [self.page.language, *self.inputs[1:]]
        # In the queue: Gradio's page shows no errors of events outside it.
        gr.on(
            [event for control in changing for event in _settled(control)],
            localize_errors(self.change), inputs, None, **newest, **PRIVATE, **LIGHT,
        )  # fmt: skip
        typed = [control.input for control in changing if isinstance(control, gr.Number)]
        gr.on(typed, self.change_if_valid, inputs, None, **newest, **PRIVATE, queue=False)

    def train(self, run: StoppableRun, language: str, *values):
        """Streams the visitor's run, going on with it if it is of the configuration chosen."""
        yield from self._train(run, language, request_of(values), restart=False)

    def restart(self, run: StoppableRun, language: str, *values):
        """As `train`, but always from scratch."""
        yield from self._train(run, language, request_of(values), restart=True)

    def train_repaired(self, run: StoppableRun, language: str, name: str, *values):
        """As `train`, but from scratch if the repair of the preset called `name` needs that."""
        yield from self._train(run, language, request_of(values), presets.preset(name).restarts)

    def _train(self, run: StoppableRun, language: str, asked: Request, restart: bool):
        engine, data = self.page.engine, asked.config.data
        yield {
            self.line: progress.waiting(language, Loading(say(language, f"gan_lab.data.{data}")))
        }
        live = yield from self._entered(
            run,
            language,
            run_config.enter_run(engine, run.session, asked.config, restart, run.may_write),
        )
        if live is None:
            return
        asked.apply_to(live)
        before = live.trainer.rounds
        if not run.may_write():
            return  # watching would take the run over from what is newer
        for event in runs.watch(engine, live, engine.shared(LiveTrainings).gives_way):
            if run.is_set():  # Stop was pressed while the data were read
                live.paused.set()
            if isinstance(event, Result):
                line = progress.paused(language, live.snapshot, live.gave_way)
                yield {self.line: line, self.origin.line: asked.origin(live, ended=True)}
            else:
                rate = (live.trainer.rounds - before) / max(event.seconds, 1e-3)
                line = progress.live(language, live.snapshot, rate)
                yield {self.line: line, **self._shown(language, live, asked)}

    def _entered(
        self, run: StoppableRun, language: str, events: Generator[Waiting, None, T]
    ) -> Generator[dict, None, T | None]:
        """What `events` end with; says meanwhile how long they wait. None if Stop was pressed."""
        with closing(events):
            while True:
                try:
                    event = next(events)
                except StopIteration as ended:
                    return ended.value
                if run.is_set():
                    yield {self.line: ""}
                    return None
                yield {self.line: progress.waiting_place(language, event)}

    def _shown(
        self, language: str, live: LiveTraining, asked: Request, ended: bool = False
    ) -> dict:
        verdict, figures = views.diagnosis(language, live)
        return {
            self.phase: views.phase(language, live),
            self.picture: self.page.engine.training_slice(views.picture, live, live.views),
            self.plot: views.losses(language, live),
            self.diagnosis: verdict,
            self.figures: figures,
            self.origin.line: asked.origin(live, ended),
        }

    def step(self, run: StoppableRun, language: str, phase: str, *values):
        """One step of one network, or of both."""
        asked = request_of(values)
        live = yield from self._entered(
            run,
            language,
            run_config.enter_run(self.page.engine, run.session, asked.config, wanted=run.may_write),
        )
        if live is None:
            return
        asked.apply_to(live)
        runs.step(self.page.engine, live, phase)
        line = progress.paused(language, live.snapshot)
        yield {self.line: line, **self._shown(language, live, asked, ended=True)}

    def bring_back(
        self, run: StoppableRun, language: str, payload: str, pace: str, shown: list, path: str
    ):
        """An exported run as the visitor's, with its choices; Run goes on with it."""
        opened = yield from self._entered(
            run,
            language,
            bring_back.open_file(self.page.engine, run.session, path, payload, run.may_write),
        )
        if opened is None:
            return
        live, config = opened
        asked = Request(config, pace, shown, None, config.settings.architecture)
        asked.apply_to(live)
        choices = dict(zip(self.choices, links.values(config), strict=True))
        told = {self.chosen: "", self.watch: "", self.repair: gr.update(visible=False)}
        line = progress.paused(language, live.snapshot)
        yield choices | told | {self.line: line, **self._shown(language, live, asked)}

    def pause(self, request: gr.Request) -> None:
        """The Stop button."""
        self.page.engine.places.stop(visitor(request), NAME, event_number(request))
        live = self.page.engine.shared(LiveTrainings).get(visitor(request))
        if live:
            live.paused.set()

    def change(self, request: gr.Request, _language: str, *values) -> None:
        """Applies what is changed while it runs; what needs new networks waits for Run."""
        live = self.page.engine.shared(LiveTrainings).get(visitor(request))
        if live is None:
            return
        # Without what was drawn or uploaded: that is only read by Run, and may be megabytes.
        asked = request_of(("", *values))
        asked.apply_to(live)
        if asked.config.networks == live.identity[0]:
            live.settings = asked.config.settings

    def change_if_valid(self, request: gr.Request, language: str, *values) -> None:
        """As `change`, while a number is typed, which may be wrong yet."""
        with suppress(ValidationError):
            self.change(request, language, *values)

    def clear(self, run: StoppableRun, _language: str, data: str, architecture: str) -> list:
        """The Reset button: ends the run; the choices stay."""
        self.page.engine.shared(LiveTrainings).close(run.session)
        first = opening.values(data, architecture)
        return ["", *vars(first).values()]

    def usual_settings(self, data: str, architecture: str) -> list:
        """What the other choices become when data or architecture is chosen."""
        if data in presets.PLANE:
            architecture = "mlp"
        elif architecture not in ("dense", "dcgan"):
            architecture = "dcgan"
        settings = run_config.values_of(presets.settings_for(data, architecture))
        return [architecture, gr.skip(), gr.skip(), *settings, "", gr.update(visible=False)]


def _settled(control) -> list:
    """The events that tell a control's new value when the visitor has settled on it: not with each
    key, for half a number may be wrong."""
    if isinstance(control, gr.Slider):
        return [control.release]
    if isinstance(control, gr.Number):
        return [control.blur, control.submit]
    return [control.input]


def _begin(name: str) -> list:
    """A preset's choices, its name, what to watch for, and its repair."""
    return _preset(name, presets.preset(name).settings, "watch")


def _repaired(name: str) -> list:
    """As `_begin`, of the repaired preset."""
    return _preset(name, presets.preset(name).repaired, "repair")


def _preset(name: str, settings: TrainingSettings, part: str) -> list:
    key, data = f"gan_lab.preset.{name}", presets.preset(name).data
    told = f"<p><b>{escape(say(EVERY, key))}.</b> {escape(say(EVERY, f'{key}.{part}'))}</p>"
    choices = [data, settings.architecture, 32, False, *run_config.values_of(settings)]
    return [*choices, name, told, gr.update(visible=part == "watch" and name in BROKEN)]
