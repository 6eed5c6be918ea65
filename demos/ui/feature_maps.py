"""The feature maps of any layer of an ImageNet network for a photo: a section that unfolds."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from demos.runtime.engine import Engine, StoppableRun
from demos.runtime.events import Loading, Result
from demos.runtime.i18n import EVERY, say
from demos.ui import card, deep_links, model_picker, progress, streams
from demos.ui.code import panel
from demos.ui.code.expressions import call, literal
from demos.ui.code.recipe import Given, Recipe
from demos.ui.components import NO_PICTURE, Choice, picture
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page
from models import images, registry
from models.validation import Settings, choice, setting

if TYPE_CHECKING:
    from models.backbones.feature_maps import FeatureMaps

DEFAULT_LAYER = "blocks.1"


@dataclass(frozen=True)
class MapCode(Settings):
    """Feature maps of a layer."""

    model: str = setting(registry.DEFAULT_BACKBONE, "the network", choices=registry.BACKBONES)
    layer: str = setting(DEFAULT_LAYER, "one of its layers")

    def check(self) -> None:
        choice("layer", self.layer, registry.backbone(self.model).map_layers)


def _python(given: Given) -> str:
    made = call(
        "models.feature_maps", "image", literal(given.settings.layer), **given.only("model")
    )
    return f"""\
{given.assignments}maps = {made}
print("channels, height, width:", maps.shape)
picture = maps.image  # the channels that vary most over the photo, 64 at most
picture.save("maps.png")
"""


MAPS = Recipe(
    "maps", "see", MapCode, _python, ("image",), endpoint="feature_maps",
    outputs=("picture", "report"),
)  # fmt: skip


def extract(
    engine: Engine, path: str | None, model: str, layer: str
) -> Generator[Loading | Result[FeatureMaps]]:
    """The feature maps of an ImageNet network's layer for a picture.

    Raises:
        ValidationError: a picture that can't be read, an unknown network or layer, or weights that
            can't be had.
    """
    photo = images.open_image(path)
    spec = registry.backbone(model)
    choice("layer", layer, spec.map_layers)
    from models.backbones import feature_maps

    network = yield from engine.load_backbone(model)
    start = time.perf_counter()
    square = images.to_tensor(images.square(photo, spec.input_size))
    maps = engine.worker.submit(feature_maps.extract, network, square, layer).result()
    yield Result(maps, time.perf_counter() - start)


class FeatureMapSection:
    """The section's components.

    Args:
        tab: the tab's name, with which its place and its element ids begin.
        photo: whose feature maps they are.
        backbone: what chooses the network; None makes a control here.

    Attributes:
        backbone, layer: what is shown.
        accordion: around it all.
    """

    def __init__(self, page: Page, tab: str, photo: Any, backbone: Choice | None = None):
        self.page, self.place, self.photo = page, f"{tab}.maps", photo
        with page.put(gr.Accordion, "maps.title", open=False) as self.accordion:
            page.put(gr.Markdown, "maps.note")
            with gr.Row(equal_height=False):
                with gr.Column(scale=3, min_width=260):
                    self.backbone = backbone or model_picker.build(page)
                    self.layer = page.put(
                        Choice, "name.layer", value=DEFAULT_LAYER, elem_id=f"{tab}-layer",
                        choices=_layer_choices,
                    )  # fmt: skip
                    self.show = page.put(gr.Button, "maps.show")
                    self.line = gr.HTML()
                    self.shape = gr.Markdown(elem_id=f"{tab}-shape")
                    self.code = gr.HTML(elem_id=f"{tab}-maps-code")
                with gr.Column(scale=5, min_width=300):
                    self.mosaic = page.picture("maps.title", visible=False, elem_id=f"{tab}-mosaic")

    def connect(self) -> None:
        """Wires the events."""
        page, network = self.page, [self.backbone, self.layer]
        page.follow(self.layer, self.backbone)
        self.backbone.change(layers_of, [page.language, *network], self.layer, **PRIVATE, **LIGHT)
        emptied = {self.line: "", self.mosaic: NO_PICTURE, self.shape: "", self.code: ""}
        about = streams.empty_on_change(page, [self.photo, self.backbone], emptied, self.place)
        gr.on(
            [self.show.click, self.layer.change, self.accordion.expand],
            streams.stream(page, self.show_maps, self.place, self.line, heavy=False, **about),
            [page.language, self.photo, *network], [*emptied],
            trigger_mode="multiple", **PRIVATE, **HEAVY,
        )  # fmt: skip

    def show_maps(
        self, run: StoppableRun, language: str, path: str | None, backbone: str, layer: str
    ):
        """Streams the loading of the network, then its feature maps."""
        for event in extract(self.page.engine, path, backbone, layer):
            if isinstance(event, Loading):
                yield {self.line: progress.waiting(language, event)}
                continue
            maps = event.value
            channels, height, width = maps.shape
            words = say(
                language,
                "maps.shape",
                channels=channels,
                height=height,
                width=width,
                shown=maps.shown,
            )
            address = MAPS.address({"model": backbone, "layer": layer}, image=path)
            spec = registry.backbone(backbone)
            yield {
                self.line: "",
                self.mosaic: picture(maps.image),
                self.shape: words,
                self.code: self._shown(path, spec.title, layer) + panel.shown(address),
            }

    def _shown(self, path: str | None, title: str, layer: str) -> Markup:
        """The button that shows the class the feature maps; its link has the photo."""
        tab = self.place.removesuffix(".maps")
        what = Markup("{} · {} {}").format(say(EVERY, "maps.title"), title, layer)
        link = deep_links.address(tab, {}, {}, {"photo": (path, "photos")})
        return card.show(what, f"#{tab}-mosaic img", link)


def _layer_choices(language: str, model: str = registry.DEFAULT_BACKBONE) -> list[tuple[str, str]]:
    names = registry.backbone(model).map_layers
    return [
        (say(language, "maps.layer", number=n, total=len(names), name=name), name)
        for n, name in enumerate(names, 1)
    ]


def layers_of(language: str, model: str, layer: str):
    """An update of the layers' dropdown for another network; the layer stays if it has it."""
    choices = _layer_choices(language, model)
    names = [name for _, name in choices]
    return gr.update(choices=choices, value=layer if layer in names else names[1])
