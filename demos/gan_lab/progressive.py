"""Two ways to high resolution, side by side: progressive growing and multi-scale gradients."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from demos.gan_lab import inputs as gym_inputs
from demos.runtime.engine import Run
from demos.runtime.events import Loading
from demos.runtime.i18n import say
from demos.runtime.scheduler import REST
from demos.ui import progress as status
from demos.ui.components import Choice, Knob
from demos.ui.page import LIGHT, LIVE_TRAINING, PRIVATE, Page, localize_errors
from demos.ui.plots import curves
from models.gan.networks.structure import SIDES
from models.gan.training import progressive_schedule
from models.gan.training.progressive_schedule import (
    MILLION,
    PHASES,
    ProgressiveSettings,
)
from models.validation import choice

if TYPE_CHECKING:
    from models.gan.training.progressive_trainer import Comparison, ProgressiveSnapshot

NAME = "gym.grow"
DATA = ("digits", "own")
METHODS = ("growing", "multi_scale")
SIDE = SIDES[-1]
DEFAULTS = {"data": "digits", "budget": 32, "fade": True, "seed": 0}
EXPERIMENTS = ({"fade": False}, {"budget": 8})
# A slice leaves others their turn; showing costs more, so not every slice is shown.
SLICE, SECONDS_BETWEEN = 0.08, 0.3
FADE_IN = r"x=(1-\alpha)\,\mathrm{up}(x_{n-1})+\alpha\,x_n"
STAGES = {
    "stable": "gym.grow.stable",
    "fading": "gym.grow.fading",
    "together": "gym.grow.together",
}
POINTS, HIGHEST = 150, 5
SHOW = "(kind) => {if (kind === 'own') window.netglassGym?.show(kind); return kind}"


def build(page: Page, data_of: Callable, payload: gr.components.Component) -> None:
    """The part of the gym's tab.

    Args:
        data_of: (kind, payload, side) -> what to learn from, its `data` being
            `models.gan.training.data.Pictures`; kind is one of `DATA`.
        payload: the component that stands for what the browser brings.
    """
    with page.put(gr.Accordion, NAME, open=False):
        with gr.Row(equal_height=False):
            with gr.Column(scale=7, min_width=300):
                page.intro(NAME)
            with gr.Column(scale=3, min_width=240):
                page.formula(FADE_IN)
        with gr.Row():
            knobs = _knobs(page)
        run, stop, reset = page.controls("gym.grow.run")
        line = gr.HTML(elem_id="gym-grow-status")
        columns = {}
        with gr.Row(equal_height=False):
            for method in METHODS:
                with gr.Column(min_width=300):
                    # Above the picture: a label would cover the smallest side.
                    page.put(gr.Markdown, f"gym.grow.{method}")
                    columns[method] = (
                        page.put(
                            gr.Image, f"gym.grow.{method}", format="png", height=290, buttons=[],
                            show_label=False, interactive=False, elem_id=f"gym-grow-{method}",
                        ),
                        gr.HTML(elem_id=f"gym-grow-{method}-bar"),
                        gr.HTML(elem_id=f"gym-grow-{method}-plot"),
                    )  # fmt: skip
        page.put(gr.Markdown, "gym.grow.note", elem_classes="note")
        order = list(knobs.values())
        page.experiments(NAME, EXPERIMENTS, DEFAULTS, order)
    outputs = [line, *(part for method in METHODS for part in columns[method])]

    @localize_errors
    def go(request: gr.Request, code, brought, data, budget, fade, seed):
        chosen = ProgressiveSettings(budget, fade, seed)
        choice("data", data, DATA)
        yield {line: status.waiting(code, Loading(say(code, f"gym.grow.data.{data}")))}
        pictures = data_of(data, brought, SIDE).data
        with page.engine.run(request.session_hash, NAME) as stopped:
            comparison = page.engine.training_slice(
                _comparison, page.engine.device_name, pictures, chosen
            )
            losses, start = Losses(), time.perf_counter()
            for snapshots in raced(comparison, page.engine.training_slice, stopped, losses):
                elapsed = time.perf_counter() - start
                now = {line: _line(code, snapshots, elapsed, comparison.done, stopped.is_set())}
                for method, snapshot in snapshots.items():
                    picture, bar, plot = columns[method]
                    now |= {picture: _picture(snapshot), bar: standing(code, snapshot)}
                    now[plot] = losses.drawn(code, method, chosen.budget)
                yield now

    def clear(request: gr.Request):
        page.engine.stop(request.session_hash, NAME)
        return [*DEFAULTS.values(), *["", None, "", "", None, "", ""]]

    inputs = [page.language, payload, *order]
    run.click(go, inputs, outputs, js=gym_inputs.BRING, **PRIVATE, **LIVE_TRAINING)
    page.connect_stop(stop, NAME)
    reset.click(clear, None, [*order, *outputs], **PRIVATE, **LIGHT)
    knobs["data"].change(None, knobs["data"], knobs["data"], js=SHOW, api_visibility="private")


def _knobs(page: Page) -> dict[str, gr.components.Component]:
    def kinds(code: str) -> list[tuple[str, str]]:
        return [(page.text(f"gym.grow.data.{kind}", code), kind) for kind in DATA]

    return {
        "data": page.put(Choice, "gym.grow.data", choices=kinds, value="digits", min_width=160),
        "budget": page.put(Knob, "name.budget", 4, 200, 32, step=4, min_width=200),
        "fade": page.put(gr.Checkbox, "name.fade", value=True, min_width=160),
        "seed": page.put(gr.Number, "name.seed", 0, precision=0, min_width=120),
    }


def _comparison(device: str, pictures, settings: ProgressiveSettings) -> Comparison:
    from models.device import pick
    from models.gan.training.progressive_trainer import Comparison

    return Comparison(pictures, settings, pick(device))


def _picture(snapshot: ProgressiveSnapshot):
    from models import images
    from models.gan.training.progressive_trainer import sheet

    return images.to_image(sheet(snapshot))


class Losses:
    """Both losses of each runner over the budget, averaged over `POINTS` equal parts of it."""

    def __init__(self):
        self._sums: dict[tuple[str, str], dict[int, tuple[float, int]]] = {}

    def add(self, snapshot: ProgressiveSnapshot) -> None:
        at = snapshot.spent * POINTS // snapshot.budget
        for name, value in (("loss_d", snapshot.loss_d), ("loss_g", snapshot.loss_g)):
            parts = self._sums.setdefault((snapshot.method, name), {})
            if value is not None:
                total, count = parts.get(at, (0.0, 0))
                parts[at] = total + value, count + 1

    def points(self, method: str, name: str) -> list[tuple[float, float]]:
        """(share of the budget, mean loss), in order."""
        parts = self._sums.get((method, name), {})
        return [(at / POINTS, total / count) for at, (total, count) in sorted(parts.items())]

    def drawn(self, code: str, method: str, budget: float) -> str:
        """The curves of one runner; the height is the same for both, and peaks are cut off."""
        names = {"loss_d": say(code, "gym.figure.loss_d"), "loss_g": say(code, "gym.figure.loss_g")}
        highest = max((y for key in self._sums for _, y in self.points(*key)), default=0.0)
        top = min(max(2, math.ceil(highest)), HIGHEST)
        series = {
            said: [(share * budget, min(y, top)) for share, y in self.points(method, name)]
            for name, said in names.items()
        }
        return curves(series, say(code, "gym.grow.pixels"), budget, y_range=(0, top))


def raced(
    comparison: Comparison, turn: Callable, stopped: Run, losses: Losses
) -> Iterator[dict[str, ProgressiveSnapshot]]:
    """The latest snapshot of each runner, about three times a second, while both advance in turn.

    Args:
        turn: (function, *arguments) -> its result; runs it when it is this comparison's turn.
        stopped: ends it after the slice in hand.
        losses: gets every snapshot.
    """
    snapshots: dict[str, ProgressiveSnapshot] = {}
    due, last = 0.0, False
    while not last:
        snapshot = turn(comparison.advance, SLICE)
        snapshots[snapshot.method] = snapshot
        losses.add(snapshot)
        last = comparison.done or stopped.is_set()
        if last or time.perf_counter() >= due:
            yield dict(snapshots)
            due = time.perf_counter() + SECONDS_BETWEEN
            stopped.wait(REST)


def seconds_left(snapshots: dict[str, ProgressiveSnapshot], elapsed: float) -> float | None:
    """From the time that each took so far, waiting for turns included; None if it can't be told."""
    computed = sum(snapshot.seconds for snapshot in snapshots.values())
    left = 0.0
    for snapshot in snapshots.values():
        share = snapshot.spent / snapshot.budget
        share = progressive_schedule.steps_done(share) if snapshot.method == "growing" else share
        if snapshot.done:
            continue
        if share == 0:
            return None
        left += snapshot.seconds * (1 - share) / share
    return elapsed * left / computed if computed else None


