"""The controls of the explanations tab: one component a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from demos.explanations.runs import NAME, ExplanationRequest
from demos.runtime.i18n import class_choice
from demos.ui import deep_links, model_picker
from demos.ui.components import Choice
from demos.ui.page import Page
from models.explanations.settings import ExplanationSettings
from models.labels import imagenet

# The network and the class first: they say what a result is about.
NAMES = (
    "model", "class_name", "baseline", "path_steps", "window", "samples", "noise", "seed",
)  # fmt: skip
MORE = ("path_steps", "window", "samples", "noise", "seed")
DEFAULTS = {name: ExplanationSettings.page_defaults()[name] for name in NAMES}


def request(photo: str | None, values: tuple) -> ExplanationRequest:
    """What the components ask for; `values` are those of `NAMES`, in order."""
    return ExplanationRequest(photo, dict(zip(NAMES, values, strict=True)))


def link(photo: str | None, settings: Mapping[str, Any]) -> str:
    """The address that sets photo and settings again."""
    return deep_links.address(NAME, settings, DEFAULTS, {"photo": (photo, "photos")})


def build(page: Page) -> dict[str, Any]:
    """Lays out the components; gives them by name, in the order of `NAMES`."""
    found: dict[str, Any] = {}
    found["class_name"] = page.put(
        Choice, "see.class", choices=_class_choices(page), value=DEFAULTS["class_name"],
        elem_id="see-class",
    )  # fmt: skip
    found["model"] = model_picker.build(page)
    found["baseline"] = page.setting(ExplanationSettings, "baseline")
    with page.put(gr.Accordion, "more", open=False):
        for name in MORE:
            found[name] = page.setting(ExplanationSettings, name)
    return {name: found[name] for name in NAMES}


def _class_choices(page: Page):
    """All classes of the ImageNet networks, and first the network's own verdict."""

    def choices(language: str) -> list[tuple[str, str]]:
        named = (class_choice(language, name) for name in imagenet.class_names())
        return [(page.text("see.verdict", language), ""), *named]

    return choices
