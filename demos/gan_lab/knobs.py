"""The gym's knobs: every field of `Settings` as a component, with its formula where it has one."""

from __future__ import annotations

import gradio as gr

from demos.gan_lab.run_config import KNOBS
from demos.ui.components import Choice, Knob
from demos.ui.page import PRIVATE, Page
from models.gan.training.settings import LOSSES, TrainingSettings

FORMULAS = {
    "r1": r"L_D + \tfrac{\gamma}{2}\,\mathbb{E}\,\lVert\nabla_x d(x)\rVert^2",
    "penalty": r"\lambda\,\mathbb{E}\,(\lVert\nabla_u d(u)\rVert-1)^2",
    "smoothing": r"y_{\text{real}}=1-s",
    "ema": r"\bar\theta\leftarrow\beta\,\bar\theta+(1-\beta)\,\theta_G",
    "spectral": r"W\leftarrow W/\sigma_1(W)",
    "augment": r"d(T(x)),\ d(T(G(z)))",
    "skip_below": r"L_D<t\Rightarrow\theta_D\text{ stays}",
    "lr_d": r"\theta_D\leftarrow\theta_D-\eta_D\,m/\sqrt v",
    "lr_g": r"\theta_G\leftarrow\theta_G-\eta_G\,m/\sqrt v",
    "beta1": r"m\leftarrow\beta_1 m+(1-\beta_1)\,\nabla L",
}
# The two sides of each game, d(x) and d(G(z)) being D's outputs.
GAMES = {
    "non_saturating": r"L_D=-\log\sigma(d(x))-\log(1-\sigma(d(G(z)))),"
    r"\quad L_G=-\log\sigma(d(G(z)))",
    "minimax": r"L_D=-\log\sigma(d(x))-\log(1-\sigma(d(G(z)))),\quad L_G=\log(1-\sigma(d(G(z))))",
    "least_squares": r"L_D=\tfrac12(d(x)-1)^2+\tfrac12 d(G(z))^2,\quad L_G=\tfrac12(d(G(z))-1)^2",
    "hinge": r"L_D=\max(0,1-d(x))+\max(0,1+d(G(z))),\quad L_G=-d(G(z))",
    "wasserstein": r"L_D=d(G(z))-d(x)+\lambda(\lVert\nabla d\rVert-1)^2,\quad L_G=-d(G(z))",
}
# Label smoothing of a GAN is another thing than a classifier's, so its sentence is another.
KEYS = {"smoothing": "gym.smoothing"}


def build(page: Page, defaults: TrainingSettings) -> dict[str, gr.components.Component]:
    """The knobs by name, all of `Settings` but the architecture, in the order of its fields."""
    knobs: dict[str, gr.components.Component] = {}

    def put(kind: type, name: str, *args, **options) -> None:
        with gr.Column(min_width=130):
            value = getattr(defaults, name)
            key = KEYS.get(name, f"name.{name}")
            if kind is Knob:
                described = TrainingSettings.described()[name]
                low, high = described.low, described.high
                args = (low, options.pop("top", high), value)
            else:
                options["value"] = value
            knobs[name] = page.put(kind, key, *args, **options)
            if name in FORMULAS:
                page.formula(FORMULAS[name])

    def names(code: str) -> list[tuple[str, str]]:
        return [(page.text(f"gym.loss.{name}", code), name) for name in LOSSES]

    put(Choice, "loss", choices=names)
    game = page.formula(GAMES[defaults.loss])
    knobs["loss"].change(
        lambda name: f"${GAMES.get(name, '')}$", knobs["loss"], game, **PRIVATE, queue=False
    )
    with gr.Row():
        put(gr.Number, "lr_d")
        put(gr.Number, "lr_g")
    with page.put(gr.Accordion, "gym.stabilisers", open=False):
        with gr.Row():
            put(Knob, "d_steps", step=1)
            put(Knob, "g_steps", step=1)
            put(Knob, "skip_below", top=5, step=0.05)
        with gr.Row():
            put(Knob, "r1", top=10, step=0.05)
            put(Knob, "penalty", top=50, step=0.5)
            put(Knob, "smoothing", step=0.05)
        with gr.Row():
            put(gr.Checkbox, "spectral")
            put(gr.Checkbox, "augment")
            put(Knob, "ema", step=0.001)
    with page.put(gr.Accordion, "gym.networks", open=False):
        with gr.Row():
            put(Knob, "beta1", step=0.01)
            put(Knob, "batch", step=4)
        with gr.Row():
            put(Knob, "latent", top=128, step=1)
            put(Knob, "width", top=128, step=4)
            put(gr.Number, "seed", precision=0)
    return {name: knobs[name] for name in KNOBS}
