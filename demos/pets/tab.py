"""Pet breeds: which of 37, how sure, why this and not that, and the feature maps of every layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import gradio as gr
from markupsafe import Markup, escape

from demos.pets import endpoints, recipes, runs
from demos.pets.runs import NAME
from demos.runtime import i18n
from demos.runtime.engine import StoppableRun
from demos.runtime.i18n import breed_name, say
from demos.ui import card, deep_links, examples, send_to, streams
from demos.ui.components import Choice, Photo
from demos.ui.feature_maps import DEFAULT_LAYER, FeatureMapSection
from demos.ui.page import LIGHT, PRIVATE, Page
from demos.ui.plots import bars
from models import registry, weights
from models.classifiers.settings import CamSettings
from models.labels import breeds
from models.validation import ValidationError, choice

if TYPE_CHECKING:
    from models.classifiers.pet_classifier import PetPrediction

RECIPES = recipes.RECIPES
CAT = "chelsea"
FIRST = examples.example("photos", CAT)
CLASSIFIER = CamSettings.page_defaults()["model"]
DEFAULTS = {
    "contrast": CamSettings.page_defaults()["contrast"],
    "backbone": registry.DEFAULT_BACKBONE,
    "layer": DEFAULT_LAYER,
}
OPEN = {"feature_maps": gr.update(open=True)}
EXPERIMENTS = (
    {"contrast": 0.0},
    {"layer": "bn1"} | OPEN,
    {"layer": "blocks.6"} | OPEN,
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    PetTab(page).connect(tab)
    endpoints.expose_all(page)


class PetTab(card.Section):
    """The tab's components, and the events between them."""

    def __init__(self, page: Page):
        super().__init__(page, "pets-card", (3, 7, 3))
        with self.columns.given:
            also = {"attack.model": self.classifier}
            send_to.buttons(page, _sent, [self.photo], ("attack", "style"), also)
        self.maps = FeatureMapSection(page, NAME, self.photo)
        self._build_background()
        knobs = [self.contrast, self.maps.backbone, self.maps.layer]
        page.experiments(
            NAME, EXPERIMENTS, DEFAULTS | {"feature_maps": gr.skip()},
            [*knobs, self.maps.accordion], _check,
        )  # fmt: skip
        self.resettable = [self.photo, self.classifier, *knobs]

    def _build_given(self) -> None:
        page = self.page
        with gr.Row(elem_classes="run-bar"):
            self.own = page.put(gr.Button, "pets.own", variant="primary", min_width=130)
            self.reset = page.put(
                gr.Button, "reset", size="sm", min_width=70, scale=0, elem_classes="reset"
            )
        self.photo = page.put(Photo, "pets.photo", value=FIRST, height=270)
        examples.examples(page, "photos", self.photo, CAT)

    def _build_result(self) -> None:
        page = self.page
        with gr.Row(elem_classes="result", elem_id="pets-result", equal_height=False):
            self.explanation = page.picture("pets.cam", min_width=120, elem_id="pets-cam")
            self.verdict = gr.HTML(elem_id="pets-verdict", elem_classes="pet-verdict")
        page.put(gr.Markdown, "pets.why", elem_classes="note")
        self.origin = card.Origin("pets-card")
        with page.put(gr.Accordion, "pets.similar", open=False):
            page.put(gr.Markdown, "pets.similar.note", elem_classes="note")
            self.similar = gr.HTML(elem_id="pets-similar")

    def _build_knobs(self) -> None:
        page = self.page
        self.breed = page.put(Choice, "pets.breed", choices=_breed_choices(page))
        against = _breed_choices(page, "pets.nothing")
        self.against = page.put(Choice, "pets.against", choices=against)
        self.contrast = page.setting(CamSettings, "contrast")
        with page.put(gr.Accordion, "more", open=False):
            self.classifier = page.put(
                Choice, "pets.model", [(spec.title, spec.name) for spec in registry.PET_SPECS],
                value=CLASSIFIER, elem_id="pets-model",
            )  # fmt: skip
        page.send_targets["pets.model"] = self.classifier

    def _build_background(self) -> None:
        """What was measured of the classifier, and how sure it says it is."""
        self.quality = self.page.put(
            gr.Markdown, "pets.quality", written=quality, elem_classes="note", render=False
        )
        formula = self.page.formula(r"p_i=\mathrm{softmax}(z/T)_i", render=False)
        self.page.background += [self.quality, formula]

    def connect(self, tab: gr.Tab) -> None:
        """Wires the events."""
        page, light = self.page, PRIVATE | LIGHT
        choose_file = "() => document.querySelector('#pets-photo input[type=file]')?.click()"
        self.own.click(None, None, None, js=choose_file, api_visibility="private")
        self.origin.follow(page, [self.photo, self.classifier])
        deep_links.listen(page, NAME, {"model": self.classifier}, {"photo": (self.photo, "photos")})
        page.follow(self.quality, self.classifier)
        # Several controls, one event: the browser sends the next when the last is answered.
        newest = light | {"trigger_mode": "always_last"}
        classified = gr.on(
            [self.photo.change, tab.select, self.classifier.change],
            streams.stream(page, self.classify, NAME, emptied=self.emptied, heavy=False),
            [page.language, self.photo, self.classifier],
            [
                self.quality, self.verdict, self.similar, self.origin.line, self.explanation,
                self.breed, self.against,
            ],
            **newest,
        )  # fmt: skip
        pair, place = [self.breed, self.against], f"{NAME}.explanation"
        explain = (
            streams.stream(page, self.explain_breed, place, heavy=False, beside=NAME),
            [page.language, self.photo, *pair, self.contrast, self.classifier],
            [self.explanation, self.origin.line],
        )  # fmt: skip
        classified.success(*explain, **newest)
        gr.on([*(dropdown.input for dropdown in pair), self.contrast.change], *explain, **newest)
        self.maps.connect()
        defaults = [FIRST, CLASSIFIER, *DEFAULTS.values()]
        self.reset.click(lambda: defaults, None, self.resettable, **light)

    def classify(self, run: StoppableRun, language: str, path: str | None, model: str):
        """The verdict on a photo, similar breeds, and the two likeliest, to be explained."""
        update = {self.quality: quality(language, model)}
        if path is None:
            return update | self.emptied(language)
        _, prediction = runs.classify(self.page.engine, path, model)
        similar = self.page.engine.pet_classifier(model).similar(prediction)
        named = [(breed_name(language, breed), value) for breed, value in similar]
        (first, _), (second, _) = prediction.top(2)
        return update | {
            self.verdict: _verdict(language, prediction),
            self.similar: bars(named, percent=False, role="variation"),
            self.breed: first,
            self.against: second,
        }

    def emptied(self, _language: str) -> dict:
        """No verdict: that on the photo before must not stand beside a file that is no picture."""
        return {self.verdict: "", self.similar: "", self.origin.line: "", self.explanation: None}

    # Not called `explain`: Gradio would take that name from the public endpoint.
    def explain_breed(
        self, run: StoppableRun, language: str, path, breed, against, contrast, model: str
    ):
        """The class activation map of the chosen breeds; none without a photo.

        The result is dimmed until it is here: that of the photo before belongs to no new verdict.
        """
        if path is None:
            return {self.explanation: None}
        settings = CamSettings(contrast=contrast, model=model)
        shown = runs.explain(self.page.engine, path, breed, against, settings)
        chosen = vars(settings) | {"breed": breed, "against": against or None}
        usual, photos = {"model": registry.DEFAULT_PET_CLASSIFIER}, {"photo": (path, "photos")}
        made = card.origin(
            _origin(language, path, model),
            [path, model],
            code=recipes.EXPLANATION.address(chosen, image=path),
            link=deep_links.address(NAME, {"model": model}, usual, photos),
        )
        return {self.explanation: shown, self.origin.line: made}


