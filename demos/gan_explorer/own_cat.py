"""The sub-tab "Your own cat": a photograph's face is found, inverted, and moved by the sliders.

The box around the face is the browser's (own_cat.js); what it holds goes along with Run.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import gradio as gr
from gradio.utils import get_upload_folder
from markupsafe import escape
from PIL import Image

from demos.gan_explorer import own_runs, own_views, recipes
from demos.gan_explorer.own_cats import OwnCat, OwnCats
from demos.gan_explorer.own_runs import Inverted
from demos.gan_explorer.views import picture_by_address
from demos.runtime.events import Progress, Result
from demos.runtime.i18n import EVERY, say
from demos.runtime.places import StoppableRun
from demos.ui import card, example_results, examples, progress, send_to, streams
from demos.ui.components import Photo, Upload
from demos.ui.page import LIGHT, PRIVATE, Page
from demos.ui.plots import curves
from models import images, registry
from models.gan.inversion.settings import LEAST_FACE, MODELS, SPACES, Box, InversionSettings
from models.validation import ValidationError

NAME = own_runs.NAME
STAGES = ("w+", "tuned", "w", "noise")
ROLES = {"w+": "made", "tuned": "for", "w": "neutral", "noise": "variation"}
SHOWN_SIDE = 384  # of the photograph under its box
EXAMPLE, EXAMPLE_BOX = "kitten", Box(192.3, 126.2, 132.7)  # as the finder finds it
# Puts the browser's box into the events' input behind language and photo.
WITH_BOX = "(language, photo, _, ...rest) => [language, photo, netglassOwn.box(), ...rest]"
# A new photo: until its face is found there is no box, and not that of the photo before.
WITHOUT_BOX = "(language, photo) => [language, photo, netglassOwn.forget()]"


def build(page: Page, knobs: dict[str, Any], directions: Callable) -> None:
    """The sub-tab.

    Args:
        knobs: the explorer's own, of which the generator and cat B count here too.
        directions: (page, position) -> what writes the names of a slider's ends.
    """
    with page.section(gr.Tab, "gan.own"):
        OwnCatSection(page, knobs, directions).connect()


class OwnCatSection(card.Section):
    """The section's components, and the events between them."""

    def __init__(self, page: Page, knobs: dict[str, Any], directions: Callable) -> None:
        self.model, self.directions = knobs["model"], directions
        super().__init__(page, "gan-own-card", (4, 6, 4))
        self.followers = [knobs["seed_b"], knobs["truncation"]]

    def _build_given(self) -> None:
        page = self.page
        first = examples.example("photos", EXAMPLE)
        self.photo = page.put(Photo, "gan.own.photo", value=first, height=160)
        examples.examples(page, "photos", self.photo, first=EXAMPLE)
        boxed = _boxed(images.open_image(first), EXAMPLE_BOX, "gan.own.box.found")
        self.box = gr.HTML(boxed, elem_id="gan-own-box", apply_default_css=False)
        self.held = gr.Textbox(visible=False)  # the browser's box, see WITH_BOX
        with gr.Row():
            self.find = page.put(gr.Button, "gan.own.find", size="sm", min_width=100)
            self.straighten = page.put(gr.Button, "gan.own.straighten", size="sm", min_width=100)

    def _build_result(self) -> None:
        page, made = self.page, example_results.load().own
        self.key = gr.Textbox(visible=False)
        page.put(gr.HTML, "gan.own.only", written=self._only, apply_default_css=False)
        picture_by_address(
            page, "gan.own.view", "own", own_views.KNOBS, now=True, css="result own-after",
            needs="own",
        )  # fmt: skip
        self.example = page.picture(
            "gan.own.view", value=made.pictures["picture"], show_label=False,
            elem_id="gan-own-example", elem_classes="result own-before",
        )  # fmt: skip
        page.put(gr.Markdown, "gan.own.begin", elem_classes="own-before")
        self.line = gr.HTML(elem_id="gan-own-status")
        self.facts = gr.HTML(elem_id="gan-own-facts", apply_default_css=False)
        self.space = page.put(
            gr.Radio, "gan.space", value="tuned", elem_id="gan-own-space", elem_classes="own-after",
            choices=lambda language: [(page.text(f"gan.space.{s}", language), s) for s in SPACES],
        )  # fmt: skip
        page.put(gr.HTML, "gan.score", written=self._score, elem_classes="own-after")
        self.origin = card.Origin(
            "gan-own-card", _origin(self.photo.value["path"], MODELS[0], example=True)
        )
        self.strip = page.picture(
            "gan.own.film", height=100, elem_id="gan-own-film", value=made.pictures["film"]
        )
        with gr.Row():
            with gr.Column(min_width=160):
                page.put(gr.Markdown, "gan.own.unsaid", elem_classes="note own-after")
                picture_by_address(
                    page, "gan.own.difference", "own_difference", "own seen space:own_space",
                    now=True, css="own-after", needs="own",
                )  # fmt: skip
            with gr.Column(min_width=240):
                self.plot = gr.HTML(elem_id="gan-own-plot")
        self.verdict = gr.HTML(_verdict(made.quality), elem_id="gan-own-verdict")

    def _only(self, language: str) -> str:
        """Said while a generator is chosen into which no photograph can be put."""
        titles = " / ".join(self.page.text(f"gan.model.{name}", language) for name in MODELS)
        others = " ".join(name for name in registry.GANS if name not in MODELS)
        text = escape(self.page.text("gan.own.only", language).format(titles=titles))
        return f'<p class="note" role="status" data-for="{others}">{text}</p>'

    def _score(self, language: str) -> str:
        text = escape(self.page.text("gan.score", language))
        facts = f'data-view="own_score" data-needs="own" data-knobs="{own_views.KNOBS}"'
        return f'<div class="gan-score" {facts} data-text="{text}"></div>'

    def _build_knobs(self) -> None:
        page = self.page
        self.run, self.stop, self.reset = page.controls("gan.own.run")
        self.sliders = []
        for position, name in enumerate(own_views.SLIDERS):
            with gr.Column(elem_classes="gan-own-slider"):
                page.put(gr.HTML, "gan.sliders", written=self.directions(page, position))
                self.sliders.append(
                    page.setting(
                        own_views.OwnSettings, name, show_label=False, elem_id=f"gan-own-{name}"
                    )
                )
        self.toward = page.setting(own_views.OwnSettings, "toward", elem_id="gan-own-toward")
        with page.put(gr.Accordion, "gan.own.code", open=False):
            page.put(gr.Markdown, "gan.own.code.note", elem_classes="note")
            self.download = page.put(
                gr.DownloadButton, "gan.own.download", visible=False, elem_id="gan-own-download"
            )
            self.upload = page.put(
                Upload, "gan.own.upload", file_types=[".json"], size="sm",
                elem_id="gan-own-upload",
            )  # fmt: skip
        self.send = gr.Column(elem_classes="gan-send")

    def connect(self) -> None:
        """Wires the events."""
        page = self.page
        self._connect_box()
        self.result = [
            self.key, self.line, self.facts, self.verdict, self.origin.line, self.strip,
            self.example, self.plot, self.download,
        ]  # fmt: skip
        given = [self.photo, self.held, self.model]
        about = streams.empty_on_change(page, [self.photo], self._emptied(), NAME)
        streams.start(
            page, self.run, self.invert, given, self.result, NAME, self.line, js=WITH_BOX, **about
        )
        page.connect_stop(self.stop, NAME)
        self.origin.follow(page, [self.photo, self.model])
        told = [self.space, *self.sliders, self.toward]
        tell: dict[str, Any] = {
            "js": "(...values) => netglassOwn.knobs(values)", "api_visibility": "private",
        }  # fmt: skip
        gr.on([knob.change for knob in told], None, told, None, **tell)
        page.browser_load_events.append((told, tell))
        streams.reset(page, self.reset, self.cleared, [*told, *self.result], NAME)
        self.upload.upload(
            streams.once(streams.stream(page, self.bring_back, NAME, self.line, heavy=False)),
            [page.language, self.upload], self.result, trigger_mode="multiple", **PRIVATE, **LIGHT,
        )  # fmt: skip
        with self.send:
            send_to.buttons(page, self._sent, [self.key, *told, *self.followers])

    def _emptied(self) -> dict[Any, Any]:
        """The results, empty: there is nothing to look at."""
        empty = dict.fromkeys(self.result, "")
        return empty | {
            self.facts: _facts(""), self.strip: None, self.example: None,
            self.download: gr.update(visible=False),
        }  # fmt: skip

    def _connect_box(self) -> None:
        """A new photo, and both buttons, write the box anew."""
        page = self.page
        for trigger, function, js in (
            (self.photo.change, self._found, WITHOUT_BOX),
            (self.find.click, self._found, WITH_BOX),
            (self.straighten.click, self._straightened, WITH_BOX),
        ):
            event = streams.stream(page, function, "gan.own.box", heavy=False)
            trigger(
                streams.once(event), [page.language, self.photo, self.held], [self.box],
                js=js, trigger_mode="multiple", **PRIVATE, **LIGHT,
            )  # fmt: skip

    def _found(self, run: StoppableRun, language: str, photo: str | None, _held: str) -> dict:
        """The photograph with the box that the finder finds, or one in its middle."""
        if photo is None:
            return {self.box: ""}
        image = images.open_image(photo)
        try:
            box = own_runs.find(self.page.engine, image)
            key = "gan.own.box.found"
        except ValidationError:
            side = max(LEAST_FACE, min(image.size) / 2)
            box = Box.around(image.width / 2, image.height / 2, side)
            key = "gan.own.box.none"
        return {self.box: _boxed(image, box, key)}

    def _straightened(self, run: StoppableRun, language: str, photo: str | None, held: str) -> dict:
        image = images.open_image(photo)
        box = _held(held)
        if box is None:
            raise ValidationError("no_face")
        straight = own_runs.straighten(self.page.engine, image, Box.checked(box, *image.size))
        return {self.box: _boxed(image, straight, "gan.own.box.straightened")}

    def invert(self, run: StoppableRun, language: str, photo, held: str, model: str):
        """Streams an inversion: the picture through the steps, the film, and what was reached."""
        page, cats = self.page, self.page.engine.shared(OwnCats)
        settings = InversionSettings(model=model)
        box = _held(held)
        code = recipes.OWN_CAT.address({"model": model, "box": box}, image=photo)
        yield {
            self.strip: None, self.example: None, self.plot: "", self.verdict: "",
            self.origin.line: _origin(photo, model, code=code),
            self.download: gr.update(visible=False),
        }  # fmt: skip
        cat = OwnCat(run.session, model, None)
        key = ""

        def show(language: str, event: Progress | Result) -> dict:
            nonlocal key
            inverted: Inverted = event.value
            cat.target, cat.found = inverted.target, dict(inverted.step.found)
            key = key or cats.open(cat)
            tuned = isinstance(event, Result) and "tuned" in cat.found
            update: dict[Any, Any] = {
                self.line: progress.status(language, event, inverted.step),
                self.key: key,
                self.facts: _facts(key, inverted.step.step, tuned),
                self.plot: _curve(inverted),
            }
            if isinstance(event, Result):
                update |= {
                    self.strip: inverted.film.row(),
                    self.verdict: _verdict(inverted.quality),
                    self.download: gr.update(value=_file(model, inverted), visible=True),
                }
            return update

        events = partial(own_runs.invert, page.engine, photo, box, STAGES, settings)
        yield from progress.updates(run, language, self.line, events, show)

    def bring_back(self, run: StoppableRun, language: str, path: str | None) -> dict:
        """A code that was downloaded: its picture, without the photograph."""
        model, inversion = own_runs.from_file(self.page.engine, path)
        cat = OwnCat(run.session, model, None, {"w+": inversion})
        key = self.page.engine.shared(OwnCats).open(cat)
        words = say(EVERY, "gan.own.brought_back")
        return {
            self.key: key, self.facts: _facts(key), self.line: progress.line(words, 1.0),
            self.strip: None, self.plot: "", self.verdict: "", self.origin.line: "",
            self.download: gr.update(visible=False),
        }  # fmt: skip

    def cleared(self, _language: str) -> list:
        """The values of all knobs and results on Reset; the picture's key is forgotten."""
        zeros = [0.0] * len(self.sliders)
        return ["tuned", *zeros, 0.0, *self._emptied().values()]

    def _sent(self, _language: str, key: str | None, space: str, *values) -> str | None:
        """Path of the picture as it is shown, enlarged."""
        if not key:
            return None
        names = (*own_views.SLIDERS, "toward", "seed_b", "truncation")
        settings = dict(zip(names, values, strict=True)) | {"own": key, "space": space}
        picture = own_views.picture(self.page.engine, **settings)
        large = picture.resize((own_runs.SIDE, own_runs.SIDE))
        return examples.png(large, "netglass-own-cat")


