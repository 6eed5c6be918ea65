"""GAN explorer: draw cats that never were, and put the latent space under the visitor's fingers."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

import gradio as gr

from demos.gan_explorer import endpoints as gan_endpoints
from demos.gan_explorer import layers as gan_inside
from demos.gan_explorer.views import BLANK, SHEET, view
from demos.runtime.i18n import say
from demos.ui import deep_links, send_to
from demos.ui import examples as pictures
from demos.ui.components import Choice, Knob, Photo
from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars
from models import registry, weights
from models.gan.networks.structure import STYLE_LAYERS
from models.gan.settings import SLIDERS
from models.validation import ValidationError

NAME = "gan"
DEFAULTS = {
    "model": registry.DEFAULT_GAN,
    "sheet": 0,
    "truncation": 0.7,
    "seed": 0,
    "seed_b": 5,
    "noise": 0,
    "crossover": 3,
    **dict.fromkeys(SLIDERS, 0.0),
}
EXPERIMENTS = (
    {"truncation": 0.0},
    {"truncation": 1.5},
    {"d1": 3.0, "d2": -3.0, "d3": 3.0, "d4": -3.0},
    {"model": "dcgan_cats64", "truncation": 1.0},
)
SCRIPT = Path(__file__).with_name("gan_explorer.js").read_text(encoding="utf-8")
HEAD = f"<script>{SCRIPT}</script>"
CAT = "model truncation seed noise " + " ".join(SLIDERS)
CSS = """
img[data-view] {display: block; width: 100%; border-radius: 6px; margin: 0;
  background: var(--background-fill-secondary)}
img[data-view="cat.png"] {width: 256px; height: 256px; margin: 0 auto}
img[data-view="strip.png"] {aspect-ratio: 7; border-radius: 4px}
img[data-view="sheet.png"] {aspect-ratio: 1}
img[data-view="mix.png"], img[data-view="parts.png"] {aspect-ratio: 3}
img[data-view="growth.png"], img[data-view="step.png"] {image-rendering: pixelated}
img[data-view="step.png"] {max-width: 760px}
.gan-sheet {position: relative; max-width: 400px; margin: 0 auto}
.gan-sheet .over {position: absolute; inset: 0; display: grid; grid-template: repeat(4, 1fr) /
  repeat(4, 1fr)}
