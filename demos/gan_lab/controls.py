"""A component for each training setting, with its formula where it has one."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demos.gan_lab.run_config import SETTINGS
from demos.ui.page import PRIVATE, Page
from models.gan.training.settings import TrainingSettings

# Both losses of each kind, d(x) and d(G(z)) being D's outputs.
LOSS_FORMULAS = {
    "non_saturating": r"L_D=-\log\sigma(d(x))-\log(1-\sigma(d(G(z)))),"
    r"\quad L_G=-\log\sigma(d(G(z)))",
    "minimax": r"L_D=-\log\sigma(d(x))-\log(1-\sigma(d(G(z)))),\quad L_G=\log(1-\sigma(d(G(z))))",
    "least_squares": r"L_D=\tfrac12(d(x)-1)^2+\tfrac12 d(G(z))^2,\quad L_G=\tfrac12(d(G(z))-1)^2",
    "hinge": r"L_D=\max(0,1-d(x))+\max(0,1+d(G(z))),\quad L_G=-d(G(z))",
    "wasserstein": r"L_D=d(G(z))-d(x)+\lambda(\lVert\nabla d\rVert-1)^2,\quad L_G=-d(G(z))",
}


def build(page: Page) -> dict[str, Any]:
    """The components by setting: all but the architecture, in the order of `SETTINGS`."""
    components: dict[str, Any] = {}

    def put(*names: str) -> None:
        for name in names:
            with gr.Column(min_width=130):
                components[name] = page.setting(TrainingSettings, name)

    put("loss")
    losses = page.formula(LOSS_FORMULAS[components["loss"].value])
    components["loss"].change(
        lambda name: f"${LOSS_FORMULAS.get(name, '')}$", components["loss"], losses,
        **PRIVATE, queue=False,
    )  # fmt: skip
    with gr.Row():
        put("lr_d", "lr_g")
    with page.put(gr.Accordion, "gan_lab.stabilisers", open=False):
        with gr.Row():
            put("d_steps", "g_steps", "skip_below")
        with gr.Row():
            put("r1", "penalty", "smoothing")
        with gr.Row():
            put("spectral", "augment", "ema")
    with page.put(gr.Accordion, "gan_lab.networks", open=False):
        with gr.Row():
            put("beta1", "batch")
        with gr.Row():
            put("latent", "width", "seed")
    return {name: components[name] for name in SETTINGS}
