"""Choosing a network: which are here, which would be downloaded, which can't be had now."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from demos.runtime import i18n
from demos.runtime.i18n import say
from demos.ui.components import Choice
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.validation import ValidationError


def backbone_choices(language: str) -> list[tuple[str, str]]:
    """ImageNet's networks as (text, name); those whose weights are not here carry a mark."""

    def text(spec: registry.BackboneSpec) -> str:
        if registry.has_weights(spec):
            return spec.title
        return say(language, "network.away", title=spec.title, megabytes=spec.megabytes)

    return [(text(spec), spec.name) for spec in registry.BACKBONE_SPECS]


def classifier_choices(language: str) -> list[tuple[str, str]]:
    """All classifiers, the pets' too, as `backbone_choices` gives them."""
    return backbone_choices(language) + [(spec.title, spec.name) for spec in registry.PET_SPECS]


def build(page: Page, choices: Callable = backbone_choices) -> Choice:
    """The dropdown, and below it a line that says what choosing a network means."""
    picked = page.put(Choice, "network", choices=choices, value=registry.DEFAULT_BACKBONE)
    note = gr.Markdown(visible=False, elem_classes="note")
    picked.input(_note, picked, note, **PRIVATE, **LIGHT)
    return picked


def _note(name: str):
    spec = registry.backbone(name) if name not in registry.PET_CLASSIFIERS else None
    if spec is None or registry.has_weights(spec):
        return gr.update(visible=False)
    from models import weights
    from models.backbones import backbone

    try:
        weights.check_folder(registry.hub_folder())
        if not weights.reachable(backbone.weights_url(spec)):
            raise backbone.unreachable(spec)
        text = say(i18n.EVERY, "network.download", title=spec.title, megabytes=spec.megabytes)
    except ValidationError as error:
        text = i18n.error_message(i18n.EVERY, error)
    return gr.update(value=text, visible=True)
