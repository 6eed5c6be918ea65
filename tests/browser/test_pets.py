"""The pet classifier tab in a real browser."""

import pytest

from demos.runtime.i18n import say
from tests.browser.helpers import button, open_tab, set_number, slow_cases


@pytest.mark.parametrize("language", ["ne", *slow_cases("en", "mr", "hi")])
def test_a_pet_is_classified_and_explained(open_page, photo, language):
    page = open_page(query=f"?lang={language}")
    open_tab(page, "pets.tab", language)
    verdict = page.locator("#pets-verdict")
    verdict.locator("h3").wait_for()
    verdict.get_by_text(say(language, "pets.cat")).first.wait_for()
    page.locator("#pets-cam img").wait_for()
    page.locator("#pets-card-origin", has_text="chelsea").wait_for()
    page.get_by_role("button", name=say(language, "pets.similar")).click()
    page.locator("#pets-similar .bar").first.wait_for()
    with page.expect_file_chooser() as chooser:
        button(page, "pets.own", language).click()
    chooser.value.set_files(photo("coffee"))
    verdict.get_by_text(say(language, "pets.not")).wait_for()
    page.locator("#pets-card-origin", has_text="coffee").wait_for()


@pytest.mark.slow
def test_another_breed_changes_the_class_activation_map(open_page):
    page = open_page()
    open_tab(page, "pets.tab")
    picture = page.locator("#pets-cam img")
    picture.wait_for()
    before = picture.get_attribute("src")
    page.get_by_label(say("en", "pets.against"), exact=True).locator("visible=true").click()
    page.get_by_role("option", name="Pug", exact=True).click()
    page.wait_for_function(
        "before => document.querySelector('#pets-cam img').src !== before", arg=before
    )


@pytest.mark.slow
def test_a_result_that_comes_before_the_answer_to_its_request_is_shown(open_page):
    """As in a busy browser: Gradio's page has to keep the messages until then."""
    page = open_page()
    open_tab(page, "style.tab")
    page.locator("#style-card").get_by_role("button", name=say("en", "more")).click()
    set_number(page, "name.steps", 600)
    button(page, "run.paint").click()  # what keeps the stream of messages open
    page.locator("#style-plot polyline").first.wait_for()

    def answer_late(route):
        answer = route.fetch()
        page.wait_for_timeout(1500)
        route.fulfill(response=answer)

    page.route("**/queue/join*", answer_late)
    open_tab(page, "pets.tab")
    page.locator("#pets-verdict h3").wait_for()
    page.locator("#pets-cam img").wait_for()


def test_feature_maps_of_a_layer(open_page):
    page = open_page()
    open_tab(page, "pets.tab")
    page.get_by_role("button", name=say("en", "maps.title")).click()
    page.locator("#pets-mosaic img").wait_for()
    page.locator("#pets-shape", has_text="24 channels of 56").wait_for()


@pytest.mark.slow
def test_another_classifier_can_be_chosen(open_page):
    page = open_page()
    open_tab(page, "pets.tab")
    page.locator("#pets-verdict h3").wait_for()
    before = page.locator("#pets-verdict").inner_text()
    page.locator("#pets-card").get_by_role("button", name=say("en", "more")).click()
    page.locator("#pets-model input").click()
    page.get_by_role("option", name="EfficientNet-Lite0: pets", exact=True).click()
    page.wait_for_function(
        "before => document.querySelector('#pets-verdict').innerText !== before", arg=before
    )
