"""The controls of the ideal class tab: one component a setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demos.runtime.i18n import class_choice
from demos.ui import examples, model_picker
from demos.ui.components import Choice, Photo
from demos.ui.page import LIGHT, PRIVATE, Page, localize_errors
from models import registry
from models.feature_visualization.settings import VisualizationSettings

NAMES = (
    "model", "class_name", "method", "steps", "tv_weight", "start", "layer", "channel", "size",
    "seed", "octaves", "decorrelated", "photo_weight",
)  # fmt: skip
DEFAULTS = {name: VisualizationSettings.page_defaults()[name] for name in NAMES}


@dataclass(frozen=True)
class Controls:
    """The components.

    Attributes:
        named: by setting, in the order of `NAMES`.
        photo: the photo to start from.
        buttons: run, stop, reset.
    """

    named: dict[str, gr.components.Component]
    photo: Photo
    buttons: tuple[gr.Button, gr.Button, gr.Button]

    @property
    def ordered(self) -> list[gr.components.Component]:
        """All but the photo, in the order that `request_settings` knows."""
        return list(self.named.values())


def request_settings(given: tuple) -> dict[str, Any]:
    """Fields of `VisualizationSettings`, not checked yet, from the components' values."""
    return dict(zip(NAMES, given, strict=True))


def build(page: Page, knobs: gr.Column, one_click: Callable[[], None]) -> Controls:
    """Lays the controls out and connects what depends on the network or the photo.

    Args:
        knobs: the column for the buttons and the knobs; the rest goes where this is called.
        one_click: lays out the buttons below the class.
    """
    named: dict[str, Any] = {}
    named["class_name"] = page.put(
        Choice, "name.class_name", choices=_class_choices, value=DEFAULTS["class_name"],
        elem_id="ideal-class",
    )  # fmt: skip
    one_click()
    with page.put(gr.Accordion, "ideal.from_photo", open=False):
        photo = page.put(Photo, "ideal.photo", height=150)
        examples.examples(page, "photos", photo)
        for name in ("start", "octaves", "photo_weight"):
            named[name] = page.setting(VisualizationSettings, name)
    with page.put(gr.Accordion, "ideal.one_channel", open=False):
        _layer(page, named)
    with knobs:
        buttons = page.controls("run.visualize")
        for name in ("method", "steps", "tv_weight"):
            named[name] = page.setting(VisualizationSettings, name)
        with page.put(gr.Accordion, "more", open=False):
            named["model"] = model_picker.build(page, model_picker.classifier_choices)
            for name in ("size", "seed"):
                named[name] = page.setting(VisualizationSettings, name)
    dependent = [named["class_name"], named["layer"]]
    named["model"].change(
        localize_errors(classes_and_layers), [page.language, named["model"], *dependent], dependent,
        **PRIVATE, **LIGHT,
    )  # fmt: skip
    page.follow(named["class_name"], named["model"])
    photo.change(
        lambda path: "photo" if path else "noise", photo, named["start"], **PRIVATE, **LIGHT
    )
    return Controls({name: named[name] for name in NAMES}, photo, buttons)


def _layer(page: Page, named: dict) -> None:
    page.put(gr.Markdown, "ideal.one_channel.note", elem_classes="note")
    with gr.Row():
        layers = layer_choices(registry.DEFAULT_BACKBONE)
        named["layer"] = page.put(
            Choice, "name.layer_ideal", layers, value=DEFAULTS["layer"], min_width=120,
            elem_id="ideal-layer",
        )  # fmt: skip
        named["channel"] = page.setting(VisualizationSettings, "channel", min_width=120)
    page.formula(r"\max_x\;\tfrac{1}{hw}\textstyle\sum_{i,j}A_k(x)_{ij}")
    named["decorrelated"] = page.setting(VisualizationSettings, "decorrelated")


def classes_and_layers(language: str, model: str, class_name: str, layer: str) -> tuple[dict, dict]:
    """The choices of the chosen network; what was chosen stays if it is among them."""
    names = registry.classifier(model).classes
    default = "Siamese" if model in registry.PET_CLASSIFIERS else DEFAULTS["class_name"]
    layers = layer_choices(model)
    return (
        gr.update(
            choices=_class_choices(language, model),
            value=class_name if class_name in names else default,
        ),
        gr.update(choices=layers, value=layer if layer in dict(layers).values() else ""),
    )


def _class_choices(language: str, model: str = registry.DEFAULT_BACKBONE) -> list[tuple[str, str]]:
    return [class_choice(language, name) for name in registry.classifier(model).classes]


def layer_choices(model: str) -> list[tuple[str, str]]:
    """The layers of a network that can be maximized, and first of all none; pets show none."""
    layers = registry.backbone(model).map_layers if model in registry.BACKBONES else ()
    return [("–", ""), *((name, name) for name in layers)]
