"""Prepared states: what an address may set, and that what it gets wrong changes nothing."""

import re
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


def links(language):
    """(tab, {name: value}) of every link of the lesson plans."""
    for lesson in lessons.LESSONS:
        for step in lessons.STEPS:
            for query in re.findall(
                r"\]\(\?([^)]*)\)", texts(language)[f"lessons.{lesson}.step{step}"]
            ):
                yield dict(parse_qsl(query))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_lessons_sets_all_that_it_names(blocks, language):
    found = list(links(language))
    assert len(found) >= 12
    assert found == list(links("en"))
    for address in found:
        told = len(address) - 1 - ("data" in address)
        values = asked(blocks, **address)
        if address["tab"] == "gym":
            assert len(values) > told
        else:
            assert len(values) == told, address


def test_the_lessons_last_45_minutes_in_every_language():
    for language in LANGUAGES:
        for lesson in lessons.LESSONS:
            at = 0
            for step in lessons.STEPS:
                text = texts(language)[f"lessons.{lesson}.step{step}"]
                start, end = map(int, re.match(r"\*\*(\d+)–(\d+) ", text).groups())
                assert start == at < end
                at = end
            assert at == 45
