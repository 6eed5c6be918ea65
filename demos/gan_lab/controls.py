"""A component for each training setting, with its formula where it has one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from demos.gan_lab.run_config import SETTINGS
from demos.ui.page import PRIVATE, Page
from models.gan.training import presets
from models.gan.training.settings import TrainingSettings

# Both losses of each kind, d(x) and d(G(z)) being D's outputs.
LOSS_FORMULAS = {
    "non_saturating": r"L_D=-\log\sigma(d(x))-\log(1-\sigma(d(G(z)))),"
    r"\quad L_G=-\log\sigma(d(G(z)))",
    "minimax": r"L_D=-\log\sigma(d(x))-\log(1-\sigma(d(G(z)))),\quad L_G=\log(1-\sigma(d(G(z))))",
    "least_squares": r"L_D=\tfrac12(d(x)-1)^2+\tfrac12 d(G(z))^2,\quad L_G=\tfrac12(d(G(z))-1)^2",
    "hinge": r"L_D=\max(0,1-d(x))+\max(0,1+d(G(z))),\quad L_G=-d(G(z))",
    "relativistic": r"L_D=\log(1+e^{d(G(z))-d(x)}),\quad L_G=\log(1+e^{d(x)-d(G(z))})",
    "wasserstein": r"L_D=d(G(z))-d(x)+\lambda(\lVert\nabla d\rVert-1)^2,\quad L_G=-d(G(z))",
}


@contextmanager
def build(page: Page) -> Iterator[dict[str, Any]]:
    """The components by setting: all but the architecture, in the order of `SETTINGS`.

    Three are in sight, the rest under "More", behind what is put there within the `with`.
    """
    components: dict[str, Any] = {}

    def put(*names: str) -> None:
        with gr.Row():
            for name in names:
                with gr.Column(min_width=110):
                    components[name] = page.setting(TrainingSettings, name)

    _loss(page, components)
    put("lr_d")
    put("lr_g")
    with page.put(gr.Accordion, "more", open=False):
        ordered: dict[str, Any] = {}
        yield ordered
        with gr.Column(elem_classes="digits-only"):
            components["classes"] = page.put(
                gr.CheckboxGroup, "name.classes", value=[],
                choices=lambda _: [(str(digit), digit) for digit in presets.ALL_DIGITS],
            )  # fmt: skip
            page.formula(TrainingSettings.described()["classes"].formula)
            put("shuffled_labels")
        with page.put(gr.Accordion, "gan_lab.stabilisers", open=False):
            put("d_steps", "g_steps")
            put("skip_below", "ema")
            put("r1", "r2")
            put("penalty", "smoothing")
            put("spectral", "augment")
        with page.put(gr.Accordion, "gan_lab.networks", open=False):
            put("beta1", "batch")
            put("latent", "width")
            put("seed")
    ordered.update({name: components[name] for name in SETTINGS})


def _loss(page: Page, components: dict[str, Any]) -> None:
    """The loss, with the formula of the one chosen."""
    with gr.Column(min_width=110):
        chosen = components["loss"] = page.setting(TrainingSettings, "loss")
        formula = page.formula(LOSS_FORMULAS[chosen.value])
    chosen.change(
        lambda name: f"${LOSS_FORMULAS.get(name, '')}$", chosen, formula, **PRIVATE, queue=False
    )
