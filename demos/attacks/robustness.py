"""The sections below the attack: robustness curves, transforms, transferability, defenses."""

from __future__ import annotations

import gradio as gr

from demos.attacks import (
    camera,
    defenses,
    patch_photos,
    robustness_curve,
    transferability,
    transforms,
    universal,
)
from demos.attacks.runs import SECTIONS
from demos.attacks.section import Controls
from demos.ui.page import Page
from models.attacks.settings import CurveSettings, JpegSettings, SmoothingSettings

DEFAULTS = {
    "epsilon_end": CurveSettings.page_defaults()["epsilon_end"],
    "curve_steps": CurveSettings.page_defaults()["steps"],
    **JpegSettings.page_defaults(),
    **{
        name: SmoothingSettings.page_defaults()[name] for name in ("sigma", "samples", "confidence")
    },
}
# What each "break it" button changes from the defaults.
EXPERIMENTS = (
    {"quality": 30, "adaptive": True},
    {"sigma": 4.0},
)


def build(page: Page, photo, controls: Controls) -> None:
    """All sections.

    Args:
        photo: what is attacked.
        controls: of the attack: "model" first, then the settings.
    """
    page.send_targets["attack.model"] = controls["model"]
    page.put(gr.Markdown, "robustness.idea", elem_classes="idea")
    own = robustness_curve.build(page, photo, controls)
    transforms.build(page, photo, controls)
    transferability.build(page, photo, controls)
    patch_photos.build(page, photo, controls)
    camera.build(page, controls)
    universal.build(page, photo, controls)
    own |= defenses.build(page, photo, controls)
    ordered = [own[name] for name in DEFAULTS]
    page.experiments(SECTIONS, EXPERIMENTS, DEFAULTS, ordered, check)


def check(chosen: dict) -> None:
    """Raises a ValidationError unless the components' values can be run."""
    CurveSettings(epsilon_end=chosen["epsilon_end"], steps=chosen["curve_steps"])
    for kind in (JpegSettings, SmoothingSettings):
        kind(**{name: chosen[name] for name in kind.described() if name in chosen})