def _sent(_language: str, path: str | None) -> str | None:
    return path


def _origin(language: str, path: str, model: str) -> str:
    """The photo and the classifier."""
    title = registry.pet_classifier(model).title
    return Markup("{}, {}").format(examples.title(language, path), title)


def quality(language: str, model: str = CLASSIFIER) -> str:
    """What was measured of a classifier, in one line."""
    try:
        measured = weights.entry(registry.pet_classifier(model).name)["measured"]
    except ValidationError as error:
        return i18n.error_message(language, error)
    low, high = measured["top1_interval"]
    percentages = {
        "top": measured["top1"], "low": low, "high": high, "species": measured["species"],
        "calibration": measured["ece_15_bins"],
    }  # fmt: skip
    return say(
        language,
        "pets.quality",
        count=measured["photos"],
        passed=f"{measured['passed'] * 100:.0f}",
        others=f"{measured['refused_mean'] * 100:.0f}",
        **{name: f"{value * 100:.1f}" for name, value in percentages.items()},
    )


def _check(values: dict) -> None:
    """Raises for an experiment that can't be run."""
    CamSettings(contrast=values["contrast"])
    choice("layer", values["layer"], registry.backbone(values["backbone"]).map_layers)


def _breed_choices(page: Page, nothing: str | None = None) -> Callable:
    """All breeds by name; `nothing` is the key of a first choice that means none."""

    def choices(language: str) -> list[tuple[str, str]]:
        named = sorted((breed_name(language, breed), breed) for breed in breeds.NAMES)
        return [(page.text(nothing, language), ""), *named] if nothing else named

    page.keys |= {i18n.class_key(breed) for breed in breeds.NAMES}
    return choices


def _verdict(language: str, prediction: PetPrediction) -> str:
    """The breed and species, or that it is no pet, above the five likeliest breeds."""
    top = [(breed_name(language, breed), value) for breed, value in prediction.top(5)]
    if not prediction.is_pet:
        title = escape(say(language, "pets.not"))
        line = escape(say(language, "pets.rejected", score=f"{prediction.score:.1f}"))
        return f'<div class="pet-not"><h3>{title}</h3><p>{line}</p></div>{bars(top, role="real")}'
    species = say(language, "pets.cat" if prediction.cat >= 0.5 else "pets.dog")
    certainty = max(prediction.cat, 1 - prediction.cat)
    words = say(language, "pets.verdict", species=species, sure=f"{certainty:.1%}")
    return f"<h3>{escape(top[0][0])}</h3><p>{escape(words)}</p>{bars(top, role='real')}"
