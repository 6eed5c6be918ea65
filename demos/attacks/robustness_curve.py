"""The section of robustness curves: probability against epsilon, and the smallest that fools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import escape

from demos.attacks import recipes, runs, views
from demos.attacks.runs import CurveProgress
from demos.attacks.section import Controls, Section
from demos.runtime.i18n import say
from demos.ui import examples
from demos.ui.components import NO_PICTURE, picture
from demos.ui.page import Page
from demos.ui.plots import bars, curves
from models import images
from models.attacks.settings import TITLES, CurveSettings

if TYPE_CHECKING:
    from models.attacks.robustness_curve import CurveStep


def build(page: Page, photo, controls: Controls) -> dict[str, Any]:
    """The section; returns its own controls."""
    curve = page.section(gr.Accordion, "robustness.curve", open=False, elem_classes="run-scope")
    with curve, gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=240):
            own = {name: page.setting(CurveSettings, name) for name in ("epsilon_end", "steps")}
            parts = Section(page, photo, controls, "robustness.curve.run", min_width=90)
        with gr.Column(scale=6, min_width=300):
            plot = gr.HTML(elem_id="robustness-curve")
            table = gr.HTML(elem_id="robustness-smallest")
            parts.code.render()
        with gr.Column(scale=3, min_width=220):
            shown = page.picture(
                "robustness.whole", height=230, elem_id="robustness-whole", visible=False
            )
            prediction = gr.HTML(elem_id="robustness-whole-verdict")
            download = page.put(gr.DownloadButton, "download", visible=False)

    def render(language: str, curves: CurveProgress) -> dict:
        found = curves.quantized
        update = {plot: _plot(language, curves.step), table: _table(language, curves.step)}
        if found is None:
            return update
        image = images.to_image(found.picture)
        level = say(language, "robustness.whole.level", level=found.level)
        return update | {
            shown: picture(image),
            prediction: f"{level}{bars(found.top, role='made')}",
            download: gr.update(value=examples.png(image, "netglass-least"), visible=True),
        }

    hidden = gr.update(visible=False)
    cleared = {plot: "", table: "", shown: NO_PICTURE, prediction: "", download: hidden}
    parts.connect(
        runs.curves, render, cleared, recipes.CURVES, CurveSettings, own, reached=_reached
    )
    return {"epsilon_end": own["epsilon_end"], "curve_steps": own["steps"]}


def _reached(curves: CurveProgress) -> dict[str, float]:
    """The smallest epsilon that fooled, of all methods."""
    found = [curve.smallest for curve in curves.step.curves.values() if curve.smallest is not None]
    return {"epsilon": round(min(found), 2)} if found else {}


def _plot(language: str, step: CurveStep) -> str:
    """The target's probability, and dashed the label's; without a target the label's alone."""
    first, second, marks = {}, {}, {}
    for method, curve in step.curves.items():
        name = TITLES[method]
        true = list(zip(step.epsilons, curve.true, strict=True))
        first[name] = true
        if curve.target:
            first[name] = list(zip(step.epsilons, curve.target, strict=True))
            second[name] = true
        if curve.smallest is not None:
            marks[name] = curve.smallest
    end = step.epsilons[-1]
    plot = curves(
        first, "ε", end, y_title=say(language, "plot.probability"), percent=True, root_x=True,
        dashed=second, marks=marks,
    )  # fmt: skip
    key = "robustness.curve.legend_target" if second else "robustness.curve.legend"
    return f"{plot}<small>{escape(say(language, key))}</small>"


def _table(language: str, step: CurveStep) -> str:
    """The smallest radius of each method."""
    rows = []
    for method, curve in step.curves.items():
        if curve.smallest is not None:
            words = say(language, "robustness.curve.smallest", epsilon=f"{curve.smallest:.2f}")
        elif step.step == step.steps:
            words = say(language, "robustness.curve.none", epsilon=f"{step.epsilons[-1]:g}")
        else:
            words = "…"
        rows.append(f"<tr><th>{TITLES[method]}</th><td>{escape(words)}</td></tr>")
    return views.table(rows)
