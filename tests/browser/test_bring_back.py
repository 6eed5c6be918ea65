"""What was made comes back, in a real browser: a run from its file, its sliders; a film to keep."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import PHONE, button, download, open_tab, wait_for_picture
from tests.browser.test_gan_lab import opened, paused


def unfold(page, key, language="en"):
    page.get_by_role("button", name=say(language, key)).locator("visible=true").click()


def upload(page):
    """The file input beside the button."""
    return page.locator("input[type=file]:has(~ #gan-lab-bring-back)")


def loss(page):
    return page.get_by_label(say("en", "name.loss"), exact=True).locator("visible=true").first


def exported(page, path):
    """Trains a few rounds with the hinge loss, as the address says, and keeps them."""
    expect(loss(page)).to_have_value(say("en", "gan_lab.loss.hinge"))
    button(page, "gan_lab.run").click()
    page.locator("#gan-lab-plot polyline").first.wait_for()
    button(page, "stop").click()
    paused(page, "en")
    unfold(page, "gan_lab.export")
    button(page, "gan_lab.export.files").click()
    download(page, "#gan-lab-download", path)
    return page.locator("#gan-lab-status").inner_text()


@pytest.mark.slow
def test_a_run_comes_back_from_its_file_is_explored_and_goes_on(open_page, tmp_path):
    path = tmp_path / "run.zip"
    query = "&data=digits&architecture=dense&width=8&latent=6&loss=hinge"
    stood = exported(opened(open_page, more=query), path)
    page = opened(open_page)  # another visitor, whose page opens with the ring
    unfold(page, "gan_lab.export")
    upload(page).set_input_files(str(path))
    expect(page.locator("#gan-lab-status")).to_have_text(stood, use_inner_text=True)
    page.locator("#gan-lab-picture img").first.wait_for()
    expect(loss(page)).to_have_value(say("en", "gan_lab.loss.hinge"))
    page.locator(".plane-only").first.wait_for(state="hidden")

    unfold(page, "gan_lab.explore")
    button(page, "gan_lab.explore.find").click()
    strips = page.locator("#gan-lab-explore-strips img")
    strips.wait_for()
    shown = page.locator("#gan-lab-explore-picture img")
    before = shown.get_attribute("src")
    slider = page.locator("#gan-lab-explore input[type=range]").first
    slider.fill("3")
    expect(shown).not_to_have_attribute("src", before)

    rounds = int(re.sub(r"\D", "", re.search(r"[\d,]+", stood)[0]))
    button(page, "gan_lab.run").click()
    page.wait_for_function(
        """rounds => {
          const said = document.querySelector("#gan-lab-status").innerText;
          return Number((said.match(/[\\d,]+/) ?? ["0"])[0].replaceAll(",", "")) > rounds;
        }""",
        arg=rounds,
    )
    button(page, "stop").click()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_file_that_cannot_come_back_is_refused_in_the_visitors_language(
    open_page, tmp_path, language
):
    page = opened(open_page, language)
    unfold(page, "gan_lab.export", language)
    wrong, large = tmp_path / "run.zip", tmp_path / "large.zip"
    wrong.write_bytes(b"\x80\x04\x95 a pickle by another name")
    upload(page).set_input_files(str(wrong))
    toast = page.locator(".toast-message-text:visible")
    expect(toast).to_have_text(say(language, "error.run_file_foreign"), use_inner_text=True)
    with large.open("wb") as content:
        content.truncate((30 << 20) + 1)
    upload(page).set_input_files(str(large))
    told = say(language, "error.file_too_large", limit=30)
    line = page.locator(".gan-lab-too-large:visible")
    expect(line).to_have_text(told, use_inner_text=True)
    expect(page.locator("#gan-lab-bring-back")).to_be_enabled()


@pytest.mark.slow
def test_a_walk_through_picked_cats_is_filmed_and_kept(open_page, tmp_path):
    page = open_page(query="?tab=gan&seed=3", viewport=PHONE)
    wait_for_picture(page, "cat")
    open_tab(page, "gan.walk")
    stops = page.locator("#gan-stops input, #gan-stops textarea").first
    button(page, "gan.stops.add").click()
    expect(stops).to_have_value("3")
    stops.fill("3, 8, 5")
    cats = page.locator(".gan-stops img")
    expect(cats).to_have_count(3)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.gan-stops img')].every((i) => /^blob/.test(i.src))"
    )
    button(page, "gan.walk.go").click()
    page.locator("#gan-film img").wait_for()
    with Image.open(download(page, "#gan-walk-gif", tmp_path / "walk.gif")) as film:
        assert film.format == "GIF"
        assert film.n_frames == 3 * 23
    stops.fill("3, x")
    expect(cats).to_have_count(0)
    button(page, "gan.walk.go").click()
    expect(page.locator(".toast-message-text:visible")).to_contain_text("whole number")
    button(page, "gan.stops.clear").click()
    expect(stops).to_have_value("")
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