.gan-sheet button {background: none; border: 3px solid transparent; cursor: pointer; padding: 0;
  border-radius: 6px; color: #fff; font-weight: 700; text-shadow: 0 0 3px #000}
.gan-sheet button:hover, .gan-sheet button:focus-visible {border-color: #fff8}
.gan-sheet button.a {border-color: #e4572e} .gan-sheet button.b {border-color: #2f7ed8}
.gan-sheet button.a::after {content: "A"} .gan-sheet button.b::after {content: "B"}
.gan-sheet button.a.b::after {content: "A B"}
.gan-trouble {color: #c0392b; font-size: .9rem} .gan-trouble:empty {display: none}
.gan-thirds {display: grid; grid-template-columns: repeat(3, 1fr); text-align: center;
  font-size: .9rem}
.gan-slider {gap: 0 !important; padding-bottom: 6px}
.gan-direction {display: block; font-size: .88rem; font-weight: 600; line-height: 1.2}
.gan-direction[hidden] {display: none}
.gan-score {min-height: 2em}
@media (max-width: 640px) {
  /* The cat stays in sight while a finger is on a slider further down. */
  .gan-hold {display: contents !important}
  .gan-cat {position: sticky; top: 0; z-index: 5; background: var(--body-background-fill)}
  .gan-cat img[data-view] {width: 170px; height: 170px}
}
"""


def per_model(code: str, texts: dict[str, str], css: str) -> str:
    """One text for each generator, of which the script shows the chosen one's."""
    return "".join(
        f'<span class="{css}" data-for="{name}">{escape(text)}</span>'
        for name, text in texts.items()
    )


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    page.put(gr.HTML, "gan.quality", written=_quality)
    knobs: dict[str, gr.components.Component] = {}
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=280):
            knobs["model"] = page.put(
                Choice,
                "gan.model",
                choices=lambda code: [
                    (page.text(f"gan.model.{n}", code), n) for n in registry.GANS
                ],
                value=registry.DEFAULT_GAN,
                elem_id="gan-model",
            )
            sheet = _sheet(page)
            with gr.Row():
                more = page.put(gr.Button, "gan.next", size="sm", min_width=80)
                chance = page.put(gr.Button, "gan.chance", size="sm", min_width=80)
            hand = page.put(
                gr.Radio,
                "gan.hand",
                choices=lambda code: [(page.text(f"gan.hand.{h}", code), h) for h in "ab"],
                value="a",
                elem_id="gan-hand",
            )
        with gr.Column(scale=4, min_width=270, elem_classes="gan-hold"):
            view(page, "gan.view.cat", "cat", CAT, now=True, css="gan-cat")
            page.put(gr.HTML, "gan.score", written=lambda code: _score(page, code))
            gr.HTML('<div class="gan-trouble" role="alert"></div>')
            sender = gr.Column()
            knobs["truncation"] = page.put(Knob, "name.truncation", 0, 1.5, 0.7, step=0.05)
            page.formula(r"w'=\bar w+\psi\,(w-\bar w)")
            with gr.Row():
                for name in ("sheet", "seed", "seed_b"):
                    knobs[name] = page.put(
                        gr.Number,
                        f"gan.{name}",
                        DEFAULTS[name],
                        precision=0,
                        min_width=70,
                        elem_id=f"gan-{name}",
                    )
        with gr.Column(scale=6, min_width=300):
            page.put(gr.Markdown, "gan.sliders", elem_classes="note")
            with gr.Row():
                page.formula(r"w=w_0+\textstyle\sum_i d_i\,\sigma_i v_i")
                reset = page.put(gr.Button, "gan.reset", size="sm", min_width=80, scale=0)
            sliders = _sliders(page)
    with gr.Tabs(overflow_behavior="wrap"):
        knobs["crossover"] = _mixing(page)
        _walking(page, knobs | sliders)
        with page.put(gr.Tab, "gan.growth"):
            page.put(gr.Markdown, "gan.growth.idea")
            view(page, "gan.view.growth", "growth", CAT)
        with page.put(gr.Tab, "gan.noise"):
            page.put(gr.Markdown, "gan.noise.idea")
            knobs["noise"] = page.put(Knob, "name.noise", 0, 100, 0, step=1)
            view(page, "gan.view.noise", "noise", CAT)
        _judging(page, knobs | sliders)
        gan_inside.build(page, CAT)
        _vae(page)
    knobs |= sliders
    order = [knobs[name] for name in DEFAULTS]
    page.send_targets |= {f"{NAME}.{name}": knob for name, knob in knobs.items()}
    with sender:
        cat = [knobs[name] for name in ("model", "seed", "truncation", "noise", *SLIDERS)]
        send_to.buttons(page, partial(gan_endpoints.sent, page.engine), cat)
    page.experiments(NAME, EXPERIMENTS, DEFAULTS, order)
    deep_links.listen(page, NAME, dict(zip(DEFAULTS, order, strict=True)))
    follow = {"js": "(...values) => window.netglassGan(...values)", "api_visibility": "private"}
    for knob in order:
        knob.change(None, order, None, **follow)
    tab.select(None, order, None, **follow)
    page.browser_load_events.append((order, follow))

    def pick(event: gr.EventData, first, which, a, b):
        number = int(first or 0) + event.index
        return (number, b) if which == "a" else (a, number)

    picked = [knobs["sheet"], hand, knobs["seed"], knobs["seed_b"]]
    sheet.select(pick, picked, picked[2:], **PRIVATE, queue=False)
    more.click(
        None, knobs["sheet"], knobs["sheet"], js=f"(n) => n + {SHEET}", api_visibility="private"
    )
    chance.click(
        None,
        None,
        [knobs["sheet"], knobs["seed"]],
        js="() => {const n = Math.floor(Math.random() * 1e6); return [n, n]}",
        api_visibility="private",
    )
    reset.click(lambda: list(DEFAULTS.values()), None, order, **PRIVATE, **LIGHT)
    gan_endpoints.expose_all(page)


def _quality(code: str) -> str:
    """What was measured of each generator, from the manifest."""
    texts = {}
    for name in registry.GANS:
        try:
            entry = weights.entry(name)
            found = entry["measured"]
        except (ValidationError, KeyError):
            texts[name] = say(code, "gan.unmeasured")
            continue
        key = "gan.quality.vae" if name == registry.VAE else "gan.quality"
        texts[name] = say(
            code,
            key,
            floor=found["yardstick"]["floor"],
            distance=found["yardstick"]["frechet_distance"],
            recall=found["yardstick"]["recall"],
            millions=f"{entry['parameters']['generator'] / 1e6:.1f}",
            images=f"{entry['images']:,}",
        )
    return per_model(code, texts, "note")


def _score(page: Page, code: str) -> str:
    text = escape(page.text("gan.score", code), quote=True)
    return f'<div class="gan-score" data-view="score" data-knobs="{CAT}" data-text="{text}"></div>'


def _sheet(page: Page) -> gr.HTML:
    cells = "".join(f'<button data-index="{i}" aria-label="{i + 1}"></button>' for i in range(16))
    return page.put(
        gr.HTML,
        "gan.view.sheet",
        html_template='<div class="gan-sheet"><img data-view="sheet.png" data-when="settled" '
        f"{BLANK} "
        'data-knobs="model seed:sheet truncation" alt="${value}">'
        f'<div class="over">{cells}</div></div>',
        js_on_load="element.addEventListener('click', (e) => {"
        "const b = e.target.closest('button');"
        "if (b) trigger('select', {index: Number(b.dataset.index)})})",
        apply_default_css=False,
    )


def _sliders(page: Page) -> dict[str, Knob]:
    sliders = {}

    def named(position: int):
        def written(code: str) -> str:
            texts = {
                spec.name: page.text(f"gan.direction.{spec.directions[position]}", code)
                for spec in registry.GAN_SPECS
            }
            return per_model(code, texts, "gan-direction")

        return written

    for pair in range(0, len(SLIDERS), 2):
        with gr.Row():
            for position in (pair, pair + 1):
                name = SLIDERS[position]
                with gr.Column(min_width=220, elem_classes="gan-slider"):
                    page.put(gr.HTML, "gan.sliders", written=named(position))
                    sliders[name] = page.put(
                        Knob, f"name.{name}", -3, 3, 0.0, step=0.1, container=False
                    )
                    fixed = {"direction": position + 1}
                    view(page, "gan.view.strip", "strip", CAT, fixed=fixed)
    return sliders


def _mixing(page: Page) -> Knob:
    with page.put(gr.Tab, "gan.mix"):
        page.put(gr.Markdown, "gan.mix.idea")
        crossover = page.put(Knob, "name.crossover", 0, STYLE_LAYERS, DEFAULTS["crossover"], step=1)
        knobs = f"{CAT} seed_b crossover"
        with gr.Row():
            for key, name, now in (("gan.mixed", "mix", True), ("gan.parts", "parts", False)):
                with gr.Column(min_width=300):
                    view(page, f"gan.view.{name}", name, knobs, now=now)
                    page.put(gr.HTML, key, written=lambda code, key=key: _thirds(page, key, code))
    return crossover


def _vae(page: Page) -> None:
    with page.put(gr.Tab, "gan.vae"):
        page.put(gr.Markdown, "gan.vae.idea")
        page.formula(
            r"\mathcal L=\mathbb E_{q(z|x)}\tfrac{\lVert x-g(z)\rVert^2}{2s^2}"
            r"+\mathrm{KL}\!\left(q(z|x)\,\Vert\,\mathcal N(0,I)\right)"
        )
        with gr.Row():
            with gr.Column(min_width=260):
                page.put(gr.Markdown, "gan.vae.rebuilt")
                view(page, "gan.vae.rebuilt", "rebuilt", CAT)
            for model in (registry.DEFAULT_GAN, registry.VAE):
                with gr.Column(min_width=200):
                    page.put(gr.Markdown, f"gan.model.{model}")
                    knobs = "seed:sheet truncation"
                    view(page, f"gan.model.{model}", "sheet", knobs, fixed={"model": model})


def _thirds(page: Page, key: str, code: str) -> str:
    words = page.text(key, code).split(" | ")
    return f'<div class="gan-thirds">{"".join(f"<span>{escape(w)}</span>" for w in words)}</div>'


def _walking(page: Page, knobs: dict[str, gr.components.Component]) -> None:
    with page.put(gr.Tab, "gan.walk"):
        page.put(gr.Markdown, "gan.walk.idea")
        page.formula(
            r"\mathrm{slerp}(z_a,z_b;t)=\frac{\sin((1-t)\Omega)}{\sin\Omega}z_a"
            r"+\frac{\sin(t\Omega)}{\sin\Omega}z_b"
        )
        with gr.Row():
            with gr.Column(min_width=240):
                frames = page.put(Knob, "name.frames", 2, 60, 24, step=1)
                walk = page.put(gr.Button, "gan.walk.go", variant="primary")
                keep = page.put(gr.DownloadButton, "gan.walk.keep", visible=False)
            film = page.put(
                gr.Image, "gan.film", interactive=False, buttons=[], height=300, elem_id="gan-film"
            )

    @localize_errors
    def film_of(code, model, truncation, a, b, count, *sliders):
        path = gan_endpoints.film(page.engine, model, a, b, count, truncation, sliders, True)
        return path, gr.update(value=path, visible=True)

    cat = [knobs[name] for name in ("model", "truncation", "seed", "seed_b")]
    inputs = [page.language, *cat, frames, *[knobs[name] for name in SLIDERS]]
    walk.click(film_of, inputs, [film, keep], **PRIVATE, **LIGHT)


def _judging(page: Page, knobs: dict[str, gr.components.Component]) -> None:
    with page.put(gr.Tab, "gan.judge") as tab:
        page.put(gr.Markdown, "gan.judge.idea")
        page.formula(r"p=\sigma(D(x))=\frac{1}{1+e^{-D(x)}}")
        with gr.Row():
            with gr.Column(min_width=220):
                first = pictures.example("photos", "kitten")
                photo = page.put(Photo, "gan.photo", value=first, height=200)
                pictures.examples(page, "photos", photo, first="kitten")
            outputs = []
            for key in ("cat", "photo", "noise"):
                with gr.Column(min_width=150):
                    shown = page.put(
                        gr.Image,
                        f"gan.judge.{key}",
                        format="png",
                        height=200,
                        buttons=[],
                        interactive=False,
                        elem_id=f"gan-judge-{key}",
                    )
                    outputs += [shown, gr.HTML()]
        ask = page.put(gr.Button, "gan.judge.go", size="sm")

    @localize_errors
    def judged(code, model, truncation, noise, seed, path, *sliders):
        answers = gan_endpoints.judged(page.engine, model, seed, truncation, sliders, noise, path)
        shown = []
        for answer in answers:
            if answer is None:
                shown += [None, ""]
                continue
            overlay, verdict = answer
            named = say(code, "gan.judge.real", score=f"{verdict.score:.2f}")
            shown += [overlay, bars([(named, verdict.real)])]
        return shown

    cat = [knobs[name] for name in ("model", "truncation", "noise", "seed")]
    inputs = [page.language, *cat, photo, *[knobs[name] for name in SLIDERS]]
    for event in (ask.click, photo.change, tab.select):
        event(judged, inputs, outputs, **PRIVATE, **LIGHT, trigger_mode="always_last")
