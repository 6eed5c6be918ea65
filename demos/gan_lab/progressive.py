"""Two ways to high resolution, side by side: progressive growing and multi-scale gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import gradio as gr
from markupsafe import escape
from PIL import Image

from demos.gan_lab import inputs, progressive_runs, recipes
from demos.gan_lab.links import TAB_ID
from demos.gan_lab.progressive_runs import METHODS, Losses, Standing
from demos.gan_lab.views import LOSSES, coin_toss
from demos.runtime.engine import StoppableRun
from demos.runtime.events import Loading, Result
from demos.runtime.i18n import EVERY, say
from demos.ui import card, progress, streams
from demos.ui.code import panel
from demos.ui.components import Choice
from demos.ui.page import LIVE_TRAINING, Page
from demos.ui.plots import curves
from models import images
from models.gan.networks.structure import SIDES
from models.gan.training.progressive_schedule import MILLION, PHASES, ProgressiveSettings
from models.validation import choice

if TYPE_CHECKING:
    from models.gan.training.progressive_trainer import ProgressiveSnapshot

NAME = "gan_lab.progressive"
DATA = ("digits", "own")
DEFAULTS = {"data": "digits", **ProgressiveSettings.page_defaults()}
EXPERIMENTS = ({"fade": False}, {"budget": 8})
STAGES = {
    "stable": "gan_lab.progressive.stable",
    "fading": "gan_lab.progressive.fading",
    "together": "gan_lab.progressive.together",
}
MAX_LOSS = 5  # of the plots; peaks are cut off
SHOW_DATA = "(data) => {if (data === 'own') window.netglassGanLab?.show(data); return data}"


# What the class may be shown.
SHOWN = ", ".join(
    f"#gan-lab-progressive-{method} img, #gan-lab-progressive-{method}-plot" for method in METHODS
)


class ProgressiveSection:
    """The accordion of the comparison.

    Args:
        payload: the component that stands for the visitor's own data.
    """

    def __init__(self, page: Page, payload: gr.components.Component):
        self.page, self.payload = page, payload
        with page.put(gr.Accordion, NAME, open=False, elem_classes="run-scope"):
            with gr.Row(equal_height=False):
                with gr.Column(scale=7, min_width=300):
                    page.put(gr.Markdown, f"{NAME}.idea", elem_classes="idea")
                with gr.Column(scale=3, min_width=240):
                    page.formula(ProgressiveSettings.described()["fade"].formula)
            with gr.Row():
                self.data = page.put(
                    Choice,
                    "gan_lab.progressive.data",
                    choices=self._data_texts,
                    value="digits",
                    min_width=160,
                )
                settings = [
                    page.setting(ProgressiveSettings, name, formula=False, min_width=width)
                    for name, width in (("budget", 200), ("fade", 160), ("seed", 120))
                ]
            self.run, self.stop, self.reset = page.controls("gan_lab.progressive.run")
            self.line = gr.HTML(elem_id="gan-lab-progressive-status")
            with gr.Row(equal_height=False):
                self.columns = {method: self._build_column(method) for method in METHODS}
            self.code = gr.HTML(elem_id="gan-lab-progressive-code")
            page.put(gr.Markdown, "gan_lab.progressive.note", elem_classes="note")
            self.choices = [self.data, *settings]
            page.experiments(NAME, EXPERIMENTS, DEFAULTS, self.choices, _check)

    def _data_texts(self, language: str) -> list[tuple[str, str]]:
        return [
            (self.page.text(f"gan_lab.progressive.data.{data}", language), data) for data in DATA
        ]

    def _build_column(self, method: str) -> tuple[gr.Image, gr.HTML, gr.HTML]:
        """The picture of one method, its progress and its losses."""
        with gr.Column(min_width=300):
            # Above the picture: a label would cover the smallest side.
            self.page.put(gr.Markdown, f"gan_lab.progressive.{method}")
            picture = self.page.picture(
                f"gan_lab.progressive.{method}", height=290, show_label=False,
                elem_id=f"gan-lab-progressive-{method}",
            )  # fmt: skip
            bar = gr.HTML(elem_id=f"gan-lab-progressive-{method}-bar")
            return picture, bar, gr.HTML(elem_id=f"gan-lab-progressive-{method}-plot")

    def connect(self) -> None:
        """Wires the events."""
        page = self.page
        outputs = [self.line, *(part for column in self.columns.values() for part in column)]
        outputs.append(self.code)
        streams.start(
            page, self.run, self.compare, [self.payload, *self.choices], outputs, NAME, self.line,
            group=LIVE_TRAINING, js=inputs.WITH_PAYLOAD,
        )  # fmt: skip
        page.connect_stop(self.stop, NAME)
        streams.reset(page, self.reset, self.cleared, [*self.choices, *outputs], NAME)
        self.data.change(None, self.data, self.data, js=SHOW_DATA, api_visibility="private")

    def compare(self, run: StoppableRun, language: str, payload: str, data: str, *given):
        """Streams both trainings."""
        engine, settings = self.page.engine, ProgressiveSettings(*given)
        choice("data", data, DATA)
        yield {
            self.line: progress.waiting(
                language, Loading(say(language, f"gan_lab.progressive.data.{data}"))
            ),
            self.code: "",
        }
        pictures = inputs.load(data, payload, SIDES[-1]).data
        comparison = engine.training_slice(
            progressive_runs.make, engine.device_name, pictures, settings
        )
        for event in progressive_runs.compare(comparison, engine.training_slice, run):
            standing, last = event.value, isinstance(event, Result)
            shown: dict = {self.line: status(language, standing, event.seconds, last)}
            for method, snapshot in standing.snapshots.items():
                picture, bar, plot = self.columns[method]
                shown |= {picture: _picture(snapshot), bar: phase_bar(language, snapshot)}
                shown[plot] = loss_plot(language, standing.losses, method, settings.budget)
            if last and standing.done:
                button = card.show(say(EVERY, NAME), SHOWN, f"tab={TAB_ID}")
                shown[self.code] = button + panel.shown(recipes.progressive(data, settings))
            yield shown

    def cleared(self, _language: str) -> list:
        """The values of all components on Reset."""
        return [*DEFAULTS.values(), "", *[None, "", ""] * len(METHODS), ""]


def _check(values: dict) -> None:
    ProgressiveSettings(**{name: value for name, value in values.items() if name != "data"})


def _picture(snapshot: ProgressiveSnapshot) -> Image.Image:
    from models.gan.training.progressive_trainer import sheet

    return images.to_image(sheet(snapshot))


def status(language: str, standing: Standing, elapsed: float, last: bool) -> str:
    """Pixels spent, time left or taken, and a bar; `last`: stopped, or done."""
    snapshots = standing.snapshots.values()
    spent = sum(snapshot.spent for snapshot in snapshots) / len(METHODS) / MILLION
    budget = next(iter(snapshots)).budget / MILLION
    words = say(language, "gan_lab.progressive.spent", spent=f"{spent:.1f}", budget=f"{budget:g}")
    left = standing.seconds_left(elapsed)
    if last:
        key = "gan_lab.progressive.seconds" if standing.done else "gan_lab.progressive.stopped"
        words += " · " + say(language, key, seconds=f"{elapsed:.0f}")
    elif left is not None:
        words += " · " + say(language, "status.left", seconds=max(1, round(left)))
    # The bar shows time: the first pixels take far longer than the last.
    share = 0.0 if left is None else elapsed / max(elapsed + left, 1e-9)
    return progress.line(words, share, busy=not last)


def phase_bar(language: str, snapshot: ProgressiveSnapshot) -> str:
    """The stage of one method in words, with a bar of its phases; those of fading are hatched."""
    stage = snapshot.stage
    words = say(language, STAGES[stage.phase], side=SIDES[stage.scale], alpha=f"{stage.alpha:.2f}")
    words += " · " + say(language, "gan_lab.progressive.seconds", seconds=f"{snapshot.seconds:.0f}")
    if snapshot.diverged:
        words = say(language, "gan_lab.progressive.diverged")
    parts = [(1.0, False, " · ".join(map(str, SIDES)))]
    if snapshot.method == "growing":
        parts = [(p.end - p.start, p.fading, str(SIDES[p.scale])) for p in PHASES]
    border = "1px solid var(--border-color-primary)"
    hatched = "background:repeating-linear-gradient(45deg,"
    hatched += "var(--border-color-primary) 0 3px,transparent 3px 7px)"
    cells = "".join(
        f'<span style="flex:{width:.4f} 1 0;min-width:0;border-left:{border};'
        f'text-align:center;{hatched if fading else ""}">{"" if fading else name}</span>'
        for width, fading, name in parts
    )
    done = f"position:absolute;inset:0 auto 0 0;width:{snapshot.spent / snapshot.budget:.1%}"
    return (
        '<div style="font-size:.85rem"><div style="position:relative;display:flex;'
        f'border:{border};border-radius:4px;overflow:hidden;line-height:1.5">'
        f'{cells}<span style="{done};background:var(--color-accent);opacity:.35"></span></div>'
        f"{escape(words)}</div>"
    )


def loss_plot(language: str, losses: Losses, method: str, budget: float) -> str:
    """The curves of one method; the height is the same for both."""
    top = min(max(2, math.ceil(losses.highest)), MAX_LOSS)
    series = {
        say(language, f"gan_lab.figure.{name}"): [
            (share * budget, min(y, top)) for share, y in losses.points(method, name)
        ]
        for name in LOSSES
    }
    return curves(
        series,
        say(language, "gan_lab.progressive.pixels"),
        budget,
        roles=[*LOSSES.values()],
        y_title=say(language, "plot.loss"),
        y_range=(0, top),
        references=coin_toss(language, 2 * math.log(2)),  # both methods have a logistic loss
    )
