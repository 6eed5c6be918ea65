"""Several ideals at once: a dog beside a cat, a fragile network beside a robust one, six seeds."""

from __future__ import annotations

from html import escape

import gradio as gr

from demos.feature_visualization import runs as ideal_runs
from demos.runtime.i18n import say
from demos.ui import examples as pictures
from demos.ui import progress as status
from demos.ui.components import Photo
from demos.ui.page import HEAVY, PRIVATE, Page, localize_errors
from demos.ui.plots import bars
from models import images, registry
from models.labels import breeds

NAME = "ideal.several"  # of its runs: the main picture's have their own
DOG, CAT = "golden retriever", "Siamese cat"
STANDARD, ROBUST = registry.DEFAULT_PET_CLASSIFIER, "pets_lite0_robust"
SEEDS, SIDE = 6, 128


def build(page: Page, photo: Photo, knobs: dict[str, gr.components.Component]) -> None:
    """The part.

    Args:
        photo: where they start from, if that is chosen.
        knobs: of the tab, by the names of `VisualizationSettings`.
    """
    with page.put(gr.Accordion, "ideal.several", open=False):
        page.put(gr.Markdown, "ideal.several.note", elem_classes="note")
        page.put(
            gr.Markdown, "ideal.several.robust.note", elem_classes="note",
            visible=ROBUST in registry.PET_CLASSIFIERS,
        )  # fmt: skip
        with gr.Row():
            both = page.put(gr.Button, "ideal.several.dog_cat", variant="primary", min_width=150)
            seeds = page.put(gr.Button, "ideal.several.seeds", variant="primary", min_width=150)
            robust = page.put(
                gr.Button, "ideal.several.robust", variant="primary", min_width=150,
                visible=ROBUST in registry.PET_CLASSIFIERS,
            )  # fmt: skip
            stop = page.put(gr.Button, "ideal.several.stop", variant="stop", min_width=70)
        line = gr.HTML(elem_id="ideal-several-status")
        with gr.Row(equal_height=False):
            with gr.Column(scale=6, min_width=300):
                sheet = page.put(
                    gr.Image, "ideal.several.sheet", format="png", height=330, buttons=[],
                    interactive=False, elem_id="ideal-several",
                )  # fmt: skip
            with gr.Column(scale=4, min_width=260):
                verdict = gr.HTML(elem_id="ideal-several-verdict")
                keep = page.put(
                    gr.DownloadButton, "download", visible=False, elem_id="ideal-several-download"
                )
    outputs = [line, sheet, verdict, keep]

    def event(plan):
        """What runs the dreams that `plan(settings)` names."""

        @localize_errors
        def several(request: gr.Request, code, path, *values):
            settings = dict(zip(knobs, values, strict=True))
            yield {keep: gr.update(visible=False), verdict: ""}
            every = plan(settings)
            with page.engine.run(request.session_hash, NAME) as stopped:
                for moment in ideal_runs.beside(page, code, every, path, stopped):
                    if isinstance(moment, str):
                        yield {line: moment}
                        continue
                    yield _said(code, every, *moment, *outputs)

        return several

    inputs = [page.language, photo, *knobs.values()]
    for button, plan in ((both, dog_and_cat), (robust, standard_and_robust), (seeds, six)):
        button.click(event(plan), inputs, outputs, **PRIVATE, **HEAVY)
    page.connect_stop(stop, NAME)


def dog_and_cat(settings: dict) -> list[dict]:
    """The same way to an ideal dog and to an ideal cat, by an ImageNet network."""
    model = (
        settings["model"] if settings["model"] in registry.BACKBONES else registry.DEFAULT_BACKBONE
    )
    common = settings | {"model": model, "layer": "", "channel": None}
    return [common | {"class_name": name} for name in (DOG, CAT)]


def standard_and_robust(settings: dict, pair: tuple[str, str] = (STANDARD, ROBUST)) -> list[dict]:
    """Plain gradient ascent to the same breed by two pet classifiers (Engstrom et al. 2019).

    Each paints at the size it sees, so that a pixel of the picture is a pixel of its input.
    """
    name = settings["class_name"]
    if name not in breeds.NAMES:
        name = "Siamese"
    common = settings | {"class_name": name, "method": "plain", "layer": "", "channel": None}
    sides = {model: registry.classifier(model).input_size for model in pair}
    return [common | {"octaves": 1, "model": name, "size": side} for name, side in sides.items()]


def six(settings: dict) -> list[dict]:
    """What the knobs say, from six seeds together."""
    return [settings | {"count": SEEDS, "size": SIDE}]


def _said(code: str, every: list[dict], now, last, seconds, found, line, sheet, verdict, keep):
    image = images.to_image(_sheet(now))
    told = {sheet: image}
    if not last:
        share = now.step / now.steps
        return told | {line: status.running(code, now.step, now.steps, share, seconds)}
    named = [
        (f"{settings['class_name']} · {registry.classifier(settings['model']).title}{extra}", value)
        for settings, values in zip(every, found, strict=True)
        for extra, value in _numbered(settings, values)
    ]
    words = escape(say(code, "ideal.several.verdict"))
    return told | {
        line: status.finished(code, now.step, now.steps, seconds),
        verdict: f"<b>{words}</b>{bars(named)}" if named else "",
        keep: gr.update(value=pictures.png(image, "netglass-ideals"), visible=True),
    }


def _numbered(settings: dict, values: list[float]) -> list[tuple[str, float]]:
    """Each picture's certainty, with its seed where there are several."""
    if len(values) == 1:
        return [("", values[0])]
    return [(f" · {settings['seed'] + n}", value) for n, value in enumerate(values)]


def _sheet(now):
    import torch

    from models.feature_visualization import strip as dream_strip
    from models.feature_visualization.transforms import resize

    pictures = [part.image for part in now.parts]
    side = max(picture.shape[-1] for picture in pictures)
    return dream_strip.sheet(torch.cat([resize(picture, side) for picture in pictures]))
