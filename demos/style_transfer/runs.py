"""Style transfer's work, shared by the page and the endpoints: paint, preview, compare, foresee."""

from __future__ import annotations

import time
from collections.abc import Generator

import gradio as gr
from PIL import Image

from demos.runtime.engine import Run
from demos.runtime.i18n import say
from demos.ui import model_picker
from demos.ui import progress as status
from demos.ui.endpoints import Picture, expose
from demos.ui.page import LIGHT, Page
from demos.ui.plots import bars
from models import images, registry

NAME = "style"
TERMS = ("content", "style", "variation", "total")


def previewed(page: Page, content_path, style_path, strength: float = 1.0) -> Image.Image:
    """The one-pass preview of two uploads."""
    content, style = images.open_image(content_path), images.open_image(style_path)
    from models.style_transfer.fast import preview

    return page.engine.worker.submit(preview, content, style, strength).result()


def painted(
    page: Page, code: str, paths: tuple, backbone: str, settings: dict, run: Run
) -> Generator:
    """Status lines while the network loads, then (step, last, seconds, image, losses, content).

    Args:
        paths: of the content, the style, and the second style or None.
    """
    content, style = (images.open_image(path) for path in paths[:2])
    second = images.open_image(paths[2]) if paths[2] else None
    registry.backbone(backbone)
    from models.style_transfer import optimize as style_transfer
    from models.style_transfer.cost import Costs
    from models.style_transfer.settings import StyleSettings

    chosen = StyleSettings(**settings)
    network = yield from model_picker.loaded(page, code, backbone)
    chosen.weights_of(network.spec)
    page.engine.shared(Costs).check(network, chosen, _ratio(content))
    losses = {name: [] for name in TERMS}

    def recorded():
        steps = page.engine.steps(
            style_transfer.transfer, network, content, style, chosen, second, lambda: run.changed
        )
        for step in steps:
            for name, value in step.losses.items():
                losses[name].append(value)
            yield step

    for moment in status.in_turn(code, recorded(), run, page.engine.run_queue):
        if isinstance(moment, str):
            yield moment
            continue
        step, last, seconds = moment
        yield step, last, seconds, images.to_image(step.image), losses, content


def _ratio(picture: Image.Image) -> float:
    return min(picture.size) / max(picture.size)


def foreseen(
    page: Page, code: str, paths: tuple, backbone: str, settings: dict
) -> tuple[str, str] | None:
    """What the run will cost, in words, and the ledger at the preview; None while that network's
    weights are not on this machine."""
    content, style = (images.open_image(path) for path in paths[:2])
    second = images.open_image(paths[2]) if paths[2] else None
    if not registry.weights_path(registry.backbone(backbone)).exists():
        return None
    from models.style_transfer import optimize as style_transfer
    from models.style_transfer.cost import Costs
    from models.style_transfer.fast import preview
    from models.style_transfer.settings import StyleSettings

    chosen = StyleSettings(**settings)
    network = page.engine.backbone(backbone)

    def look():
        costs = page.engine.shared(Costs)
        seconds = costs.seconds(network, chosen, _ratio(content))
        memory = costs.bytes(network, chosen, _ratio(content))
        shown = preview(content, style)
        return (
            seconds,
            memory,
            style_transfer.glance(network, content, style, chosen, second, shown),
        )

    seconds, memory, (losses, pulls) = page.engine.worker.submit(look).result()
    words = say(
        code, "style.estimate", seconds=max(1, round(seconds)), memory=f"{memory / 1e9:.1f}"
    )
    return words, ledger(code, losses, pulls)


def ledger(code: str, losses: dict[str, float], pulls: dict[str, float]) -> str:
    """Each term's weighted value, with a bar for its share of the gradient."""
    rows = [
        (f"{say(code, f'style.term.{name}')}: {losses[name]:.3g}", pulls[name])
        for name in TERMS[:3]
    ]
    return bars(rows)


def compared(page: Page, code: str, paths: tuple, backbone: str, settings: dict, run: Run):
    """The same pair three ways: status lines, and after each way all (picture, caption) so far."""
    shown = []
    start = time.perf_counter()
    picture = previewed(page, *paths[:2])
    taken = time.perf_counter() - start
    shown.append((picture, say(code, "style.way.preview", seconds=f"{taken:.2f}")))
    yield list(shown)
    ways = {
        "style.way.gatys": {"coarse_to_fine": False, "style_loss": "gram"},
        "style.way.multi": {"coarse_to_fine": True},
    }
    for key, changed in ways.items():
        for moment in painted(page, code, paths, backbone, settings | changed, run):
            if isinstance(moment, str):
                continue
            step, last, seconds, image, _, _ = moment
            words = say(code, key, seconds=f"{seconds:.1f}", steps=step.step)
            yield [*shown, (image, words)]
            if last:
                shown.append((image, words))
        if run.is_set():
            return


