"""The feature visualization tab in a real browser, and a run whose browser was closed."""

import json
import re

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import button, choose, open_tab


def test_ideal_class_runs_and_stops(open_page):
    page = open_page()
    open_tab(page, "ideal.tab")
    button(page, "class.zebra").click()
    page.locator("#ideal-status", has_text=re.compile(r"Step [1-9]\d* of 256")).wait_for()
    expect(button(page, "class.zebra")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "class.siamese_cat")).to_have_attribute("aria-pressed", "false")
    button(page, "stop").click()
    page.locator("#ideal-status", has_text="Stopped after").wait_for()
    page.locator("#ideal-verdict", has_text="EfficientNet-Lite2").wait_for()
    page.locator("#ideal-strip img").wait_for()
    expect(page.locator("#ideal-download-strip")).to_be_visible()


@pytest.mark.slow
def test_a_photo_is_accentuated_in_the_largest_place(open_page):
    page = open_page(query="?tab=ideal&steps=16")
    page.get_by_text(say("en", "ideal.from_photo"), exact=True).locator("visible=true").click()
    page.locator("#ideal-card .examples button").first.click()
    page.locator("#ideal-photo img").wait_for()
    choose(page, "name.method_ideal", say("en", "ideal.method.accentuate"))
    button(page, "run.visualize").click()
    page.locator("#ideal-status", has_text="16 steps").wait_for()
    expect(page.locator("#ideal-accentuate img")).to_be_visible()
    expect(page.locator("#ideal-maco")).to_be_hidden()
    button(page, "reset").click()
    expect(page.locator("#ideal-maco")).to_be_visible()
    expect(page.locator("#ideal-accentuate")).to_be_hidden()


@pytest.mark.slow
def test_the_chosen_class_is_marked_however_it_was_chosen(open_page):
    page = open_page(query="?tab=ideal&class_name=golden+retriever")
    pressed = page.locator("#ideal-card button[aria-pressed=true]")
    expect(pressed).to_have_text(say("en", "class.golden_retriever"))
    page.locator("#ideal-class input").fill("zebra")
    page.locator("#ideal-class input").press("Enter")
    expect(pressed).to_have_text(say("en", "class.zebra"))
    button(page, "reset").click()
    expect(pressed).to_have_text(say("en", "class.siamese_cat"))
    page.locator("#ideal-class input").fill("hammer")
    page.locator("#ideal-class input").press("Enter")
    expect(pressed).to_have_count(0)


@pytest.mark.slow
def test_closing_the_browser_ends_its_run(open_page, app_url):
    page = open_page()
    open_tab(page, "style.tab")
    button(page, "run.paint").click()
    page.locator("#style-status", has_text=re.compile(r"Step [1-9]")).wait_for()
    page.close()
    # Were the abandoned run still there, the new one would have to share with it.
    page = open_page()
    open_tab(page, "ideal.tab")
    button(page, "run.visualize").click()
    # As it is seen: the other languages' words are in the page, too.
    page.wait_for_function(
        r"/Step [1-9]\d* of \d+ · [^·]*$/.test(document.querySelector('#ideal-status').innerText)"
    )
    button(page, "stop").click()
    page.locator("#ideal-status", has_text="Stopped after").wait_for()
    health = page.request.get(app_url + "/health")
    assert json.loads(health.text())["status"] == "ok"
