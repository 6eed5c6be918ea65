"""The explorer's sub-tabs: style mixing, walks, growth, noise, the discriminator, and the VAE."""

from __future__ import annotations

import gradio as gr
from markupsafe import escape

from demos.gan_explorer import recipes, runs, view_recipes, walking
from demos.gan_explorer.views import CAT_KNOBS, CAT_SETTINGS, picture_by_address, show_class
from demos.runtime.i18n import say
from demos.ui import examples
from demos.ui.code import panel
from demos.ui.components import Photo
from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars
from models import registry
from models.gan.settings import SampleSettings

Knobs = dict[str, gr.components.Component]
THREE = ("cat", "photo", "noise")  # that the discriminator judges
# What the discriminator said: of each picture the places that spoke for its verdict, and that.
JUDGED = ", ".join(f"#gan-judge-{name} img, #gan-judge-{name}-score" for name in THREE)

VAE_LOSS = (
    r"\mathcal L=\mathbb E_{q(z|x)}\tfrac{\lVert x-g(z)\rVert^2}{2s^2}"
    r"+\mathrm{KL}\!\left(q(z|x)\,\Vert\,\mathcal N(0,I)\right)"
)


def build(page: Page, knobs: Knobs) -> Knobs:
    """All sub-tabs about cat A and cat B; `knobs` chose them.

    Returns:
        Their own knobs: crossover and noise.
    """
    crossover = _mixing(page)
    walking.build(page, knobs)
    with page.section(gr.Tab, "gan.growth"):
        picture_by_address(page, "gan.view.growth", "growth", CAT_KNOBS, now=True)
        view_recipes.panel_of(view_recipes.GROWTH)
        show_class("gan.growth")
    with page.section(gr.Tab, "gan.noise"):
        noise = page.setting(SampleSettings, "noise")
        picture_by_address(page, "gan.view.noise", "noise", CAT_KNOBS)
        view_recipes.panel_of(view_recipes.NOISE)
        show_class("gan.noise")
    _discriminator(page, knobs | {"noise": noise})
    return {"crossover": crossover, "noise": noise}


def _mixing(page: Page) -> gr.components.Component:
    with page.section(gr.Tab, "gan.mix"):
        crossover = page.setting(SampleSettings, "crossover")
        knobs = f"{CAT_KNOBS} seed_b crossover"
        with gr.Row():
            for key, name, now in (("gan.mixed", "mix", True), ("gan.parts", "parts", False)):
                with gr.Column(min_width=300):
                    picture_by_address(page, f"gan.view.{name}", name, knobs, now=now)
                    page.put(
                        gr.HTML, key, written=lambda language, key=key: _thirds(page, key, language)
                    )
        show_class("gan.mix")
        gr.HTML(panel.shown(recipes.MIX.address({}), knobs), elem_id="gan-mix-code")
    return crossover


def _thirds(page: Page, key: str, language: str) -> str:
    words = page.text(key, language).split(" | ")
    return f'<div class="gan-thirds">{"".join(f"<span>{escape(w)}</span>" for w in words)}</div>'


def _discriminator(page: Page, knobs: Knobs) -> None:
    with page.section(gr.Tab, "gan.judge", r"p=\sigma(D(x))=\frac{1}{1+e^{-D(x)}}") as tab:
        outputs = []
        with gr.Row():
            with gr.Column(min_width=220):
                first = examples.example("photos", "kitten")
                photo = page.put(Photo, "gan.photo", value=first, height=200)
                examples.examples(page, "photos", photo, first="kitten")
            for key in THREE:
                with gr.Column(min_width=150):
                    shown = page.picture(f"gan.judge.{key}", height=200, elem_id=f"gan-judge-{key}")
                    outputs += [shown, gr.HTML(elem_id=f"gan-judge-{key}-score")]
        ask = page.put(gr.Button, "gan.judge.go", size="sm")
        show_class("gan.judge", JUDGED)
        outputs.append(gr.HTML(elem_id="gan-judge-code"))

    @localize_errors
    def score(language, path, model, *values):
        shown = []
        settings = dict(zip(CAT_SETTINGS, values, strict=True))
        for answer in runs.score_three(page.engine, model, path, **settings):
            if answer is None:
                shown += [None, ""]
                continue
            overlay, found = answer
            named = say(language, "gan.judge.real", score=f"{found.score:.2f}")
            shown += [overlay, bars([(named, found.real)], role="discriminator")]
        address = recipes.JUDGE.address({"model": model}, image=path)
        return [*shown, panel.shown(address) if path else ""]

    cat = [knobs[name] for name in ("model", *CAT_SETTINGS)]
    # One event for all: the browser sends the next when it has the answer to the last.
    gr.on(
        [ask.click, photo.change, tab.select], score, [page.language, photo, *cat], outputs,
        trigger_mode="always_last", **PRIVATE, **LIGHT,
    )  # fmt: skip


def autoencoder(page: Page) -> None:
    """The sub-tab about the VAE."""
    with page.section(gr.Tab, "gan.vae", VAE_LOSS):
        with gr.Row():
            with gr.Column(min_width=260):
                page.put(gr.Markdown, "gan.vae.rebuilt")
                picture_by_address(page, "gan.vae.rebuilt", "rebuilt", CAT_KNOBS)
                view_recipes.panel_of(view_recipes.REBUILT)
            for model in (registry.DEFAULT_GAN, registry.VAE):
                with gr.Column(min_width=200):
                    page.put(gr.Markdown, f"gan.model.{model}")
                    knobs, fixed = "seed:sheet truncation", {"model": model}
                    picture_by_address(page, f"gan.model.{model}", "sheet", knobs, fixed=fixed)
        show_class("gan.vae")
