"""The whole page in a real browser: languages, and every tab on a phone and a laptop."""

import pytest

from demos.runtime import i18n
from demos.runtime.i18n import say
from tests.browser.helpers import LAPTOP, PHONE, button, open_tab, slow_cases

GAN_VIEWS = ("gan.walk", "gan.growth", "gan.noise", "gan.judge", "gan.inside", "gan.vae", "gan.mix")


@pytest.mark.parametrize(
    ("locale", "language"),
    [("hi-IN", "hi"), *slow_cases(("en-US", "en"), ("mr-IN", "mr"), ("ne-NP", "ne"))],
)
def test_the_page_is_in_the_browsers_language(open_page, locale, language):
    page = open_page(locale)
    for key in ("gan.tab", "style.tab", "pets.tab", "train.tab", "attack.tab", "ideal.tab"):
        page.get_by_role("tab", name=say(language, key)).wait_for()
    button(page, "run.tour", language).wait_for()
    page.wait_for_function("language => document.documentElement.lang == language", arg=language)


def test_the_language_can_be_switched_and_is_remembered(open_page):
    page = open_page()
    button(page, "run.tour").wait_for()
    page.get_by_label(i18n.LANGUAGES["ne"]).check()
    button(page, "run.tour", "ne").wait_for()
    page.reload()
    button(page, "run.tour", "ne").wait_for()
    open_tab(page, "ideal.tab", "ne")
    button(page, "run.visualize", "ne").wait_for()


@pytest.mark.parametrize("viewport", slow_cases(PHONE, LAPTOP), ids=["phone", "laptop"])
def test_nothing_is_cut_off(open_page, viewport):
    page = open_page(viewport=viewport)
    tabs = ("style.tab", "pets.tab", "train.tab", "attack.tab", "ideal.tab", "gan.tab")
    for key in (*tabs, *GAN_VIEWS):
        open_tab(page, key)
        page.wait_for_timeout(300)
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
