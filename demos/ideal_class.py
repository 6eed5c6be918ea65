"""Ideal class: what a network takes for the perfect Siamese cat (Simonyan et al. 2014)."""

from __future__ import annotations

import time

import gradio as gr

from demos import networks, pictures, status
from demos.endpoints import expose
from demos.language import say
from demos.pacing import paced
from demos.page import HEAVY, LIGHT, PRIVATE, Page, speaks
from demos.plots import bars, curves
from demos.widgets import Choice, Knob
from models import images, registry

NAME = "ideal"
DEFAULTS = {
    "class_name": "Siamese cat",
    "method": "fourier",
    "size": 224,
    "steps": 256,
    "tv_weight": 1.0,
    "seed": 0,
}
METHODS = ("plain", "variation", "fourier")
ONE_CLICK = ("Siamese cat", "zebra", "golden retriever")
EXPERIMENTS = (
    {"method": "plain", "steps": 64},
    {"method": "variation", "tv_weight": 10.0},
    {"method": "fourier", "tv_weight": 0.0},
    {"method": "fourier", "class_name": "hammer"},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            with gr.Row():
                one_click = [
                    page.put(gr.Button, f"ideal.{name}", size="sm", min_width=90)
                    for name in ("siamese_cat", "zebra", "golden_retriever")
                ]
            knobs = _knobs(page)
        with gr.Column(scale=6, min_width=320):
            with gr.Row():
                run = page.put(gr.Button, "run.dream", variant="primary", min_width=90)
                stop = page.put(gr.Button, "stop", variant="stop", min_width=70)
                reset = page.put(gr.Button, "reset", min_width=70)
            line = gr.HTML(elem_id="ideal-status")
            with gr.Row():
                slots = {
                    method: page.put(
                        gr.Image,
                        f"ideal.slot.{method}",
                        format="png",
                        height=230,
                        buttons=[],
                        interactive=False,
                        min_width=140,
                        elem_id=f"ideal-{method}",
                    )
                    for method in METHODS
                }
            with gr.Row():
                verdict = gr.HTML(elem_id="ideal-verdict")
                plot = gr.HTML(elem_id="ideal-plot")
            keep = page.put(gr.DownloadButton, "download", visible=False, elem_id="ideal-download")
    order = list(knobs.values())
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order[1:])
    outputs = [line, *slots.values(), verdict, plot, keep]

    @speaks
    def dream(request: gr.Request, code, model, *values):
        settings = dict(zip(DEFAULTS, values, strict=True))
        yield {keep: gr.update(visible=False), verdict: ""}
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _dream(page, code, model, settings, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                step, last, seconds, curve, found = moment
                image = images.to_image(step.image)
                slot = slots[settings["method"]]
                series = {say(code, "ideal.probability"): curve}
                now = {
                    slot: image,
                    plot: curves(series, say(code, "plot.step"), step.steps, y_range=(0, 1)),
                }
                if not last:
                    progress = step.step / step.steps
                    now[line] = status.running(code, step.step, step.steps, progress, seconds)
                    yield now
                    continue
                named = [(registry.spec(name).title, value) for name, value in found.items()]
                words = say(code, "ideal.verdict", name=settings["class_name"])
                yield now | {
                    line: status.finished(code, step.step, step.steps, seconds),
                    verdict: f"<b>{words}</b>{bars(named)}",
                    keep: gr.update(value=pictures.png(image, "netglass-ideal"), visible=True),
                }

    inputs = [page.language, *order]
    run.click(dream, inputs, outputs, **PRIVATE, **HEAVY)
    for button, name in zip(one_click, ONE_CLICK, strict=True):
        button.click(lambda name=name: name, None, knobs["class_name"], **PRIVATE, **LIGHT).then(
            dream, inputs, outputs, **PRIVATE, **HEAVY
        )
    page.stops(stop, NAME)
    reset.click(
        lambda: [
            registry.DEFAULT,
            *DEFAULTS.values(),
            "",
            *[None] * 3,
            "",
            "",
            gr.update(visible=False),
        ],
        None,
        order + outputs,
        **PRIVATE,
        **LIGHT,
    )
    expose(_endpoint(page), {"picture": gr.Image, "report": gr.JSON}, "ideal_class")


def _knobs(page: Page) -> dict[str, gr.components.Component]:
    def methods(code: str):
        return [(page.text(f"ideal.method.{name}", code), name) for name in METHODS]

    knobs = {
        "class_name": page.put(
            Choice, "name.class_name", choices=lambda code: list(registry.class_names()),
            value=DEFAULTS["class_name"],
        ),
        "method": page.put(Choice, "name.method_ideal", choices=methods, value="fourier"),
    }  # fmt: skip
    page.formula(r"\max_x\;\log p(c\mid x)-w\,\mathrm{TV}(x)")
    with gr.Row():
        steps = page.put(Knob, "name.steps", 16, 1024, DEFAULTS["steps"], step=16, min_width=120)
        weight = page.put(Knob, "name.tv_weight_ideal", 0, 10, 1.0, step=0.1, min_width=120)
    with page.put(gr.Accordion, "ideal.more", open=False):
        with gr.Row():
            size = page.put(Knob, "name.size", 64, 512, DEFAULTS["size"], step=32, min_width=120)
            seed = page.put(gr.Number, "name.seed", 0, precision=0, min_width=80)
        model = networks.chooser(page)
    rest = {"size": size, "steps": steps, "tv_weight": weight, "seed": seed}
    return {"model": model} | knobs | rest


def _dream(page, code, model, settings, stopped):
    """Status lines while networks load, then (step, last, seconds, curve, final probabilities)."""
    registry.spec(model)
    from models import ideal_class

    settings = ideal_class.Settings(**settings)
    network = yield from networks.loaded(page, code, model)
    together = [network]
    if settings.method == "fourier":
        together.append((yield from networks.loaded(page, code, ideal_class.partner(model))))
    index = registry.class_index(settings.class_name)
    curve = []

    def recorded():
        for step in ideal_class.dream(together, settings):
            curve.append((step.step, step.probability))
            yield step

    for step, last, seconds in paced(recorded(), stopped):
        found = ideal_class.probabilities(together, step.image, index) if last else None
        yield step, last, seconds, curve, found


def _endpoint(page: Page):
    def ideal_class(
        language: str,
        class_name: str = "Siamese cat",
        model: str = "efficientnet_lite0",
        method: str = "fourier",
        size: int = 224,
        steps: int = 256,
        tv_weight: float = 1.0,
        seed: int = 0,
    ):
        """Draws what an ImageNet network takes for the ideal picture of a class, out of noise.

        Streams the picture while it is optimised; the last one is the result.

        Args:
            class_name: one of the 1,000 ImageNet class names, such as "zebra".
            model: the network to look into: efficientnet_lite0, efficientnet_lite1,
                efficientnet_lite2, vgg16, vgg19, resnet50 or mobilenet_v3_large.
            method: "fourier" (a picture people recognise, made with a second network), "variation"
                (gradient ascent with a smoothness term: fur and stripes) or "plain" (noise to us,
                certainty to the network).
            size: side of the picture in pixels, 64 to 512.
            steps: optimiser steps, 1 to 2000.
            tv_weight: how much smoothness matters, 0 to 10; 1 is the method's own default.
            seed: whole number that fixes the noise at the start.

        Returns:
            The picture (PNG), and a report: the class, its probability by the chosen network and by
            each network that took part, seconds.
        """
        settings = {
            "class_name": class_name, "method": method, "size": size, "steps": steps,
            "tv_weight": tv_weight, "seed": seed,
        }  # fmt: skip
        start = time.perf_counter()
        with page.engine.run(None, NAME) as stopped:
            for moment in _dream(page, language, model, settings, stopped):
                if isinstance(moment, str):
                    continue
                step, last, _, _, found = moment
                report = {
                    "class": class_name,
                    "probability": found[model] if last else step.probability,
                    "by_model": found or {},
                    "steps": step.step,
                    "seconds": round(time.perf_counter() - start, 2),
                }
                yield images.to_image(step.image), report

    return ideal_class
