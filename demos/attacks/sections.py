"""The attack tab, deeper: how little it takes, whether it survives, transfers, and what helps."""

from __future__ import annotations

import gradio as gr

from demos.attacks import defenses, robustness_curve, transferability
from demos.attacks import transforms as attack_survival
from demos.ui.page import Page

# What each "break it" button turns, from the defaults of the deeper knobs.
EXPERIMENTS = (
    {"quality": 30, "knows": True},
    {"sigma": 4.0},
)


def build(page: Page, photo, knobs: dict[str, gr.components.Component]) -> None:
    """All parts, below the attack itself.

    Args:
        photo: what is attacked.
        knobs: "model" first, then the fields of `models.attacks.run.Settings`.
    """
    page.send_targets["attack.model"] = knobs["model"]
    page.put(gr.Markdown, "deeper.idea", elem_classes="idea")
    own = robustness_curve.build(page, photo, knobs)
    attack_survival.build(page, photo, knobs)
    transferability.build(page, photo, knobs)
    own |= defenses.build(page, photo, knobs)
    defaults = robustness_curve.DEFAULTS | defenses.DEFAULTS
    page.experiments("deeper", EXPERIMENTS, defaults, list(own.values()))
