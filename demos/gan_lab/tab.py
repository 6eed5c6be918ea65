"""The GAN gym: train one live, break it, let the doctor say why, repair it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import gradio as gr

from demos.gan_lab import endpoints as gym_endpoint
from demos.gan_lab import export as gym_keep
from demos.gan_lab import inputs as gym_inputs
from demos.gan_lab import knobs as gym_knobs
from demos.gan_lab import progressive as gym_growing
from demos.gan_lab import run_config
from demos.gan_lab import views as gym_views
from demos.gan_lab.runs import LiveRun, LiveRuns
from demos.runtime.events import Loading
from demos.runtime.i18n import say
from demos.runtime.scheduler import REST
from demos.ui import progress as status
from demos.ui.components import Choice
from demos.ui.page import LIGHT, LIVE_TRAINING, PRIVATE, Page, localize_errors
from models.gan.training import presets
from models.gan.training.settings import ARCHITECTURES, TrainingSettings
from models.validation import ValidationError

NAME = "gym"
FIRST = "ring"
SPEEDS = {"slow": 0.9, "normal": 0.15, "fast": 0.6}
VIEWS = ("heat", "arrows", "warp")
# A page left open overnight must not train for ever.
MOST_SECONDS = 1800
# What is brought along, and what belongs to points in the plane only, comes and goes with the data.
SHOW = f"""(kind) => {{
  const plane = {json.dumps(presets.PLANE)}.includes(kind);
  document.documentElement.classList.toggle("gym-pictures", !plane);
  window.netglassGym.show(kind);
}}"""


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    start = presets.settings_for(FIRST)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            payload = gr.Textbox(visible=False)
            data = page.put(Choice, "name.data", choices=_choices(page, "data"), value=FIRST)
            architecture = page.put(
                Choice, "name.architecture", choices=_choices(page, "architecture"),
                value=start.architecture,
            )  # fmt: skip
            with gr.Row():
                side = page.put(Choice, "name.side", choices=lambda _: [("32", 32), ("64", 64)],
                                value=32, visible=False, min_width=100)  # fmt: skip
                shipped = page.put(gr.Checkbox, "gym.shipped", value=False, visible=False)
            gym_inputs.build(page)
            knobs = gym_knobs.build(page, start)
        with gr.Column(scale=6, min_width=320):
            run, stop, reset = page.controls("gym.run")
            with gr.Row():
                steps = {
                    phase: page.put(gr.Button, f"gym.step.{phase}", size="sm", min_width=90)
                    for phase in ("discriminator", "generator", "both")
                }
            line = gr.HTML(elem_id="gym-status")
            turn = page.put(gr.HTML, "gym.phase.waits", elem_id="gym-phase",
                            written=lambda code: _waiting(page, code))  # fmt: skip
            with gr.Row(equal_height=False):
                with gr.Column(min_width=260):
                    picture = page.put(gr.Image, "gym.picture", format="png", height=380,
                                       buttons=["fullscreen"], interactive=False,
                                       elem_id="gym-picture")  # fmt: skip
                    page.put(gr.Markdown, "gym.legend", elem_classes="note plane-only")
                    speed = page.put(gr.Radio, "gym.speed", choices=_named(page, "speed", SPEEDS),
                                     value="normal", min_width=200)  # fmt: skip
                    views = page.put(gr.CheckboxGroup, "gym.views", value=["heat"],
                                     choices=_named(page, "view", VIEWS),
                                     elem_classes="plane-only")  # fmt: skip
                with gr.Column(min_width=260):
                    doctor = gr.HTML(elem_id="gym-doctor")
            plot = gr.HTML(elem_id="gym-plot")
    order = [data, architecture, side, shipped, *knobs.values()]
    with page.put(gr.Accordion, "break_it", open=False):
        corners = [_corner(page, preset) for preset in presets.BROKEN]
    gym_keep.build(page, [page.language, *order])
    gym_growing.build(page, gym_inputs.data_of, payload)

    shown = [line, turn, picture, plot, doctor]

    def wished(values: tuple) -> tuple[run_config.Wish, str, list[str]]:
        brought, pace, seen, kind, build_, wide, given, *turned = values
        chosen = dict(zip(knobs, turned, strict=True))
        return run_config.wish(kind, brought, wide, given, build_, chosen), pace, seen

    def moment(code: str, run: LiveRun, began: float, before: int) -> dict:
        flags = [name in run.views for name in VIEWS]
        done = run.snapshot.rounds - before
        rate = done / max(time.perf_counter() - began, 1e-3)
        return {
            line: status.live(code, run.snapshot, rate),
            turn: gym_views.phase(code, run),
            picture: page.engine.training_slice(gym_views.picture, run, *flags),
            plot: gym_views.losses(code, run),
            doctor: gym_views.doctor(code, run),
        }

    @localize_errors
    def go(request: gr.Request, code, *values):
        yield from _go(request, code, values, anew=False)

    def _go(request: gr.Request, code, values: tuple, anew: bool):
        asked, pace, seen = wished(values)
        yield {line: status.waiting(code, Loading(say(code, f"gym.data.{asked.data}")))}
        try:
            live = run_config.opened(page.engine, request.session_hash, asked, anew)
        except ValidationError:
            yield {line: ""}
            raise
        live.paused.clear()
        live.watcher = watcher = object()
        began, before = time.perf_counter(), live.trainer.rounds
        live.pace, live.views = pace, seen
        for _ in _slices(page, live):
            if live.watcher is not watcher:
                return
            yield moment(code, live, began, before)
            if live.paused.is_set() or time.perf_counter() - began > MOST_SECONDS:
                break
        yield {line: status.paused(code, live.snapshot)}

    @localize_errors
    def step(request: gr.Request, code, which, *values):
        asked, _, views_ = wished(values)
        live = run_config.opened(page.engine, request.session_hash, asked)
        live.views = views_
        live.paused.set()
        page.engine.training_slice(live.slice, 0.0, 1, which, True)
        return moment(code, live, time.perf_counter(), live.snapshot.rounds)

    def pause(request: gr.Request):
        live = page.engine.shared(LiveRuns).get(request.session_hash)
        if live:
            live.paused.set()

    def turned(request: gr.Request, *values):
        """Knobs that were moved while it runs; what needs new networks waits for Run."""
        live = page.engine.shared(LiveRuns).get(request.session_hash)
        if live is None:
            return
        try:
            # Without what was drawn or uploaded: that is only read by Run, and may be megabytes.
            asked, live.pace, live.views = wished(("", *values))
        except ValueError:
            return  # said when Run is pressed
        if asked.networks == live.identity[0]:
            live.wanted = asked.settings

    def clear(request: gr.Request, code):
        page.engine.shared(LiveRuns).close(request.session_hash)
        return ["", _waiting(page, code), None, "", ""]

    inputs = [page.language, payload, speed, views, *order]
    watch = {**PRIVATE, **LIVE_TRAINING}
    run.click(go, inputs, shown, js=gym_inputs.BRING, **watch)
    for phase, button in steps.items():
        fixed = gr.State(phase)
        button.click(
            step, [page.language, fixed, *inputs[1:]], shown, **watch,
            js="(code, phase, _, ...rest) => [code, phase, window.netglassGym.payload(), ...rest]",
        )  # fmt: skip
    stop.click(pause, None, None, **PRIVATE, queue=False)
    reset.click(clear, page.language, shown, **PRIVATE, queue=False)
    for knob in (views, speed, *knobs.values()):
        moved = knob.release if isinstance(knob, gr.Slider) else knob.input
        moved(turned, inputs[2:], None, **PRIVATE, queue=False)

    def healthy(kind, wanted):
        fits = kind in presets.PLANE
        build_ = "mlp" if fits else wanted if wanted in ("dense", "dcgan") else "dcgan"
        values = presets.settings_for(kind, build_)
        own = gr.update(visible=kind == "own")
        return [build_, own, own, *_values(values, knobs)]

    made = [architecture, side, shipped, *knobs.values()]
    for changed in (data, architecture):
        changed.input(healthy, [data, architecture], made, **PRIVATE, **LIGHT)
    data.change(None, data, None, js=SHOW, **PRIVATE)

    @localize_errors
    def anew(request: gr.Request, code, *values):
        yield from _go(request, code, values, anew=True)

    for preset, broken, repair in corners:
        for button, settings, fresh in (
            (broken, preset.settings, True),
            (repair, preset.repaired, preset.restarts),
        ):
            values = [preset.data, settings.architecture, 32, False, *_values(settings, knobs)]
            button.click(lambda values=values: values, None, order, **PRIVATE, **LIGHT).then(
                anew if fresh else go, inputs, shown, js=gym_inputs.BRING, **watch
            )
    page.on_load(gym_keep.read, order)
    gym_endpoint.expose_all(page)


def _slices(page: Page, live: LiveRun) -> Iterator[None]:
    """Trains slice by slice, in turn with all other runs; slow motion shows each player's step."""
    while True:
        if live.pace != "slow":
            page.engine.training_slice(live.slice, SPEEDS[live.pace])
            yield
            live.paused.wait(REST)
            if live.snapshot.diverged:
                return
            continue
        settings = live.wanted
        for phase, count in (
            ("discriminator", settings.d_steps),
            ("generator", settings.g_steps),
        ):
            page.engine.training_slice(live.slice, 60.0, count, phase, True)
            yield
            if live.snapshot.diverged:
                return
            live.paused.wait(SPEEDS["slow"])


def _waiting(page: Page, code: str) -> str:
    for name in ("discriminator", "generator"):
        page.text(f"gym.{name}", code)
    page.text("gym.phase.waits", code)
    return gym_views.phase(code, None)


def _choices(page: Page, family: str):
    names = {"data": presets.DATA, "architecture": ARCHITECTURES}[family]
    return _named(page, family, names)


def _named(page: Page, family: str, names):
    return lambda code: [(page.text(f"gym.{family}.{name}", code), name) for name in names]


def _values(settings: TrainingSettings, knobs: dict) -> list:
    return [getattr(settings, name) for name in knobs]


def _corner(page: Page, preset: presets.Preset) -> tuple:
    """(preset, the button that breaks, the button that repairs), with what to watch for."""
    key = f"gym.preset.{preset.name}"
    with gr.Row(elem_classes="experiment"):
        broken = page.put(gr.Button, key, size="sm", scale=0, min_width=200)
        page.put(gr.Markdown, f"{key}.watch")
    with gr.Row(elem_classes="experiment"):
        repair = page.put(gr.Button, "gym.repair", size="sm", scale=0, min_width=200)
        page.put(gr.Markdown, f"{key}.repair")
    return preset, broken, repair