def expose_all(page: Page) -> None:
    """Makes /style_transfer and /style_preview."""

    def style_transfer(
        language: str,
        content: Picture,
        style: Picture,
        backbone: str = "efficientnet_lite0",
        size: int = 384,
        steps: int = 120,
        style_loss: str = "moments",
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        tv_weight: float = 1.0,
        init: str = "content",
        optimizer: str = "adam",
        keep_colors: bool = False,
        seed: int = 0,
        color_method: str = "luminance",
        style_scale: float = 1.0,
        second_style: Picture | None = None,
        blend: float = 0.0,
        content_layer: str = "",
        layer_weights: list | None = None,
        coarse_to_fine: bool = True,
    ):
        """Paints one picture in the style of another, by neural style transfer (Gatys et al. 2016).

        Streams the picture while it is optimised; the last one is the result. The same inputs and
        seed give the same picture.

        Args:
            content: what to paint: a photograph.
            style: how to paint it: a painting or a texture.
            backbone: the network whose features are compared: efficientnet_lite0,
                efficientnet_lite1, efficientnet_lite2, vgg16, vgg19, resnet50 or
                mobilenet_v3_large.
            size: longer side of the result in pixels, 64 to 1024.
            steps: optimiser steps over all scales together, 1 to 5000.
            style_loss: "moments" (means and covariances), "gram" (Gram matrices, as in the
                paper) or "wasserstein" (the moments as a distance of Gaussians).
            content_weight: how much the photo's layout matters, 0 to 1000; 1 is balanced.
            style_weight: how much the style's texture matters, 0 to 1000; 1 is balanced.
            tv_weight: how much smoothness matters (total variation), 0 to 1000; 1 is balanced.
            init: start from the "content" picture or from "noise".
            optimizer: "adam" or "lbfgs".
            keep_colors: keep the photo's own colours and take only brushwork from the style.
            seed: whole number that fixes the noise.
            color_method: how colours are kept: "luminance" or "histogram".
            style_scale: size of the style picture relative to the result's, 0.25 to 2; smaller
                makes finer strokes.
            second_style: another style picture to blend in.
            blend: share of the second style, 0 to 1.
            content_layer: the layer at which content is compared, such as "blocks.3.0.bn1"; empty
                for the network's usual one.
            layer_weights: a list with one weight for each style layer, shallow to deep, 0 to 10;
                0 turns a layer off.
            coarse_to_fine: work from small to large; false is the paper's way, all at full size.

        Returns:
            The picture (PNG), and a report: steps done, seconds, the loss curves, and each term's
            share of the gradient when it was last measured.
        """
        given = dict(locals())
        settings = {name: given[name] for name in SETTINGS}
        settings["layer_weights"] = layer_weights if layer_weights is not None else ()
        paths = (content, style, second_style)
        with page.engine.run(None, NAME) as run:
            for moment in painted(page, language, paths, backbone, settings, run):
                if isinstance(moment, str):
                    continue
                step, _, seconds, image, losses, _ = moment
                report = {"steps": step.step, "seconds": round(seconds, 2), "losses": losses}
                yield image, report | {"pulls": {n: round(v, 4) for n, v in step.pulls.items()}}

    def style_preview(language: str, content: Picture, style: Picture, strength: float = 1.0):
        """Paints one picture in the style of another in a single pass through a small network.

        Args:
            content: what to paint: a photograph.
            style: how to paint it: a painting or a texture.
            strength: 0 (the photo's own manner) to 1 (the style's).

        Returns:
            The picture (PNG), 384 pixels on its longer side.
        """
        return previewed(page, content, style, strength)

    expose(style_transfer, {"picture": gr.Image, "report": gr.JSON}, "style_transfer")
    expose(style_preview, {"picture": gr.Image}, "style_preview", LIGHT)


SETTINGS = (
    "size", "steps", "style_loss", "content_weight", "style_weight", "tv_weight", "init",
    "optimizer", "keep_colors", "seed", "color_method", "style_scale", "blend", "content_layer",
    "coarse_to_fine",
)  # fmt: skip
