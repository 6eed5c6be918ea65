"""The code of a result, in a real browser."""

import json

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import PHONE, button, open_tab, set_number, wait_for_picture


def unfold(page, place, language="en"):
    """The panel within an element, unfolded."""
    panel = page.locator(f"{place} details.code").locator("visible=true").first
    panel.locator("summary", has_text=say(language, "code.show")).click()
    return panel


@pytest.mark.slow
def test_the_code_of_a_result_is_shown_copied_and_saved_as_a_notebook(open_page, tmp_path):
    page = open_page(query="?tab=attack", host="netglass.test")  # no clipboard without https
    panel = unfold(page, "#attack-card")
    code = panel.locator("pre")
    expect(code).to_contain_text("models.adversarial(")
    expect(code).to_contain_text("demos/examples/photos/german_shepherd.jpg")
    panel.get_by_role("button", name="gradio_client", exact=True).click()
    expect(code).to_contain_text(f'Client("{page.evaluate("location.origin")}")')
    panel.get_by_role("button", name="curl", exact=True).click()
    expect(code).to_contain_text("$SERVER/call/v2/attack")
    panel.get_by_role("button", name="Python", exact=True).click()
    panel.get_by_role("button", name=say("en", "code.copy"), exact=True).click()
    copied = panel.get_by_role("button", name=say("en", "code.copied"), exact=True)
    expect(copied).to_be_focused()
    with page.expect_download() as download:
        panel.get_by_role("link", name=say("en", "code.notebook")).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "netglass-attack.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert any("models.adversarial(" in "".join(cell["source"]) for cell in cells)


@pytest.mark.slow
def test_the_next_results_code_unfolds_with_its_settings_and_follows_the_language(open_page):
    page = open_page(query="?tab=attack", viewport=PHONE)
    unfold(page, "#attack-card")
    button(page, "attack.dog_to_cat").click()
    page.locator("#attack-card-origin .example").wait_for(state="detached")
    panel = page.locator("#attack-card details.code")
    expect(panel).to_have_attribute("open", "")
    expect(panel.locator("pre")).to_contain_text('target="Siamese cat"')
    page.locator("#language input[value=mr]").locator("..").click()
    expect(panel.locator(".code-copy")).to_have_text(say("mr", "code.copy"))
    expect(panel.locator(".note").first).to_contain_text(say("mr", "code.run"))


@pytest.mark.slow
def test_in_the_explorer_the_code_follows_the_knobs(open_page):
    page = open_page(query="?tab=gan")
    wait_for_picture(page, "cat")
    panel = unfold(page, "#gan-code")
    expect(panel.locator("pre")).to_contain_text("gan.sample([0])")
    page.locator("#gan-code").evaluate("e => e.scrollIntoView()")
    set_number(page, "name.truncation", 0.3)
    expect(panel.locator("pre")).to_contain_text("truncation=0.3")


@pytest.mark.slow
def test_every_tab_that_opens_with_a_result_shows_its_code(open_page):
    page = open_page()
    for key, place, line in (
        ("tour.tab", "#tour-card-origin", "models.explain_breed"),
        ("gan_lab.tab", "#gan-lab-card-origin", 'models.train_gan("ring", steps=0)'),
        ("style.tab", "#style-card-origin", "models.stylize_fast"),
        ("pets.tab", "#pets-card-origin", "models.explain_breed"),
        ("ideal.tab", "#ideal-card-origin", 'models.ideal_image("Siamese cat"'),
    ):
        open_tab(page, key)
        expect(unfold(page, place).locator("pre")).to_contain_text(line)
