"""Ideal class: what a network takes for the perfect Siamese cat (Simonyan et al. 2014)."""

from __future__ import annotations

import math

import gradio as gr

from demos.feature_visualization import comparisons
from demos.feature_visualization import runs as ideal_runs
from demos.feature_visualization.runs import NAME
from demos.runtime.i18n import say
from demos.ui import deep_links, model_picker
from demos.ui import examples as pictures
from demos.ui import progress as status
from demos.ui.components import Choice, Knob, Photo
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars, curves
from models import images, registry
from models.labels import imagenet

DEFAULTS = {
    "model": registry.DEFAULT_BACKBONE,
    "class_name": "Siamese cat",
    "method": "fourier",
    "steps": 256,
    "tv_weight": 1.0,
    "start": "noise",
    "layer": "",
    "channel": 0,
    "size": 224,
    "seed": 0,
    "octaves": 1,
    "decorrelated": True,
}
METHODS = ("plain", "variation", "fourier")
ONE_CLICK = ("Siamese cat", "zebra", "golden retriever")
EXPERIMENTS = (
    {"method": "plain", "steps": 64},
    {"method": "variation", "tv_weight": 10.0},
    {"method": "fourier", "tv_weight": 0.0},
    {"method": "fourier", "class_name": "hammer"},
    {"decorrelated": False},
    {"method": "plain", "layer": "blocks.3", "channel": 11, "steps": 128},
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
            knobs, photo = _knobs(page)
        with gr.Column(scale=6, min_width=320):
            run, stop, reset = page.controls("run.dream")
            line = gr.HTML(elem_id="ideal-status")
            with gr.Row():
                slots = {name: _picture(page, f"ideal.slot.{name}", 230) for name in METHODS}
            strip = _picture(page, "ideal.strip", 140)
            with gr.Row():
                verdict = gr.HTML(elem_id="ideal-verdict")
                plot = gr.HTML(elem_id="ideal-plot")
            with gr.Row():
                keep = page.put(
                    gr.DownloadButton, "download", visible=False, elem_id="ideal-download"
                )
                keep_strip = page.put(
                    gr.DownloadButton, "ideal.strip.keep", visible=False, elem_id="ideal-keep-strip"
                )
    order = [knobs[name] for name in DEFAULTS]
    comparisons.build(page, photo, dict(zip(DEFAULTS, order, strict=True)))
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order)
    outputs = [line, *slots.values(), strip, verdict, plot, keep, keep_strip]

    @localize_errors
    def dream(request: gr.Request, code, path, *values):
        settings = dict(zip(DEFAULTS, values, strict=True))
        yield {keep: gr.update(visible=False), keep_strip: gr.update(visible=False), verdict: ""}
        seen = 0
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in ideal_runs.dreamed(page, code, settings, path, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                step, last, seconds, curve, found, moments = moment
                image = ideal_runs.shown(step)
                now = {slots[settings["method"]]: image, plot: _curve(code, settings, step, curve)}
                if last or len(moments.snapshots) > seen:
                    seen, row = len(moments.snapshots), images.to_image(moments.row())
                    now[strip] = row
                if not last:
                    progress = step.step / step.steps
                    now[line] = status.running(code, step.step, step.steps, progress, seconds)
                    yield now
                    continue
                yield now | {
                    line: status.finished(code, step.step, step.steps, seconds),
                    verdict: _verdict(code, settings["class_name"], found),
                    keep: _kept(image, "netglass-ideal"),
                    keep_strip: _kept(row, "netglass-ideal-strip"),
                }

    inputs = [page.language, photo, *order]
    run.click(dream, inputs, outputs, **PRIVATE, **HEAVY)
    asked = [knobs["model"], knobs["class_name"], knobs["layer"]]
    for button, name in zip(one_click, ONE_CLICK, strict=True):
        button.click(
            lambda name=name: [registry.DEFAULT_BACKBONE, name, ""], None, asked, **PRIVATE, **LIGHT
        ).then(dream, inputs, outputs, **PRIVATE, **HEAVY)
    knobs["model"].change(
        localize_errors(_follow), [page.language, *asked], asked[1:], **PRIVATE, **LIGHT
    )
    photo.change(
        lambda path: "photo" if path else "noise", photo, knobs["start"], **PRIVATE, **LIGHT
    )
    page.connect_stop(stop, NAME)
    deep_links.listen(page, NAME, knobs)
    hidden = gr.update(visible=False)
    blank = ["", None, None, None, None, "", "", hidden, hidden]
    reset.click(
        lambda: [None, *DEFAULTS.values(), *blank],
        None,
        [photo, *order, *outputs],
        **PRIVATE,
        **LIGHT,
    )
    ideal_runs.expose_all(page)


def _picture(page: Page, key: str, height: int) -> gr.Image:
    options = {"format": "png", "buttons": [], "interactive": False, "min_width": 140}
    name = key.replace("slot.", "").replace(".", "-")
    return page.put(gr.Image, key, height=height, elem_id=name, **options)


def _kept(image, name: str):
    return gr.update(value=pictures.png(image, name), visible=True)


def _curve(code: str, settings: dict, step, curve: list) -> str:
    key = "ideal.activation" if settings["layer"] else "ideal.probability"
    whole = _axis(curve) if settings["layer"] else (0, 1)
    return curves({say(code, key): curve}, say(code, "plot.step"), step.steps, y_range=whole)


def _axis(curve: list[tuple[float, float]]) -> tuple[float, float]:
    """An axis with 0 whose quarters are short numbers: 1, 2, 4, 8, 10, 20, ...."""
    values = [height for _, height in curve]
    span = max(max(values), -min(values), 1e-3)
    power = 10 ** math.floor(math.log10(span))
    top = next(n * power for n in (1, 2, 4, 8, 10) if n * power >= span)
    return (-top if min(values) < 0 else 0, top)


def _verdict(code: str, class_name: str, found: dict[str, float]) -> str:
    if not found:
        return ""
    named = [(registry.classifier(name).title, value) for name, value in found.items()]
    words = say(code, "ideal.verdict", name=class_name)
    return f"<b>{words}</b>{bars(named)}"


def _follow(code: str, model: str, class_name: str, layer: str):
    """The classes and layers of the chosen network; what was chosen stays if it is among them."""
    names = registry.classifier(model).classes
    default = "Siamese" if model in registry.PET_CLASSIFIERS else DEFAULTS["class_name"]
    layers = layer_choices(model)
    return (
        gr.update(choices=list(names), value=class_name if class_name in names else default),
        gr.update(choices=layers, value=layer if layer in dict(layers).values() else ""),
    )


def layer_choices(model: str) -> list[tuple[str, str]]:
    """The layers of a network that can be climbed, and first of all none; pets show none."""
    layers = registry.backbone(model).map_layers if model in registry.BACKBONES else ()
    return [("–", ""), *((name, name) for name in layers)]


def _knobs(page: Page) -> tuple[dict[str, gr.components.Component], Photo]:
    def methods(code: str):
        return [(page.text(f"ideal.method.{name}", code), name) for name in METHODS]

    def starts(code: str):
        return [(page.text(f"ideal.start.{name}", code), name) for name in ("noise", "photo")]

    knobs = {}
    names = list(imagenet.class_names())
    knobs["class_name"] = page.put(
        Choice, "name.class_name", names, value=DEFAULTS["class_name"], elem_id="ideal-class"
    )
    knobs["model"] = model_picker.build(page, model_picker.classifier_choices)
    knobs["method"] = page.put(Choice, "name.method_ideal", choices=methods, value="fourier")
    page.formula(r"\max_x\;\log p(c\mid x)-w\,\mathrm{TV}(x)")
    with gr.Row():
        knobs["steps"] = page.put(
            Knob, "name.steps", 16, 1024, DEFAULTS["steps"], step=16, min_width=120
        )
        knobs["tv_weight"] = page.put(
            Knob, "name.tv_weight_ideal", 0, 10, 1.0, step=0.1, min_width=120
        )
    with page.put(gr.Accordion, "ideal.from_photo", open=False):
        photo = page.put(Photo, "ideal.photo", height=150)
        pictures.examples(page, "photos", photo)
        knobs["start"] = page.put(Choice, "name.start", choices=starts, value="noise")
        knobs["octaves"] = page.put(Knob, "name.octaves", 1, 4, 1, step=1)
        page.formula(r"x_0=\text{photo},\qquad x_{t+1}=x_t+\eta\,g_t")
    with page.put(gr.Accordion, "ideal.one_channel", open=False):
        page.put(gr.Markdown, "ideal.one_channel.note", elem_classes="note")
        with gr.Row():
            layers = layer_choices(registry.DEFAULT_BACKBONE)
            knobs["layer"] = page.put(
                Choice, "name.layer_ideal", layers, value="", min_width=120, elem_id="ideal-layer"
            )
            knobs["channel"] = page.put(gr.Number, "name.channel", 0, precision=0, min_width=120)
        page.formula(r"\max_x\;\tfrac{1}{hw}\textstyle\sum_{i,j}A_k(x)_{ij}")
        knobs["decorrelated"] = page.put(gr.Checkbox, "name.decorrelated", value=True)
        page.formula(r"x=\sigma\big(C\,\mathcal{F}^{-1}(z/f)\big)")
    with page.put(gr.Accordion, "ideal.more", open=False), gr.Row():
        knobs["size"] = page.put(
            Knob, "name.size", 64, 512, DEFAULTS["size"], step=32, min_width=120
        )
        knobs["seed"] = page.put(gr.Number, "name.seed", 0, precision=0, min_width=80)
    return knobs, photo
