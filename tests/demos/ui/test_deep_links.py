"""Prepared states: what an address may set, and that what it gets wrong changes nothing."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import gradio as gr
import pytest

from demos import lessons
from demos.runtime.i18n import LANGUAGES, texts
from demos.ui import deep_links
from demos.ui import examples as pictures
from demos.ui.components import Choice, Knob

SKIP = gr.skip()


@pytest.mark.parametrize(
    ("component", "value", "expected"),
    [
        (Knob(0, 10, 1), "2.5", 2.5),
        (Knob(0, 10, 1), "4", 4),
        (gr.Number(0), "-3", -3),
        (gr.Checkbox(), "1", True),
        (Choice([("Pizza", "pizza"), ("2", 2)]), "pizza", "pizza"),
        (Choice([("Pizza", "pizza"), ("2", 2)]), "2", 2),
        (gr.Radio([("Fine", "fine"), ("All", "all")]), "fine", "fine"),
        (Choice([("Pizza", "pizza")], allow_custom_value=True), "a teapot", "a teapot"),
    ],
)
def test_values(component, value, expected):
    assert deep_links.read(value, component) == expected


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (Knob(0, 10, 1), "11"),
        (Knob(0, 10, 1), "-1"),
        (Knob(0, 10, 1), "nan"),
        (gr.Number(0), "inf"),
        (Knob(0, 10, 1), "<script>"),
        (gr.Checkbox(), "yes"),
        (Choice([("Pizza", "pizza")]), "Pizza"),
        (gr.Radio([("Fine", "fine"), ("All", "all")]), "Fine"),
        (Choice([("Pizza", "pizza")], allow_custom_value=True), "x" * 101),
    ],
)
def test_values_that_a_knob_cannot_have(component, value):
    with pytest.raises((ValueError, KeyError)):
        deep_links.read(value, component)


def asked(blocks, **address):
    """What the page's load handlers would set: {label: value}, without what is left alone."""
    values = {}
    for read, components in blocks.page.load_handlers:
        for component, value in zip(components, read(address), strict=True):
            if value != SKIP:
                values[component.label] = value
    return values


def test_a_photo_and_knobs(blocks):
    found = asked(blocks, tab="attack", photo="lemur", epsilon="8", method="pgd", steps="999999")
    assert set(found.values()) == {pictures.example("photos", "lemur"), 8, "pgd"}


@pytest.mark.parametrize("name", ["../../../app", "/etc/passwd", "", "nobody"])
def test_only_examples_can_be_asked_for(blocks, name):
    assert asked(blocks, tab="pets", photo=name) == {}


def test_another_tabs_address_is_not_ours(blocks):
    assert asked(blocks, tab="ideal", photo="lemur", epsilon="8") == {}


def test_an_address_opens_a_part_of_a_tab(blocks):
    page, tabs = blocks.built
    parts = page.parts["gan"]
    gan, own = {tabs._id: {"selected": "gan"}}, {parts._id: {"selected": "own"}}
    assert page.opened(tabs, {"tab": "gan", "part": "own"}) == gan | own
    assert page.opened(tabs, {"tab": "gan", "part": "nobody"}) == gan
    assert page.opened(tabs, {"tab": "nobody", "part": "own"}) == {}
    assert page.opened(tabs, {"part": "own"}) == {}
    for address in links():
        assert len(page.opened(tabs, address)) == 1 + ("part" in address)


def links():
    """{name: value} of every button of the lesson plans."""
    for steps in lessons.STEPS.values():
        yield from (dict(parse_qsl(address)) for _, address in steps if address)


def test_every_button_of_the_lessons_sets_all_that_it_names(blocks):
    found = list(links())
    assert len(found) >= 12
    for address in found:
        told = len(address) - 1 - ("data" in address) - ("part" in address)
        values = asked(blocks, **address)
        if address["tab"] == "gym":
            assert len(values) > told
        else:
            assert len(values) == told, address


def test_every_step_says_what_its_button_opens():
    named = {
        f"lessons.{lesson}.step{number}.open"
        for lesson, steps in lessons.STEPS.items()
        for number, (_, address) in enumerate(steps, 1)
        if address
    }
    for language in LANGUAGES:
        assert named == {key for key in texts(language) if re.match(r"lessons\..*\.open", key)}


def test_the_lessons_last_45_minutes():
    for steps in lessons.STEPS.values():
        assert sum(minutes for minutes, _ in steps) == 45


def test_an_address_has_what_differs_and_is_read_back():
    usual = {"epsilon": 4.0, "target": "", "keep": True, "steps": 20, "model": "lite0"}
    given = usual | {"epsilon": 0.5, "target": "Siamese cat", "keep": False, "steps": 40.0}
    query = deep_links.address("attack", given, usual)
    assert query == "tab=attack&epsilon=0.5&target=Siamese+cat&keep=0&steps=40"
    found = dict(parse_qsl(query))
    assert deep_links.read(found["epsilon"], Knob(0, 10, 1)) == 0.5
    assert deep_links.read(found["keep"], gr.Checkbox()) is False
    assert deep_links.address("attack", usual, usual) == "tab=attack"
    assert deep_links.address("attack", {"target": None}, usual) == "tab=attack"


def test_an_address_names_examples_and_no_photo_of_a_visitor(tmp_path):
    copy, own = tmp_path / "lemur.jpg", tmp_path / "own" / "chelsea.jpg"
    copy.write_bytes(Path(pictures.example("photos", "lemur")).read_bytes())
    own.parent.mkdir()
    own.write_bytes(b"a photo of mine")
    for path, query in ((copy, "tab=pets&photo=lemur"), (own, "tab=pets"), (None, "tab=pets")):
        photos = {"photo": (path and str(path), "photos")}
        assert deep_links.address("pets", {}, {}, photos) == query
