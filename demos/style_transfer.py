"""Style transfer: a photo painted in the manner of another picture (Gatys et al. 2016)."""

from __future__ import annotations

import gradio as gr

from demos import networks, pictures, status
from demos.endpoints import Picture, expose
from demos.language import say
from demos.pacing import paced
from demos.page import HEAVY, LIGHT, PRIVATE, Page, speaks
from demos.plots import curves
from demos.widgets import Choice, Knob, Photo
from models import images, registry

NAME = "style"
DEFAULTS = {
    "content_weight": 1.0,
    "style_weight": 1.0,
    "tv_weight": 1.0,
    "style_loss": "moments",
    "init": "content",
    "optimizer": "adam",
    "keep_colors": False,
    "steps": 120,
    "size": 384,
    "seed": 0,
}
FORMULAS = {
    "content_weight": r"\alpha\,\mathrm{mean}\,\frac{(F-F_p)^2}{\sigma_p^2}",
    "style_weight": r"\beta\,\left(\frac{\lVert\Sigma-\Sigma_s\rVert^2}{\lVert\Sigma_s\rVert^2}"
    r"+\lVert\mu-\mu_s\rVert^2\right)",
    "tv_weight": r"\gamma\,\mathrm{mean}\,(x_i-x_j)^2",
}
CONTENT, STYLE = "chelsea", "starry_night"
TERMS = ("content", "style", "variation", "total")
# What each "break it" button turns, from the defaults.
EXPERIMENTS = (
    {"style_weight": 0.0, "init": "noise"},
    {"content_weight": 0.0, "init": "noise"},
    {"tv_weight": 10.0},
    {"style_loss": "gram"},
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            with gr.Row():
                with gr.Column(min_width=140):
                    content = page.put(
                        Photo,
                        "style.content",
                        value=pictures.example("photos", CONTENT),
                        height=170,
                    )
                    pictures.examples(page, "photos", content, CONTENT)
                with gr.Column(min_width=140):
                    style = page.put(
                        Photo, "style.style", value=pictures.example("styles", STYLE), height=170
                    )
                    pictures.examples(page, "styles", style, STYLE)
            knobs = _knobs(page)
        with gr.Column(scale=5, min_width=320):
            with gr.Row():
                run = page.put(gr.Button, "run.paint", variant="primary", min_width=90)
                stop = page.put(gr.Button, "stop", variant="stop", min_width=70)
                reset = page.put(gr.Button, "reset", min_width=70)
            line = gr.HTML(elem_id="style-status")
            live = page.put(
                gr.Image, "style.live", format="jpeg", height=310, buttons=[], interactive=False
            )
            both = page.put(
                gr.ImageSlider,
                "style.both",
                format="png",
                visible=False,
            )
            plot = gr.HTML(elem_id="style-plot")
            keep = page.put(gr.DownloadButton, "download", visible=False, elem_id="style-download")
    order = list(knobs.values())
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order[1:])

    outputs = [line, live, both, plot, keep]

    @speaks
    def paint(request: gr.Request, code, content_path, style_path, backbone, *values):
        settings = dict(zip(DEFAULTS, values, strict=True))
        yield {live: images.fit(images.open_image(content_path), 384)}
        hide = {both: gr.update(visible=False), keep: gr.update(visible=False)}
        with page.engine.run(request.session_hash, NAME) as stopped:
            for moment in _paint(page, code, content_path, style_path, backbone, settings, stopped):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                step, last, seconds, image, losses, before = moment
                # Coarse scales are shown at full size: the picture grows sharper, not larger.
                shown = images.fit(image, int(settings["size"]))
                yield {
                    live: gr.update(value=shown, visible=not last),
                    plot: _plot(code, losses, step.steps),
                    line: status.finished(code, step.step, step.steps, seconds)
                    if last
                    else status.running(code, step.step, step.steps, step.progress, seconds),
                } | (
                    {
                        both: gr.update(value=(before.resize(image.size), image), visible=True),
                        keep: gr.update(value=pictures.png(image, "netglass-style"), visible=True),
                    }
                    if last
                    else hide
                )
                hide = {}

    inputs = [page.language, content, style, knobs["backbone"]]
    inputs += [knobs[name] for name in DEFAULTS]
    run.click(paint, inputs, outputs, **PRIVATE, **HEAVY)
    page.stops(stop, NAME)
    reset.click(
        lambda: [
            *(registry.DEFAULT, *DEFAULTS.values()),
            *(None, gr.update(value=None, visible=True), gr.update(value=None, visible=False)),
            *(None, gr.update(visible=False)),
        ],
        None,
        order + outputs,
        **PRIVATE,
        **LIGHT,
    )
    expose(_endpoint(page), {"picture": gr.Image, "report": gr.JSON}, "style_transfer")


