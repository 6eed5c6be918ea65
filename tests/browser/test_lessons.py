"""The teacher's page, prepared states and unfolding questions, and two visitors at once."""

import re

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say, texts
from tests.browser.helpers import button, open_tab, slow_cases, wait_for_picture


@pytest.mark.parametrize("language", ["hi", *slow_cases("en", "mr", "ne")])
def test_a_lesson_opens_a_prepared_tab(open_page, language):
    page = open_page(query=f"?lang={language}&tab=lessons")
    link = page.locator("a[href*='tab=attack'][href*='target=pizza']")
    link.wait_for()
    expect(link).to_have_text(say(language, "lessons.transfer.step6.open"))
    with page.context.expect_page() as opened:
        link.click()
    attack = opened.value
    attack.set_default_timeout(60_000)
    button(attack, "run.attack", language).wait_for()  # the link names no language
    number = attack.locator("input[type=number]:visible").first
    number.wait_for()
    attack.get_by_role("tab", selected=True).first.wait_for()
    attack.wait_for_function(
        "[...document.querySelectorAll('input[type=number]')].some(i => i.value === '8')"
    )


@pytest.mark.slow
def test_a_lesson_opens_a_cat_with_a_turned_slider(open_page):
    page = open_page(query="?tab=gan&seed=5&d1=-3")
    wait_for_picture(page, "cat")
    page.wait_for_function(
        "performance.getEntriesByType('resource').some(e => "
        "['cat.png', 'seed=5&', 'd1=-3'].every(part => e.name.includes(part)))"
    )
    expect(page.locator("#gan-seed input")).to_have_value("5")


def test_questions_unfold(open_page):
    page = open_page(query="?tab=ideal")
    button(page, "run.visualize").wait_for()
    page.locator("button.label-wrap:visible", has_text=say("en", "questions")).click()
    answer = page.get_by_text(say("en", "ideal.q1.answer"))
    question = page.locator("summary:visible", has_text=say("en", "ideal.q1"))
    question.wait_for()
    expect(answer).to_be_hidden()
    question.click()
    answer.wait_for()


@pytest.mark.slow
def test_two_visitors_visualize_at_once(open_page):
    """Both pictures move, each visitor stops their own run."""
    pages = [open_page(query="?tab=ideal"), open_page("hi-IN", query="?tab=ideal")]
    languages = ("en", "hi")
    running = re.compile(r"[1-9]\d*")
    for page, language in zip(pages, languages, strict=True):
        button(page, "run.visualize", language).click()
    for page in pages:
        page.locator("#ideal-status progress").wait_for()
        page.locator("#ideal-status", has_text=running).wait_for()
    button(pages[0], "stop", "en").click()
    pages[0].locator("#ideal-status", has_text="Stopped after").wait_for()
    open_tab(pages[1], "gan.tab", "hi")  # the page answers while its run goes on
    button(pages[1], "gan.random", "hi").wait_for()
    open_tab(pages[1], "ideal.tab", "hi")
    button(pages[1], "stop", "hi").click()
    ends = (texts("hi")[key].split(":")[0] for key in ("status.stopped", "status.done"))
    pages[1].locator("#ideal-status", has_text=re.compile("|".join(ends))).wait_for()
