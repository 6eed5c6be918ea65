"""The controls of the style transfer tab: one component a setting, and what all of them say
together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demos.style_transfer import regions_panel
from demos.style_transfer.runs import NAME, StyleRequest
from demos.ui import chips, deep_links, examples, model_picker
from demos.ui.card import Card
from demos.ui.components import Choice, Knob, Photo
from demos.ui.page import LIGHT, PRIVATE, Page
from models import registry
from models.registry import BackboneSpec
from models.style_transfer.settings import COLOR_METHODS, StyleSettings, content_layers

# The page has one dropdown for whose colours are kept and how.
STYLE_COLORS = "style"
NAMES = (
    *StyleSettings.LIVE, "style_loss", "init", "optimizer", "colors", "steps", "size", "seed",
    "style_scale", "blend", "content_layer", "coarse_to_fine", "area",
)  # fmt: skip
DEFAULTS = {
    name: (StyleSettings.page_defaults() | {"colors": STYLE_COLORS})[name] for name in NAMES
}
# As many sliders as the network with the most style layers needs.
LAYER_SLIDERS = max(len(spec.style_layers) for spec in registry.BACKBONE_SPECS)
ALL_LAYERS = (1.0,) * LAYER_SLIDERS
CHIPS = {0.0: "0", 0.25: "1/4", 0.5: "1/2", 1.0: "1", 2.0: "2", 4.0: "4"}  # of the weights


@dataclass(frozen=True)
class Controls:
    """The components.

    Attributes:
        named: by setting, the backbone first.
        layers: a slider for each style layer.
        second: the second style picture.
        cells: what the visitor paints of both pictures; the browser fills it in (regions_panel.py).
        chips: by weight.
    """

    named: dict[str, Any]
    layers: list[Knob]
    second: Photo
    cells: gr.Textbox
    chips: dict[str, gr.Radio]

    @property
    def ordered(self) -> list[Any]:
        """All but the second style, in the order that `values` and `request_settings` know."""
        return [*self.named.values(), *self.layers]


def values(backbone: str, chosen: dict) -> list:
    """The components' values for settings by name; `layers` are the layer sliders'."""
    return [backbone, *(chosen[name] for name in DEFAULTS), *chosen.get("layers", ALL_LAYERS)]


def request_settings(backbone: str, given: tuple) -> dict[str, Any]:
    """Fields of `StyleSettings` from the components' values, those behind the backbone."""
    chosen = dict(zip(DEFAULTS, given, strict=False))
    colors = chosen.pop("colors")
    if colors != STYLE_COLORS:
        chosen |= {"keep_colors": True, "color_method": colors}
    count = len(registry.backbone(backbone).style_layers)
    return chosen | {"layer_weights": given[len(DEFAULTS) :][:count]}


def link(asked: StyleRequest) -> str:
    """The address that sets both pictures, the network and the settings again."""
    photos = {"content": (asked.content, "photos"), "style": (asked.style, "styles")}
    given = asked.settings | {"backbone": asked.backbone}
    if given.get("keep_colors"):
        given["colors"] = given["color_method"]
    usual = DEFAULTS | {"backbone": registry.DEFAULT_BACKBONE}
    return deep_links.address(NAME, given, usual, photos)


def request(content, style, second, backbone: str, *given: Any) -> StyleRequest:
    """What a visitor asks for, from the components' values.

    Args:
        given: of the components behind the backbone, and what is painted of both pictures: JSON, or
            None where it does not matter.
    """
    *chosen, cells = given
    settings = request_settings(backbone, tuple(chosen))
    painted = cells is not None and settings["area"] == regions_panel.PAINTED
    grids = regions_panel.read(cells) if painted else None
    checked = regions_panel.settings(settings)
    return StyleRequest(content, style, second, backbone, checked, cells=grids)