def _knobs(page: Page) -> dict[str, gr.components.Component]:
    """The knobs by their names in `Settings`, the backbone first."""

    def options(kind: str, *names: str):
        return lambda code: [(page.text(f"style.{kind}.{name}", code), name) for name in names]

    knobs = {}
    with gr.Row():
        for name, formula in FORMULAS.items():
            with gr.Column(min_width=150):
                knobs[name] = page.put(Knob, f"name.{name}", 0, 10, DEFAULTS[name], step=0.05)
                page.formula(formula)
    with page.put(gr.Accordion, "style.more", open=False):
        with gr.Row():
            with gr.Column(min_width=150):
                backbone = networks.chooser(page)
            loss = page.put(
                Choice, "name.style_loss", choices=options("loss", "moments", "gram"),
                value="moments", min_width=150,
            )  # fmt: skip
            init = page.put(
                Choice, "name.init", choices=options("init", "content", "noise"),
                value="content", min_width=150,
            )  # fmt: skip
        with gr.Row():
            steps = page.put(Knob, "name.steps", 10, 600, DEFAULTS["steps"], step=10, min_width=120)
            size = page.put(Knob, "name.size", 64, 768, DEFAULTS["size"], step=32, min_width=120)
            seed = page.put(gr.Number, "name.seed", 0, precision=0, min_width=80)
        with gr.Row():
            optimizer = page.put(
                Choice, "name.optimizer", choices=options("optimizer", "adam", "lbfgs"),
                value="adam", min_width=150,
            )  # fmt: skip
            colours = page.put(gr.Checkbox, "name.keep_colors", value=False, min_width=150)
    rest = {
        "style_loss": loss, "init": init, "optimizer": optimizer, "keep_colors": colours,
        "steps": steps, "size": size, "seed": seed,
    }  # fmt: skip
    return {"backbone": backbone} | knobs | rest


def _paint(page, code, content_path, style_path, backbone, settings, stopped):
    """Status lines while the network loads, then (step, last, seconds, image, losses, content)."""
    content = images.open_image(content_path)
    style = images.open_image(style_path)
    registry.spec(backbone)
    from models import style_transfer

    settings = style_transfer.Settings(**settings)
    network = yield from networks.loaded(page, code, backbone)
    losses = {name: [] for name in TERMS}

    def recorded():
        for step in style_transfer.transfer(network, content, style, settings):
            for name, value in step.losses.items():
                losses[name].append(value)
            yield step

    for step, last, seconds in paced(recorded(), stopped):
        yield step, last, seconds, images.to_image(step.image), losses, content


def _plot(code: str, losses: dict[str, list[float]], steps: int) -> str:
    series = {
        say(code, f"style.term.{name}"): list(enumerate(losses[name], 1)) for name in TERMS[:3]
    }
    return curves(series, say(code, "plot.step"), steps, log=True)


def _endpoint(page: Page):
    def style_transfer(
        language: str,
        content: Picture,
        style: Picture,
        backbone: str = "efficientnet_lite0",
        size: int = 384,
        steps: int = 120,
        style_loss: str = "moments",
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        tv_weight: float = 1.0,
        init: str = "content",
        optimizer: str = "adam",
        keep_colors: bool = False,
        seed: int = 0,
    ):
        """Paints one picture in the style of another, by neural style transfer (Gatys et al. 2016).

        Streams the picture while it is optimised; the last one is the result. The same inputs and
        seed give the same picture.

        Args:
            content: what to paint: a photograph.
            style: how to paint it: a painting or a texture.
            backbone: the network whose features are compared: efficientnet_lite0,
                efficientnet_lite1, efficientnet_lite2, vgg16, vgg19, resnet50 or
                mobilenet_v3_large.
            size: longer side of the result in pixels, 64 to 1024.
            steps: optimiser steps over all scales together, 1 to 5000.
            style_loss: "moments" (means and covariances) or "gram" (Gram matrices, as in the
                paper).
            content_weight: how much the photo's layout matters, 0 to 1000; 1 is balanced.
            style_weight: how much the style's texture matters, 0 to 1000; 1 is balanced.
            tv_weight: how much smoothness matters (total variation), 0 to 1000; 1 is balanced.
            init: start from the "content" picture or from "noise".
            optimizer: "adam" or "lbfgs".
            keep_colors: keep the photo's own colours and take only brushwork from the style.
            seed: whole number that fixes the noise.

        Returns:
            The picture (PNG), and a report: steps done, seconds, and the loss curves.
        """
        settings = {name: value for name, value in locals().items() if name in DEFAULTS}
        with page.engine.run(None, NAME) as stopped:
            for moment in _paint(page, language, content, style, backbone, settings, stopped):
                if isinstance(moment, str):
                    continue
                step, _, seconds, image, losses, _ = moment
                report = {"steps": step.step, "seconds": round(seconds, 2), "losses": losses}
                yield image, report

    return style_transfer
