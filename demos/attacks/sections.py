"""The attack tab, deeper: how little it takes, whether it survives, transfers, and what helps."""

from __future__ import annotations

import gradio as gr

from demos.attacks import defenses, robustness_curve, transferability
from demos.attacks import transforms as attack_survival
from demos.ui.page import Page

CSS = """
.deeper-scroll {overflow-x: auto; max-width: 100%}
.deeper-scroll table {border-collapse: collapse; font-size: .85rem; line-height: 1.25}
.deeper-scroll th, .deeper-scroll td {border: 1px solid var(--border-color-primary);
  padding: 4px 8px; text-align: start; vertical-align: middle}
.deeper-scroll td {min-width: 96px}
.deeper-seen {display: flex; gap: 8px; align-items: center; min-width: 150px}
.deeper-seen img {margin: 0; border-radius: 4px; flex: none}
.deeper-fools {color: #c0392b; font-weight: 600} .deeper-cured {color: #23863a; font-weight: 600}
.deeper-neither {color: #b07700; font-weight: 600}
.deeper-fools-cell {background: #e4572e2b} .deeper-cured-cell {background: #3aa6552b}
.deeper-neither-cell {background: #f4b4002b}
@media (max-width: 640px) {
  .deeper-scroll th, .deeper-scroll td {padding: 3px 4px; min-width: 0}
  .deeper-seen {flex-direction: column; align-items: flex-start; gap: 2px; min-width: 84px}
}
"""
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
