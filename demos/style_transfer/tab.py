"""Style transfer: a photo painted in the manner of another picture (Gatys et al. 2016)."""

from __future__ import annotations

import gradio as gr

from demos.runtime.i18n import say
from demos.style_transfer import runs as style_runs
from demos.style_transfer.runs import NAME, TERMS
from demos.ui import deep_links, model_picker, send_to
from demos.ui import examples as pictures
from demos.ui import progress as status
from demos.ui.components import Choice, Knob, Photo
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, speaks
from demos.ui.plots import curves
from models import images, registry
from models.style_transfer import settings as style_settings

DEFAULTS = {
    "content_weight": 1.0,
    "style_weight": 1.0,
    "tv_weight": 1.0,
    "style_loss": "moments",
    "init": "content",
    # Less speckle and larger strokes than Adam in the same time; the endpoint's default is fixed.
    "optimizer": "lbfgs",
    "colors": "style",
    "steps": 120,
    "size": 384,
    "seed": 0,
    "style_scale": 1.0,
    "blend": 0.0,
    "content_layer": registry.backbone(registry.DEFAULT_BACKBONE).content_layer,
    "coarse_to_fine": True,
}
WEIGHTS = ("content_weight", "style_weight", "tv_weight")
FORMULAS = {
    "content_weight": r"\alpha\,\mathrm{mean}\,\frac{(F-F_p)^2}{\sigma_p^2}",
    "style_weight": r"\beta\,\left(\frac{\lVert\Sigma-\Sigma_s\rVert^2}{\lVert\Sigma_s\rVert^2}"
    r"+\lVert\mu-\mu_s\rVert^2\right)",
    "tv_weight": r"\gamma\,\mathrm{mean}\,(x_i-x_j)^2",
}
CONTENT, STYLE = "chelsea", "starry_night"
# As many sliders as the network with the most style layers needs.
LAYERS = max(len(spec.style_layers) for spec in registry.BACKBONE_SPECS)
ALL = (1.0,) * LAYERS
SHALLOW = tuple(1.0 if n < 3 else 0.0 for n in range(LAYERS))
# What each "break it" button turns, from the defaults.
EXPERIMENTS = (
    {"style_weight": 0.0, "init": "noise"},
    {"content_weight": 0.0, "init": "noise"},
    {"tv_weight": 10.0},
    {"style_loss": "gram"},
    {"style_weight": 0.0, "init": "noise", "content_layer": "blocks.4.0.bn1"},
    {"layers": SHALLOW},
    {"coarse_to_fine": False},
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
            knobs, layers, second = _knobs(page)
        with gr.Column(scale=5, min_width=320):
            run, stop, reset = page.controls("run.paint")
            line = gr.HTML(elem_id="style-status")
            live = page.put(
                gr.Image, "style.live", format="jpeg", height=310, buttons=[], interactive=False,
                elem_id="style-live", type="filepath",
            )  # fmt: skip
            both = page.put(
                gr.ImageSlider,
                "style.both",
                format="png",
                type="filepath",
                visible=False,
            )
            keep = page.put(gr.DownloadButton, "download", visible=False, elem_id="style-download")
            # Which pair the painting shown is of: what arrives late must not hide it.
            done = gr.Textbox(visible=False)
            send_to.buttons(page, _shown, [both, live], ("pets", "attack"))
            strength = page.put(Knob, "name.strength", 0, 1, 1, step=0.05)
            page.put(gr.Markdown, "style.ledger", elem_classes="note")
            ledger = gr.HTML(elem_id="style-ledger")
            plot = gr.HTML(elem_id="style-plot")
    with page.put(gr.Accordion, "style.ways", open=False):
        page.put(gr.Markdown, "style.ways.note")
        with gr.Row():
            compare = page.put(gr.Button, "style.ways.run", variant="primary", scale=0)
        ways = gr.Gallery(
            columns=3, height="auto", object_fit="contain", show_label=False, format="png",
            interactive=False, elem_id="style-ways",
        )  # fmt: skip
    order = [*knobs.values(), *layers]

    @speaks
    def paint(request: gr.Request, code, content_path, style_path, second_path, backbone, *values):
        settings = _settings(backbone, values)
        paths = content_path, style_path, second_path
        yield {
            live: gr.update(
                value=images.fit(images.open_image(content_path), 384),
                visible=True,
                label=say(code, "style.live"),
            ),
            both: gr.update(value=None, visible=False),
            keep: gr.update(visible=False),
            done: "",
        }
        with page.engine.run(request.session_hash, NAME) as going:
            for moment in style_runs.painted(page, code, paths, backbone, settings, going):
                if isinstance(moment, str):
                    yield {line: moment}
                    continue
                step, last, seconds, image, losses, before = moment
                # Coarse scales are shown at full size: the picture grows sharper, not larger.
                shown = images.fit(image, int(settings["size"]))
                said = status.finished if last else status.running
                told = (step.step, step.steps, *(() if last else (step.progress,)), seconds)
                update = {
                    live: gr.update(value=shown, visible=not last),
                    plot: _plot(code, losses, step.steps),
                    line: said(code, *told),
                }
                if step.pulls:
                    update[ledger] = style_runs.ledger(code, step.losses, step.pulls)
                if last:
                    kept = pictures.png(image, "netglass-style")
                    update[both] = gr.update(value=(before.resize(image.size), image), visible=True)
                    update[keep] = gr.update(value=kept, visible=True)
                    update[done] = _pair(content_path, style_path)
                yield update

    @speaks
    def preview(request: gr.Request, code, content_path, style_path, share, painted=""):
        if not content_path or not style_path:
            return {line: ""}
        with page.engine.watch(request.session_hash, NAME) as begun:
            if begun.is_set() or painted == _pair(content_path, style_path):
                return {line: gr.skip()}
            sketch = style_runs.previewed(page, content_path, style_path, share)
            if begun.is_set():
                return {line: gr.skip()}
        return {
            live: gr.update(value=sketch, visible=True, label=say(code, "style.preview")),
            both: gr.update(value=None, visible=False),
            keep: gr.update(visible=False),
            done: "",
        }

    @speaks
    def foresee(request: gr.Request, code, content_path, style_path, second_path, name, *values):
        if not content_path or not style_path:
            return {line: ""}
        paths = content_path, style_path, second_path
        with page.engine.watch(request.session_hash, NAME) as begun:
            if begun.is_set():
                return {line: gr.skip()}
            found = style_runs.foreseen(page, code, paths, name, _settings(name, values))
            if begun.is_set():
                return {line: gr.skip()}
        return {line: found[0], ledger: found[1]} if found else {line: "", ledger: ""}

    def foresee_unless_painted(request: gr.Request, painted, *rest):
        if painted == _pair(*rest[1:3]):
            return {line: gr.skip()}
        return foresee(request, *rest)

    @speaks
    def ways_of(request: gr.Request, code, content_path, style_path, second_path, name, *values):
        paths, settings = (content_path, style_path, second_path), _settings(name, values)
        with page.engine.run(request.session_hash, NAME) as going:
            yield from style_runs.compared(page, code, paths, name, settings, going)

    def turn(request: gr.Request, *weights):
        page.engine.change(request.session_hash, NAME, dict(zip(WEIGHTS, weights, strict=True)))

    sources = [page.language, content, style, second]
    inputs = [*sources, *order]
    outputs = [line, live, both, ledger, plot, keep, done]
    run.click(paint, inputs, outputs, **PRIVATE, **HEAVY)
    compare.click(ways_of, inputs, ways, **PRIVATE, **HEAVY)
    page.stops(stop, NAME)
    examples = {"content": (content, "photos"), "style": (style, "styles")}
    deep_links.listen(page, NAME, knobs, examples)
    weights = [knobs[name] for name in WEIGHTS]
    for knob in weights:
        knob.release(turn, weights, None, **PRIVATE, queue=False)
    always = {"trigger_mode": "always_last"}
    pair = [page.language, content, style, strength]
    strength.release(preview, pair, outputs, **always, **PRIVATE, **LIGHT)
    second.change(foresee, inputs, [line, ledger], **always, **PRIVATE, **LIGHT)
    for event in (content.change, style.change, tab.select):
        event(preview, [*pair, done], outputs, **always, **PRIVATE, **LIGHT)
        event(foresee_unless_painted, [done, *inputs], [line, ledger], **always, **PRIVATE, **LIGHT)
    for knob in order:
        moved = knob.release if isinstance(knob, gr.Slider) else knob.input
        moved(foresee, inputs, [line, ledger], **always, **PRIVATE, **LIGHT)
    turns = [_values(registry.DEFAULT_BACKBONE, DEFAULTS | turned) for turned in EXPERIMENTS]
    buttons = page.experiments(
        NAME,
        [dict(enumerate(values)) for values in turns],
        dict(enumerate(_values(registry.DEFAULT_BACKBONE, DEFAULTS))),
        order,
    )
    for pressed in buttons:
        pressed.then(foresee, inputs, [line, ledger], **PRIVATE, **LIGHT)
    knobs["backbone"].change(
        _layers_of, [knobs["backbone"], knobs["content_layer"]], [knobs["content_layer"], *layers],
        **PRIVATE, **LIGHT,
    )  # fmt: skip
    # A second style that counts for nothing would be a riddle.
    second.change(
        lambda path, share: (share or 0.5) if path else 0,
        [second, knobs["blend"]],
        knobs["blend"],
        **PRIVATE,
        **LIGHT,
    )
    cleared = reset.click(
        lambda: [
            *_values(registry.DEFAULT_BACKBONE, DEFAULTS),
            *(1, None, None, gr.update(value=None, visible=True)),
            *(gr.update(value=None, visible=False), "", None, gr.update(visible=False), ""),
        ],
        None,
        [*order, strength, second, *outputs],
        **PRIVATE,
        **LIGHT,
    )
    cleared.then(preview, pair, outputs, **PRIVATE, **LIGHT)
    cleared.then(foresee, inputs, [line, ledger], **PRIVATE, **LIGHT)
    style_runs.expose_all(page)


def _shown(_code: str, painted: tuple[str, str] | None, sketched: str | None) -> str | None:
    """Path of the finished painting if it is shown, else of what is shown instead of it."""
    return painted[1] if painted else sketched


def _pair(content_path: str | None, style_path: str | None) -> str:
    return f"{content_path}\n{style_path}"


def _values(backbone: str, chosen: dict) -> list:
    """The components' values, in their order: the network, its knobs, all layer sliders."""
    return [backbone, *(chosen[name] for name in DEFAULTS), *chosen.get("layers", ALL)]


def _settings(backbone: str, values: tuple) -> dict:
    """What the components say, as the fields of `Settings`."""
    chosen = dict(zip(DEFAULTS, values, strict=False))
    colors = chosen.pop("colors")
    if colors != "style":
        chosen |= {"keep_colors": True, "color_method": colors}
    count = len(registry.backbone(backbone).style_layers)
    return chosen | {"layer_weights": values[len(DEFAULTS) :][:count]}


def _layers_of(backbone: str, layer: str) -> list:
    """Updates of the content layer's choices and of the layers' sliders."""
    spec = registry.backbone(backbone)
    choices = list(style_settings.content_layers(spec))
    chosen = layer if layer in choices else spec.content_layer
    return [gr.update(choices=choices, value=chosen), *(gr.update(**s) for s in _sliders(spec))]


def _sliders(spec: registry.BackboneSpec) -> list[dict]:
    names = spec.style_layers
    return [
        {"label": names[n], "visible": True} if n < len(names) else {"visible": False}
        for n in range(LAYERS)
    ]


def _knobs(page: Page) -> tuple[dict[str, gr.components.Component], list[Knob], Photo]:
    """The knobs by their names, the backbone first; the layers' sliders; the second style."""

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
                knobs["backbone"] = model_picker.chooser(page)
            for name, names, kind in (
                ("style_loss", style_settings.STYLE_LOSSES, "loss"),
                ("init", style_settings.INITS, "init"),
            ):
                knobs[name] = page.put(
                    Choice, f"name.{name}", choices=options(kind, *names), value=DEFAULTS[name],
                    min_width=150,
                )  # fmt: skip
        with gr.Row():
            for name, low, high, step in (("steps", 10, 600, 10), ("size", 64, 1024, 32)):
                knobs[name] = page.put(
                    Knob, f"name.{name}", low, high, DEFAULTS[name], step=step, min_width=120
                )
            knobs["seed"] = page.put(gr.Number, "name.seed", 0, precision=0, min_width=80)
        with gr.Row():
            for name, names, kind in (
                ("optimizer", style_settings.OPTIMIZERS, "optimizer"),
                ("colors", ("style", *style_settings.COLOR_METHODS), "colors"),
            ):
                knobs[name] = page.put(
                    Choice, f"name.{name}", choices=options(kind, *names), value=DEFAULTS[name],
                    min_width=150,
                )  # fmt: skip
            knobs["coarse_to_fine"] = page.put(
                gr.Checkbox, "name.coarse_to_fine", value=True, min_width=150
            )
    with page.put(gr.Accordion, "style.second", open=False), gr.Row():
        with gr.Column(min_width=140):
            second = page.put(Photo, "style.second.picture", height=140)
            pictures.examples(page, "styles", second)
        with gr.Column(min_width=150):
            knobs["blend"] = page.put(Knob, "name.blend", 0, 1, 0, step=0.05)
            page.formula(r"\mu=(1-b)\,\mu_1+b\,\mu_2,\quad G=(1-b)\,G_1+b\,G_2")
            knobs["style_scale"] = page.put(Knob, "name.style_scale", 0.25, 2, 1, step=0.05)
    with page.put(gr.Accordion, "style.layers", open=False):
        spec = registry.backbone(registry.DEFAULT_BACKBONE)
        knobs["content_layer"] = page.put(
            Choice, "name.content_layer", list(style_settings.content_layers(spec)),
            value=spec.content_layer,
        )  # fmt: skip
        page.put(gr.Markdown, "style.layers.note", elem_classes="note")
        with gr.Row(elem_id="style-layers"):
            layers = [
                Knob(0, 3, 1, step=0.25, min_width=110, **options) for options in _sliders(spec)
            ]
    ordered = {name: knobs[name] for name in ("backbone", *DEFAULTS)}
    return ordered, layers, second


def _plot(code: str, losses: dict[str, list[float]], steps: int) -> str:
    series = {
        say(code, f"style.term.{name}"): list(enumerate(losses[name], 1)) for name in TERMS[:3]
    }
    return curves(series, say(code, "plot.step"), steps, log=True)