def build(page: Page, columns: Card) -> Controls:
    """Lays the controls out below the buttons, and connects what depends on the network."""
    named: dict[str, Any] = {}
    with columns.given:
        second = _second_style(page, named)
        named["area"], cells = regions_panel.build(page)
    with columns.knobs:
        weights = _weights(page, named)
        with page.put(gr.Accordion, "more", open=False):
            _more(page, named)
            layers = _layers(page, named)
    if forgotten := named.keys() - {"backbone", *NAMES}:
        raise ValueError(f"{forgotten} must stand in NAMES too")
    ordered = {name: named[name] for name in ("backbone", *NAMES)}
    named["backbone"].change(
        _layers_of, [named["backbone"], named["content_layer"]], [named["content_layer"], *layers],
        **PRIVATE, **LIGHT,
    )  # fmt: skip
    # A second style counts half at once, and nothing when it is taken out.
    second.change(
        lambda path, share: (share or 0.5) if path else 0,
        [second, named["blend"]],
        named["blend"],
        **PRIVATE,
        **LIGHT,
    )
    return Controls(ordered, layers, second, cells, weights)


def _chip_text(language: str, weight: float) -> str:
    return CHIPS[weight]


def _weights(page: Page, named: dict) -> dict[str, gr.Radio]:
    """How much each term of the loss counts, also while a run goes on: chips, and the sliders that
    take their place where somebody wants values between (style_transfer.css)."""
    described, shown = StyleSettings.described(), {}
    with gr.Column(elem_classes="coarse", min_width=200):
        for name in StyleSettings.LIVE:
            shown[name] = chips.build(page, StyleSettings, name, tuple(CHIPS), _chip_text)
            page.formula(described[name].formula)
    with gr.Column(elem_classes="fine", min_width=200):
        for name in StyleSettings.LIVE:
            named[name] = page.setting(StyleSettings, name, formula=False)
    page.put(gr.Checkbox, "style.fine", value=False, interactive=True, elem_id="style-fine")
    return shown


def _more(page: Page, named: dict) -> None:
    def colors(language: str) -> list[tuple[str, str]]:
        methods = (STYLE_COLORS, *COLOR_METHODS)
        return [(page.text(f"style.colors.{name}", language), name) for name in methods]

    for name in ("steps", "size"):
        named[name] = page.setting(StyleSettings, name)
    named["backbone"] = model_picker.build(page)
    for name in ("style_loss", "init", "optimizer"):
        named[name] = page.setting(StyleSettings, name)
    named["colors"] = page.put(Choice, "name.colors", choices=colors, value=STYLE_COLORS)
    for name in ("coarse_to_fine", "seed"):
        named[name] = page.setting(StyleSettings, name)


def _second_style(page: Page, named: dict) -> Photo:
    with page.put(gr.Accordion, "style.second", open=False):
        second = page.put(Photo, "style.second.picture", height=140)
        examples.examples(page, "styles", second)
        named["blend"] = page.setting(StyleSettings, "blend")
        named["style_scale"] = page.setting(StyleSettings, "style_scale")
    return second


def _layers(page: Page, named: dict) -> list[Knob]:
    spec = registry.backbone(registry.DEFAULT_BACKBONE)
    with page.put(gr.Accordion, "style.layers", open=False):
        named["content_layer"] = page.put(
            Choice, "name.content_layer", list(content_layers(spec)), value=spec.content_layer
        )
        page.put(gr.Markdown, "style.layers.note", elem_classes="note")
        with gr.Row(elem_id="style-layers"):
            return [
                Knob(0, 3, 1, step=0.25, min_width=110, **options) for options in _sliders(spec)
            ]


def _layers_of(backbone: str, layer: str) -> list:
    """Updates of the content layer's choices and of the layers' sliders."""
    spec = registry.backbone(backbone)
    choices = list(content_layers(spec))
    chosen = layer if layer in choices else spec.content_layer
    return [gr.update(choices=choices, value=chosen), *(gr.update(**s) for s in _sliders(spec))]


def _sliders(spec: BackboneSpec) -> list[dict]:
    names = spec.style_layers
    return [
        {"label": names[n], "visible": True} if n < len(names) else {"visible": False}
        for n in range(LAYER_SLIDERS)
    ]
