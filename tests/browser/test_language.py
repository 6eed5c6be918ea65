"""Every tab in every language: nothing on the page is English that its language does not say so.

Terms stand in brackets behind their translation, so the words of a language's own texts may be
seen, and beside them what has one name everywhere: networks, classes, methods, and `WORDS`.
"""

import re

import pytest
from playwright.sync_api import expect

from demos import layout
from demos.runtime import i18n
from demos.runtime.i18n import say
from models import registry
from models.attacks.settings import TITLES
from models.linear_probe.settings import CLASSES
from tests.browser.helpers import WAIT, slow_cases
from tests.conftest import EXAMPLES

WORDS = {"Netglass", "English", "PNG", "JPEG", "MiB", "px"}
# What an event writes when the tab is opened: not there yet, nothing could be read.
WRITTEN = {
    "gan": ".gan-score .bar",
    "style": "#style-breakdown .bar",
    "pets": "#pets-verdict .bar",
    "attack": "#attack-before .bar",
}
# All that can be read or heard, and is no formula.
SAID = """() => {
  const found = [];
  const skipped = "script, style, .katex, .katex-display, [aria-hidden=true], option, " +
    "#language label";
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(skipped)) return;
    if (!node.checkVisibility()) return;
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (node.hasAttribute(name)) found.push(node.getAttribute(name));
    for (const child of node.childNodes) walk(child);
  };
  walk(document.body);
  return found;
}"""


def words(*texts):
    return {word for text in texts for word in re.findall(r"[A-Za-z]{3,}", text)}


def names():
    """The words of names that no language translates."""
    specs = [*registry.BACKBONE_SPECS, *registry.PET_SPECS]
    found = words(*(spec.title for spec in specs), *TITLES.values())
    for spec in specs:
        found |= words(*spec.classes, *getattr(spec, "map_layers", ()))
    for classes in CLASSES.values():
        found |= words(*classes)
    pictures = (path.stem.replace("_", " ") for path in EXAMPLES.rglob("*.jpg"))
    return found | words(*pictures)


def english(page, language):
    """The words on the page that neither its language nor anybody's names account for."""
    allowed = words(*i18n.texts(language).values()) | names() | WORDS
    for _ in range(WAIT // 500):  # what Gradio leaves in English is said soon after it has come
        left = words(*page.evaluate(SAID)) - allowed
        if not left:
            break
        page.wait_for_timeout(500)
    return left


def unfold(page):
    page.evaluate("""() => {
      for (const section of document.querySelectorAll("button.label-wrap:not(.open)"))
        if (section.checkVisibility()) section.click();
    }""")


def settled(page, tab):
    if tab in WRITTEN:
        page.locator(WRITTEN[tab]).first.wait_for()
    page.wait_for_timeout(300)  # for what else comes with it


def choose_language(page, language):
    page.locator("#language label", has_text=i18n.LANGUAGES[language]).click()
    page.wait_for_function("code => document.documentElement.lang === code", arg=language)


@pytest.mark.parametrize("language", ["mr", *slow_cases("ne", "hi")])
def test_every_tab_speaks_the_visitors_language_only(open_page, language):
    page = open_page(f"{language}-IN")
    for tab in map(layout.tab_id, layout.TABS):
        page.locator(f"#tabs [role=tab][data-tab-id={tab}]").click()
        page.locator(f"[role=tab][data-tab-id={tab}][aria-selected=true]").wait_for()
        settled(page, tab)
        unfold(page)
        settled(page, tab)
        assert english(page, language) == set(), tab
        for inner in page.locator("[role=tabpanel] [role=tab]:visible").all():
            inner.click()
            settled(page, tab)
            assert english(page, language) == set(), tab


@pytest.mark.parametrize("tab", ["pets", *slow_cases("style", "attack", "gan")])
def test_a_switch_says_anew_what_events_have_written(open_page, tab):
    page = open_page(query=f"?tab={tab}&lang=en")
    settled(page, tab)
    unfold(page)
    choose_language(page, "ne")
    page.get_by_role("tab", name=say("ne", "pets.tab")).first.wait_for()
    settled(page, tab)
    assert english(page, "ne") == set()
    expect(page).to_have_url(re.compile(f"tab={tab}&lang=ne$"))  # a reload must not switch back


@pytest.mark.parametrize("width", [320, *slow_cases(360)])
def test_the_language_buttons_are_not_cut_off(open_page, width):
    page = open_page(viewport={"width": width, "height": 640})
    for label in page.locator("#language label").all():
        box = label.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert label.evaluate("label => label.scrollWidth <= label.clientWidth")
    choose_language(page, "hi")


def test_the_address_follows_the_tab(open_page):
    page = open_page(query="?tab=ideal&steps=16&lang=hi")

    def opened(tab, settings=""):
        page.locator(f"#tabs [role=tab][data-tab-id={tab}][aria-selected=true]").wait_for()
        expect(page).to_have_url(re.compile(rf"\?tab={tab}&{settings}lang=hi$"))

    opened("ideal", "steps=16&")
    page.locator("#tabs [role=tab][data-tab-id=train]").click()
    opened("train")
    page.locator("#tabs [role=tab][data-tab-id=lessons]").click()
    opened("lessons")
    page.go_back()
    opened("train")
    page.go_back()
    opened("ideal", "steps=16&")
    page.go_forward()
    opened("train")
    page.reload()
    opened("train")
