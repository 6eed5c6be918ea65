"""Accessibility: screen readers (axe), the keyboard, and reduced motion."""

import re
from pathlib import Path

import pytest

from demos.layout import TABS
from demos.runtime.i18n import say
from tests.browser.helpers import LAPTOP, PHONE, button, open_tab, slow_cases
from tests.serving import ROOT

axe = pytest.importorskip("axe_playwright_python")
ACCESS = (ROOT / "demos/ui/static/access.js").read_text(encoding="utf-8")
AXE = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("locale", "language", "viewport", "scheme"),
    slow_cases(("en-US", "en", LAPTOP, "light"), ("ne-NP", "ne", PHONE, "dark")),
)
def test_axe_finds_nothing_serious(open_page, locale, language, viewport, scheme):
    """Every tab, with everything unfolded: no violation of a serious or critical kind."""
    page = open_page(locale, viewport, scheme=scheme)
    button(page, "run.tour", language).wait_for()
    page.evaluate(AXE)
    found = []
    for demo in TABS:
        open_tab(page, f"{demo.NAME}.tab", language)
        folded = page.locator("button.label-wrap:not(.open):visible")
        while folded.count():
            folded.first.click()
        page.evaluate("document.querySelectorAll('details.code').forEach(d => { d.open = true; })")
        page.wait_for_timeout(800)  # access.js looks a moment after the last change
        broken = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        found += [
            (demo.NAME, rule["id"], node["html"][:200])
            for rule in broken
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
    assert found == []


def test_what_arrives_is_named_at_once_while_the_page_changes_all_the_time(tab):
    tab.evaluate(ACCESS)
    named, reached = tab.evaluate(
        """async () => {
             const pause = (time) => new Promise((done) => setTimeout(done, time));
             document.body.innerHTML = `<i></i>
               <div class="block"><b data-testid="block-label">A map</b>
                 <div class="image-container"><button></button></div></div>
               <button class="gallery-item"><img></button>
               <div class="formula" style="width: 9px; overflow: auto">abcdefghijkl</div>`;
             document.querySelector("img").src = "my_cat.png";
             await pause();
             const named = [...document.querySelectorAll("button")].map((each) => each.ariaLabel);
             for (let step = 0; step < 50; step++) {
               document.querySelector("i").textContent = step;
               await pause(10);
             }
             return [named, document.querySelector(".formula").tabIndex];
           }"""
    )
    assert named == ["A map", "my cat"]
    assert reached == 0


def test_a_run_by_keyboard_alone(open_page):
    page = open_page()
    button(page, "run.tour").wait_for()

    def walk_to(name):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText?.trim()") == name:
                return
        raise AssertionError(f"{name} can't be reached")

    walk_to(say("en", "ideal.tab"))
    page.keyboard.press("Enter")
    walk_to(say("en", "run.visualize"))
    page.keyboard.press("Enter")
    page.locator("#ideal-status", has_text=re.compile(r"Step [1-9]\d* of")).wait_for()
    # The button that was pressed is Stop now, and has the focus still.
    page.wait_for_function(f"document.activeElement.innerText.trim() === '{say('en', 'stop')}'")
    page.keyboard.press("Enter")
    page.locator("#ideal-status", has_text=re.compile(r"after \d+ of")).wait_for()


def test_reduced_motion_stops_animations(open_page):
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    longest = page.evaluate(
        """Math.max(...[...document.querySelectorAll('*')].map(element => Math.max(
             parseFloat(getComputedStyle(element).transitionDuration),
             parseFloat(getComputedStyle(element).animationDuration))))"""
    )
    assert longest <= 0.001