def _line(
    code: str, snapshots: dict[str, ProgressiveSnapshot], elapsed: float, done: bool, stopped: bool
) -> str:
    """The status: pixels spent, time left or taken, and a bar."""
    spent = sum(snapshot.spent for snapshot in snapshots.values()) / len(METHODS) / MILLION
    budget = next(iter(snapshots.values())).budget / MILLION
    words = say(code, "gym.grow.spent", spent=f"{spent:.1f}", budget=f"{budget:g}")
    left = seconds_left(snapshots, elapsed) if len(snapshots) == len(METHODS) else None
    if done:
        words += " · " + say(code, "gym.grow.seconds", seconds=f"{elapsed:.0f}")
    elif stopped:
        words += " · " + say(code, "gym.grow.stopped", seconds=f"{elapsed:.0f}")
    elif left is not None:
        words += " · " + say(code, "status.left", seconds=max(1, round(left)))
    # The bar shows time: the first pixels take far longer than the last.
    share = 0.0 if left is None else elapsed / max(elapsed + left, 1e-9)
    return status.line(words, share)


def standing(code: str, snapshot: ProgressiveSnapshot) -> str:
    """Where one runner is, in words, with a bar of its phases; those of fading in are hatched."""
    stage = snapshot.stage
    words = say(code, STAGES[stage.phase], side=SIDES[stage.scale], alpha=f"{stage.alpha:.2f}")
    words += " · " + say(code, "gym.grow.seconds", seconds=f"{snapshot.seconds:.0f}")
    if snapshot.diverged:
        words = say(code, "gym.grow.diverged")
    parts = [(1.0, False, " · ".join(map(str, SIDES)))]
    if snapshot.method == "growing":
        parts = [(p.end - p.start, p.fading, str(SIDES[p.scale])) for p in PHASES]
    hatched = "background:repeating-linear-gradient(45deg,#8884 0 3px,transparent 3px 7px)"
    cells = "".join(
        f'<span style="flex:{width:.4f} 1 0;min-width:0;border-left:1px solid #8888;'
        f'text-align:center;{hatched if fading else ""}">{"" if fading else name}</span>'
        for width, fading, name in parts
    )
    done = f"position:absolute;inset:0 auto 0 0;width:{snapshot.spent / snapshot.budget:.1%}"
    return (
        '<div style="font-size:.85rem"><div style="position:relative;display:flex;'
        'border:1px solid #8888;border-radius:4px;overflow:hidden;line-height:1.5">'
        f'{cells}<span style="{done};background:#6366f1;opacity:.35"></span></div>'
        f"{escape(words)}</div>"
    )