def _held(held: str | None) -> list[float] | None:
    """The browser's box; None where it has none."""
    return json.loads(held) if held else None


def _facts(key: str, step: int = 0, tuned: bool = False) -> str:
    """What the script is told: which inverted picture there is, at which step, and the key of a
    tuned generator that changes no more."""
    facts = f'data-own="{key}" data-step="{step}" data-tuned="{key if tuned else ""}"'
    return f'<div class="own-facts" {facts}></div>'


def _boxed(image: Image.Image, box: Box, key: str) -> str:
    """The photograph with its box, which the script lets fingers and keys move.

    Never twice the same: the page would not write it again, and `forget` have the last word.
    """
    stream = io.BytesIO()
    images.fit(image, min(SHOWN_SIDE, max(image.size))).save(stream, "JPEG", quality=85)
    source = f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
    size = f'data-width="{image.width}" data-height="{image.height}" data-least="{LEAST_FACE}"'
    size += f' data-written="{uuid4().hex}"'
    return (
        f'<div class="own-box" {size} data-box=\'{json.dumps(box.values)}\'><img src="{source}" '
        'alt=""><button type="button" class="frame" aria-labelledby="own-box-help">'
        '<span class="corner"></span></button></div>'
        f'<p class="note" role="status">{say(EVERY, key)}</p>'
        f'<p class="note" id="own-box-help">{say(EVERY, "gan.own.box.help")}</p>'
    )


