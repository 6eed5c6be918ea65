"""Pet breeds: which of 37, how sure, why this and not that, and what every layer sees."""

from __future__ import annotations

from html import escape

import gradio as gr

from demos.pets import endpoints as pet_endpoints
from demos.runtime.i18n import say
from demos.ui import deep_links, model_picker, send_to
from demos.ui import examples as pictures
from demos.ui.components import Choice, Knob, Photo
from demos.ui.page import HEAVY, LIGHT, PRIVATE, Page, localize_errors
from demos.ui.plots import bars
from models import registry
from models.labels import breeds

NAME = "pets"
CAT = "chelsea"
FIRST = pictures.example("photos", CAT)
DEFAULTS = {"contrast": 1.0, "map_model": registry.DEFAULT_BACKBONE, "layer": "blocks.1"}
OPEN = {"inside": gr.update(open=True)}
EXPERIMENTS = (
    {"contrast": 0.0},
    {"layer": "bn1"} | OPEN,
    {"layer": "blocks.6"} | OPEN,
)


def _key(breed: str) -> str:
    return "breed." + breed.lower().replace(" ", "_")


def named(code: str, breed: str) -> str:
    """A breed's usual name in a language."""
    return say(code, _key(breed))


def build(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab and wires its events."""
    page.intro(NAME)
    quality = page.put(
        gr.Markdown, "pets.quality", written=pet_endpoints.quality, elem_classes="note"
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            photo = page.put(Photo, "pets.photo", value=FIRST, height=290)
            pictures.examples(page, "photos", photo, CAT)
            which = page.put(
                Choice, "pets.model", [(spec.title, spec.name) for spec in registry.PET_SPECS],
                value=registry.DEFAULT_PET_CLASSIFIER, elem_id="pets-model",
            )  # fmt: skip
            deep_links.listen(page, NAME, {"model": which}, {"photo": (photo, "photos")})
            reset = page.put(gr.Button, "reset", size="sm")
            page.send_targets["pets.model"] = which
            also = {"attack.model": which}
            to = ("attack", "style")
            send_to.buttons(page, lambda code, path: path, [photo], to, also)
        with gr.Column(scale=3, min_width=260):
            verdict = gr.HTML(elem_id="pets-verdict", elem_classes="pet-verdict")
            page.formula(r"p_i=\mathrm{softmax}(z/T)_i")
            page.put(gr.Markdown, "pets.similar", elem_classes="note")
            similar = gr.HTML(elem_id="pets-similar")
        with gr.Column(scale=4, min_width=300):
            page.put(gr.Markdown, "pets.why", elem_classes="note")
            heat = page.put(
                gr.Image, "pets.heat", format="png", height=260, buttons=[], interactive=False,
                elem_id="pets-heat",
            )  # fmt: skip
            with gr.Row():
                breed = page.put(Choice, "pets.breed", choices=_breeds(page), min_width=130)
                against = page.put(
                    Choice, "pets.against", choices=_breeds(page, "pets.nothing"), min_width=130
                )
            contrast = page.put(Knob, "name.contrast", 0, 1, 1, step=0.05)
            page.formula(r"M(x,y)=\textstyle\sum_k\left(w^a_k-\gamma\,w^b_k\right)A_k(x,y)")
    with page.put(gr.Accordion, "pets.maps", open=False) as inside:
        page.put(gr.Markdown, "pets.maps.note")
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=260):
                model = model_picker.build(page)
                layer = page.put(
                    Choice,
                    "name.layer",
                    choices=lambda code: _layers(code, registry.DEFAULT_BACKBONE),
                    value=DEFAULTS["layer"],
                    elem_id="pets-layer",
                )
                see = page.put(gr.Button, "pets.see", variant="primary")
                line = gr.HTML()
                shape = gr.Markdown(elem_id="pets-shape")
            with gr.Column(scale=5, min_width=300):
                mosaic = page.put(
                    gr.Image, "pets.maps", format="png", buttons=[], interactive=False,
                    elem_id="pets-mosaic",
                )  # fmt: skip
    unturned = DEFAULTS | {"inside": gr.skip()}
    page.experiments(NAME, EXPERIMENTS, unturned, [contrast, model, layer, inside])

    @localize_errors
    def look(code, path, gamma, name):
        told = {quality: pet_endpoints.quality(code, name)}
        if path is None:
            return told | {verdict: "", similar: "", heat: None}
        picture, seen = pet_endpoints.seen(page.engine, path, name)
        first, second = (breeds.index(name) for name, _ in seen.top(2))
        classifier = page.engine.pet_classifier(name)
        near = [(named(code, kin), value) for kin, value in classifier.similar(seen)]
        return told | {
            verdict: _verdict(code, seen),
            similar: bars(near, percent=False),
            breed: breeds.NAMES[first],
            against: breeds.NAMES[second],
            heat: pet_endpoints.overlaid(classifier, picture, seen, first, second, gamma),
        }

    @localize_errors
    def explain(code, path, first, second, gamma, name):
        return pet_endpoints.explained(page.engine, path, first, second, gamma, name)

    @localize_errors
    def inspect(request: gr.Request, code, path, name, at):
        for moment in pet_endpoints.feature_maps(page, code, path, name, at):
            if isinstance(moment, str):
                yield {line: moment}
                continue
            picture, found = moment
            channels, height, width = found.shape
            words = say(
                code, "pets.shape", channels=channels, height=height, width=width, shown=found.shown
            )
            yield {line: "", mosaic: picture, shape: words}

    outputs = [quality, verdict, similar, breed, against, heat]
    for arrives in (photo.change, tab.select, which.change, page.language.input):
        looked = arrives(look, [page.language, photo, contrast, which], outputs, **PRIVATE, **LIGHT)
        # A file that is no picture must not stand beside the verdict on the one before.
        looked.failure(lambda: ("", "", None), None, [verdict, similar, heat], **PRIVATE, **LIGHT)
    chosen = [page.language, photo, breed, against, contrast, which]
    for knob in (breed, against):
        knob.input(explain, chosen, heat, **PRIVATE, **LIGHT)
    contrast.change(explain, chosen, heat, trigger_mode="always_last", **PRIVATE, **LIGHT)
    model.change(_layer_choices, [page.language, model, layer], layer, **PRIVATE, **LIGHT)
    watched = [page.language, photo, model, layer]
    for event in (see.click, layer.change, inside.expand):
        event(inspect, watched, [line, mosaic, shape], **PRIVATE, **HEAVY)
    reset.click(
        lambda: [FIRST, registry.DEFAULT_PET_CLASSIFIER, *DEFAULTS.values()],
        None,
        [photo, which, contrast, model, layer],
        **PRIVATE,
        **LIGHT,
    )
    pet_endpoints.expose_all(page)


def _breeds(page: Page, nothing: str | None = None):
    def choices(code: str) -> list[tuple[str, str]]:
        known = sorted((named(code, breed), breed) for breed in breeds.NAMES)
        return [(page.text(nothing, code), ""), *known] if nothing else known

    page.keys |= {_key(breed) for breed in breeds.NAMES}
    return choices


def _layers(code: str, model: str) -> list[tuple[str, str]]:
    names = registry.backbone(model).map_layers
    return [
        (say(code, "pets.layer", number=n, total=len(names), name=name), name)
        for n, name in enumerate(names, 1)
    ]


def _layer_choices(code: str, model: str, layer: str):
    choices = _layers(code, model)
    names = [name for _, name in choices]
    return gr.update(choices=choices, value=layer if layer in names else names[1])


def _verdict(code: str, seen) -> str:
    name, _ = seen.top(1)[0]
    top = [(named(code, breed), value) for breed, value in seen.top(5)]
    species = say(code, "pets.cat" if seen.cat >= 0.5 else "pets.dog")
    sure = max(seen.cat, 1 - seen.cat)
    if seen.is_pet:
        head = f"<h3>{escape(named(code, name))}</h3>"
        line = say(code, "pets.verdict", species=species, sure=f"{sure:.1%}")
        return f"{head}<p>{escape(line)}</p>{bars(top)}"
    line = say(code, "pets.rejected", score=f"{seen.score:.1f}")
    return (
        f'<div class="pet-not"><h3>{escape(say(code, "pets.not"))}</h3><p>{escape(line)}</p></div>'
        f"{bars(top)}"
    )
