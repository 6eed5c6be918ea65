"""How much change it takes: probability against epsilon, and the smallest epsilon that fools."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from demos.attacks import runs as attack_once
from demos.attacks.runs import NAME
from demos.runtime.i18n import say
from demos.ui import examples as pictures
from demos.ui import progress as status
from demos.ui.components import Knob
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, PRIVATE, Page, localize_errors
from demos.ui.plots import bars, curves
from models import images
from models.attacks.settings import TITLES

if TYPE_CHECKING:
    import torch

DEFAULTS = {"epsilon_end": 16.0, "curve_steps": 8}


def build(page: Page, photo, knobs: dict) -> dict[str, gr.components.Component]:
    """The part; returns its own knobs."""
    own = {}
    with page.put(gr.Accordion, "deeper.curve", open=False):
        page.put(gr.Markdown, "deeper.curve.idea")
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=240):
                own["epsilon_end"] = page.put(Knob, "name.epsilon_end", 1, 64, 16, step=1)
                page.formula(r"p(\varepsilon)=\min_{\lVert x'-x\rVert_\infty\le\varepsilon}p(y|x')")
                own["curve_steps"] = page.put(Knob, "name.curve_steps", 1, 30, 8, step=1)
                page.formula(
                    r"v\leftarrow\mu v+\tfrac{g}{\lVert g\rVert_1},\;"
                    r"x'\leftarrow\Pi(x'+a\,\mathrm{sign}\,v)"
                )
                with gr.Row():
                    run = page.put(gr.Button, "deeper.curve.run", variant="primary", min_width=90)
                    stop = page.put(gr.Button, "deeper.stop", variant="stop", min_width=70)
                line = gr.HTML()
            with gr.Column(scale=6, min_width=300):
                plot = gr.HTML(elem_id="deeper-curve")
                table = gr.HTML(elem_id="deeper-smallest")
            with gr.Column(scale=3, min_width=220):
                shown = page.put(
                    gr.Image, "deeper.whole", format="png", height=230, buttons=[],
                    interactive=False, elem_id="deeper-whole",
                )  # fmt: skip
                verdict = gr.HTML()
                keep = page.put(gr.DownloadButton, "download", visible=False)

    @localize_errors
    def draw(request: gr.Request, code, path, model, target, *values):
        options = dict(zip(DEFAULTS, values, strict=True))
        yield {shown: None, verdict: "", keep: gr.update(visible=False), table: ""}
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _curves(page, code, path, model, target, options, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                step, last, seconds, whole = moment
                now = {plot: _plot(code, step), table: _table(code, step)}
                if not last:
                    share = step.step / step.steps
                    yield now | {line: status.running(code, step.step, step.steps, share, seconds)}
                    continue
                yield now | {line: status.finished(code, step.step, step.steps, seconds)}
                if whole:
                    image = images.to_image(whole.picture)
                    label = say(code, "deeper.whole.level", level=whole.level)
                    yield {
                        shown: gr.update(value=image, label=label),
                        verdict: bars(whole.top),
                        keep: gr.update(value=pictures.png(image, "netglass-least"), visible=True),
                    }

    inputs = [page.language, photo, knobs["model"], knobs["target"], *own.values()]
    run.click(draw, inputs, [line, plot, table, shown, verdict, keep], **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)
    _expose(page)
    return own


@dataclass(frozen=True)
class _Whole:
    """The picture at the next whole grey level (1/255), and the likeliest classes in it."""

    picture: torch.Tensor
    level: int
    top: list[tuple[str, float]]


def _curves(page, code, path, model, target, options: dict, stopped) -> Generator:
    """Status lines, then (step, last, seconds, `_Whole` or None)."""
    from models.attacks import robustness_curve
    from models.attacks.settings import CurveSettings

    settings = CurveSettings(
        epsilon_end=options["epsilon_end"], steps=options["curve_steps"],
        points=options.get("points", 12),
    )  # fmt: skip
    found = yield from attack_once.subject(page, code, path, model, {"target": target})
    going = robustness_curve.curves(
        found.network, found.clean, settings, found.target, found.settings.target or ""
    )
    for moment in status.in_turn(code, going, stopped):
        if isinstance(moment, str):
            yield moment
            continue
        step, last, seconds = moment
        whole = _whole(found, step, settings.epsilon_end) if last else None
        yield step, last, seconds, whole


def _whole(subject, step, epsilon_end: float) -> _Whole | None:
    from models.attacks import robustness_curve

    reached = [curve for curve in step.curves.values() if curve.smallest is not None]
    if not reached:
        return None
    least = min(reached, key=lambda curve: curve.smallest)
    found = robustness_curve.quantized(
        subject.network, subject.clean, least.nearest, least.smallest, subject.target, epsilon_end
    )
    return _Whole(*found, subject.top(found[0], 3)) if found else None


def _plot(code: str, step) -> str:
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
    svg = curves(first, "ε", end, y_range=(0, 1), root_x=True, dashed=second, marks=marks)
    key = "deeper.curve.legend_target" if second else "deeper.curve.legend"
    return f"{svg}<small>{escape(say(code, key))}</small>"


def _table(code: str, step) -> str:
    rows = []
    for method, curve in step.curves.items():
        if curve.smallest is not None:
            words = say(code, "deeper.curve.smallest", epsilon=f"{curve.smallest:.2f}")
        elif step.step == step.steps:
            words = say(code, "deeper.curve.none", epsilon=f"{step.epsilons[-1]:g}")
        else:
            words = "…"
        rows.append(f"<tr><th>{TITLES[method]}</th><td>{escape(words)}</td></tr>")
    return f'<div class="deeper-scroll"><table>{"".join(rows)}</table></div>'


def _expose(page: Page) -> None:
    def attack_curve(
        language: str,
        image: Picture,
        model: str = "efficientnet_lite0",
        target: str | None = None,
        epsilon_end: float = 16.0,
        points: int = 12,
        steps: int = 8,
    ):
        """Attacks a picture within many radii by three methods, and finds the smallest that fools.

        Args:
            image: the picture to attack; its centre square is what the network sees.
            model: the network to fool, as for /attack.
            target: a class of that network which it should see; leave it out for "anything but
                the truth".
            epsilon_end: the largest radius in grey levels (1/255), 1 to 64.
            points: how many radii from 0 to the largest, 3 to 40; they are squares, so that most
                are small.
            steps: gradient steps of PGD and MI-FGSM, 1 to 50.

        Returns:
            A report: "epsilons" (1/255), and by method the probability of the first verdict
            ("true") and of the target at each, whether the network was "fooled", and the
            "smallest" radius found that fools (null if none); "whole": the next whole grey level
            at which an 8-bit picture was checked to fool, with what the network sees in it.
        """
        options = {"epsilon_end": epsilon_end, "curve_steps": steps, "points": points}
        start = time.perf_counter()
        with page.engine.run(None, NAME) as stopped:
            *_, moment = _curves(page, language, image, model, target, options, stopped)
        step, _, _, whole = moment
        return {
            "epsilons": [round(value, 4) for value in step.epsilons],
            "methods": {method: _reported(curve) for method, curve in step.curves.items()},
            "whole": whole and {
                "epsilon": whole.level, "class": whole.top[0][0],
                "probability": round(whole.top[0][1], 6),
            },
            "seconds": round(time.perf_counter() - start, 2),
        }  # fmt: skip

    expose(attack_curve, {"report": gr.JSON}, "attack_curve")


def _reported(curve) -> dict:
    found = {
        "true": [round(value, 6) for value in curve.true],
        "fooled": list(curve.fooled),
        "smallest": curve.smallest,
    }
    if curve.target:
        found["target"] = [round(value, 6) for value in curve.target]
    return found
