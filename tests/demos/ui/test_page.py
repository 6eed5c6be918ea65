"""The language of the page: settled by the request, and no event needs to be told of it."""

from pathlib import Path

import gradio as gr
import pytest

from demos.runtime import i18n, middleware
from demos.runtime.i18n import EVERY, say
from demos.ui.page import localize_errors
from models import registry
from models.validation import ValidationError

FRONTEND = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def test_in_every_language_html_has_each_text_once():
    words = say(EVERY, "status.loading", title="<b>")
    assert words.by_language["mr"] == say("mr", "status.loading", title="&lt;b&gt;")
    for language in i18n.LANGUAGES:
        text = words.by_language[language]
        assert words.count(f'<span class="said said-{language}">{text}</span>') == 1
    assert "<b>" not in words


def test_a_text_within_a_text_is_of_the_same_language():
    words = say(EVERY, "pets.verdict", species=say(EVERY, "pets.cat"), sure="99%")
    for language in i18n.LANGUAGES:
        cat = say(language, "pets.cat")
        assert words.by_language[language] == say(language, "pets.verdict", species=cat, sure="99%")


def test_what_is_the_same_in_all_languages_is_there_once():
    assert i18n.every(lambda _: "ε & 1") == "ε &amp; 1"


def test_the_page_hides_every_language_but_its_own():
    rules = i18n.style()
    for language in i18n.LANGUAGES:
        assert f'html[lang="{language}"] .said:not(.said-{language}){{display:none' in rules


@pytest.mark.parametrize(
    ("query", "cookie", "header", "language"),
    [
        ("mr", "ne", "hi", "mr"),
        (None, "ne", "hi", "ne"),
        ("xx", "ne", "hi", "ne"),
        (None, None, "hi", "hi"),
        (None, "xx", "fr", "en"),
    ],
)
def test_the_address_goes_before_an_earlier_visit_before_the_browser(
    query, cookie, header, language
):
    assert i18n.settle(query, cookie, header) == language


def test_a_request_is_given_the_page_in_its_language_and_with_its_tab(blocks):
    def asked(language, tab):
        chosen = i18n.requested.set(language), middleware.query.set({"tab": tab})
        try:
            return {one["id"]: one["props"] for one in blocks.config["components"]}
        finally:
            i18n.requested.reset(chosen[0])
            middleware.query.reset(chosen[1])

    (pets,) = (b for b in blocks.blocks.values() if isinstance(b, gr.Tab) and b.id == "pets")
    tabs, language = pets.parent._id, blocks.page.language._id
    found = asked("mr", "pets")
    assert found[pets._id]["label"] == say("mr", "pets.tab")
    assert (found[tabs]["selected"], found[language]["value"]) == ("pets", "mr")
    found = asked("en", "no such tab")
    assert found[pets._id]["label"] == say("en", "pets.tab")
    assert (found[tabs].get("selected"), found[language]["value"]) == (None, "en")


# Of these events write no more than whether they are visible.
SHOWN_OR_HIDDEN = {"gan-lab-repair"}


def test_the_switch_leaves_alone_what_events_write(blocks):
    components, said = blocks.page.localized()
    prose = {
        component
        for component, update in zip(components, said("en"), strict=True)
        if "value" in update
        and component not in blocks.page._followed
        and component.elem_id not in SHOWN_OR_HIDDEN
    }
    written = [event for event in blocks.fns.values() if not {*components} <= {*event.outputs}]
    assert len(written) == len(blocks.fns) - 1  # all but the switch itself
    assert [event.name for event in written if prose & {*event.outputs}] == []


def test_no_slider_has_values_of_several_orders_of_magnitude(blocks):
    """Its smallest ones could not be told apart; counts are another thing."""
    sliders = [one for one in blocks.blocks.values() if isinstance(one, gr.Slider)]
    sizes = [one for one in sliders if one.minimum > 0 and one.step % 1]
    assert [one.label for one in sizes if one.maximum / one.minimum >= 1000] == []


def test_choices_after_a_switch_are_those_of_the_chosen_network(blocks):
    components, said = blocks.page.localized()
    values = [
        "mobilenet_v3_large" if "network" in str(c.elem_id) else c.value
        for c in blocks.page.followed
    ]
    assert registry.DEFAULT_BACKBONE in values
    others = {registry.DEFAULT_BACKBONE: "resnet50", registry.DEFAULT_PET_CLASSIFIER: "pets_lite2"}
    values = [others.get(v, v) if isinstance(v, str) else v for v in values]
    updates = dict(zip((c._id for c in components), said("hi", *values), strict=True))
    (layer,) = (c for c in components if c.elem_id == "pets-layer")
    names = [name for _, name in updates[layer._id]["choices"]]
    assert names == list(registry.backbone("resnet50").map_layers)


def test_an_event_of_the_page_is_told_every_language_and_its_error_the_visitors():
    heard = []

    def event(language, value):
        heard.append(language)
        raise ValidationError("no_picture")

    for labels, told in (({}, EVERY), (None, "ne")):
        with pytest.raises(gr.Error) as caught:
            localize_errors(event, labels)("ne", 1)
        assert heard.pop() == told
        assert caught.value.message == say("ne", "error.no_picture")
        assert caught.value.title == say("ne", "error.title")


def test_gradio_still_has_the_texts_that_are_said_for_it():
    """Fails when Gradio changes them: read its page again, then correct `gradio*` in the texts."""
    sources = "".join(path.read_text(encoding="utf-8") for path in FRONTEND.glob("*.js"))
    english = i18n.fixed_texts()["en"]
    own = {
        "error.title", "gradio.image.no_webcam_support", "gradio.login.incorrect_credentials",
        "gradio_fixed.no_live_camera", "gradio_fixed.camera_gone",
    }  # fmt: skip
    missing = {
        key
        for key, text in english.items()
        if key not in own and text.removesuffix("{label}") not in sources
    }
    assert missing == set()
    # The function by which the page's language is handed on, see language.js.
    core = [path.read_text(encoding="utf-8") for path in FRONTEND.glob("core-*.js")]
    assert len([script for script in core if " as changeLocale" in script]) == 1