def _curve(inverted: Inverted) -> str:
    """The loss over the steps, a line for each stage."""
    names = {space: say(EVERY, f"gan.space.{space}") for space in inverted.film.losses}
    series = {names[space]: points for space, points in inverted.film.losses.items()}
    roles = [ROLES[space] for space in inverted.film.losses]
    x_title, y_title = say(EVERY, "plot.step"), say(EVERY, "gan.own.loss")
    return curves(series, x_title, inverted.step.steps, roles=roles, y_title=y_title, log=True)


def _origin(photo: str | None, model: str, example: bool = False, code: str = "") -> str:
    link = "tab=gan&part=own"
    return card.origin(say(EVERY, "gan.own.origin"), [photo, model], example, code, link)


def _verdict(quality: Mapping[str, tuple[float, float]]) -> str:
    """How near each space came."""
    rows = "".join(
        f'<tr><th scope="row">{say(EVERY, f"gan.space.{space}")}</th>'
        f"<td>{psnr:.1f} dB</td><td>{distance:.2f}</td></tr>"
        for space, (psnr, distance) in quality.items()
    )
    heads = [say(EVERY, key) for key in ("gan.own.psnr", "gan.own.distance")]
    head = "".join(f"<th>{words}</th>" for words in heads)
    return f'<table class="own-verdict"><tr><td></td>{head}</tr>{rows}</table>'


def _file(model: str, inverted: Inverted) -> str:
    """Path of the code as a file that can be brought back."""
    content = {"model": model, "code": own_runs.code(inverted)}
    folder = Path(get_upload_folder()) / uuid4().hex
    folder.mkdir(parents=True)
    path = folder / f"netglass-code-{model}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)
