"""The explanations tab in a real browser."""

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from models.explanations.settings import METHODS
from tests.browser.helpers import button, open_tab, set_number, slow_cases


def quicker(page):
    """Fewer passes than the defaults take."""
    page.locator("#see-card").get_by_role("button", name=say("en", "more")).click()
    set_number(page, "name.path_steps", 2)
    set_number(page, "see.samples", 2)
    set_number(page, "name.window", 0.5)


@pytest.mark.parametrize("language", ["en", *slow_cases("mr", "ne", "hi")])
def test_it_opens_on_an_example(open_page, language):
    page = open_page(query=f"?lang={language}")
    open_tab(page, "see.tab", language)
    for method in METHODS:
        expect(page.locator(f"#see-{method} img")).to_be_visible()
    expect(page.locator("#see-top h3")).to_have_count(1)
    expect(page.locator("#see-deletion polyline")).to_have_count(4)
    expect(page.locator("#see-card-origin .example")).to_contain_text(
        say(language, "result.example")
    )


@pytest.mark.slow
def test_another_photo_and_class_are_explained(open_page):
    page = open_page(query="?tab=see&photo=giant_panda")
    expect(page.locator("#see-top h3")).to_contain_text("giant panda")
    expect(page.locator("#see-cam img")).to_have_count(0)
    quicker(page)
    button(page, "run.explain").click()
    expect(page.locator("#see-judged p")).to_be_visible()
    for method in METHODS:
        expect(page.locator(f"#see-{method} img")).to_be_visible()
    expect(page.locator("#see-card-origin")).to_contain_text("giant panda")


@pytest.mark.slow
def test_random_weights_and_feature_maps(open_page):
    page = open_page()
    open_tab(page, "see.tab")
    quicker(page)
    page.get_by_role("button", name=say("en", "see.sanity")).click()
    button(page, "see.sanity.run").click()
    expect(page.locator("#see-correlations .bar")).to_have_count(4)
    expect(page.locator("#see-random img")).to_have_count(4)
    page.get_by_role("button", name=say("en", "maps.title")).locator("visible=true").click()
    expect(page.locator("#see-mosaic img")).to_be_visible()
    expect(page.locator("#see-shape")).to_contain_text("24 channels of 56")
