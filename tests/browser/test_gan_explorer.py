"""The GAN explorer tab in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import PHONE, button, open_tab, save_data, wait_for_picture


def wait_for_other_picture(page, view, before):
    """Waits until the view shows another picture than `before`."""
    page.wait_for_function(
        "([view, before]) => [...document.querySelectorAll(`img[data-view='${view}.png']`)]"
        ".some(img => img.offsetParent && img.src.startsWith('blob:') && img.src !== before)",
        arg=[view, before],
    )


def test_the_picture_follows_a_dragged_slider_and_reset_undoes_it(open_page):
    """The server's pictures; those of the visitor's own browser are in test_client_engine.py."""
    page = open_page(query="?tab=gan", prepare=save_data)
    first, strip = wait_for_picture(page, "cat"), wait_for_picture(page, "strip")
    page.evaluate(
        "window.fetched = []; const f = window.fetch;"
        "window.fetch = (...a) => {window.fetched.push(String(a[0])); return f(...a)}"
    )
    slider = page.get_by_label("range slider for " + say("en", "name.d1")).first
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    # On the strip, for it is the slider.
    assert page.locator(".gan-slider img").first.bounding_box() == box
    for share in (0.55, 0.6, 0.65, 0.7, 0.75, 0.8):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        page.wait_for_timeout(40)
    wait_for_other_picture(page, "cat", first)
    page.mouse.up()
    wait_for_other_picture(page, "strip", strip)
    asked = page.evaluate("window.fetched")
    assert sum("cat.png" in address for address in asked) >= 2
    assert not any("gradio_api" in address for address in asked)
    button(page, "reset").click()
    page.wait_for_function("window.fetched.filter(a => a.includes('cat.png')).pop().match(/d1=0&/)")


@pytest.mark.slow
def test_a_finger_moves_a_slider_along_its_strip_and_a_scroll_does_not(open_page):
    page = open_page(viewport=PHONE, query="?tab=gan")
    wait_for_picture(page, "cat")
    slider = page.locator(".gan-slider input[type=range]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    left, top = box["x"], box["y"] + box["height"] / 2

    def touch(*places):
        for number, (x, y) in enumerate(places):
            kind = ("pointerdown", "pointermove")[number > 0]
            facts = {"pointerType": "touch", "clientX": x, "clientY": y, "bubbles": True}
            slider.dispatch_event(kind, facts)

    touch((left + 5, top), (left + 8, top + 40))
    slider.dispatch_event("pointercancel", {"pointerType": "touch", "bubbles": True})
    expect(slider).to_have_value("0")
    # The middle of the sixth of the seven pictures.
    touch((left + 5, top), (left + box["width"] * 5.5 / 7, top + 4))
    expect(slider).to_have_value("2")
    page.wait_for_function("document.querySelector('.gan-slider input[type=number]').value === '2'")


def test_a_click_on_the_grid_chooses_a_seed(open_page):
    page = open_page(query="?tab=gan")
    wait_for_picture(page, "sheet")
    page.locator(".gan-sheet button").nth(6).click()
    page.wait_for_function("document.querySelector('#gan-seed input').value === '6'")
    page.locator(".gan-sheet button.a").wait_for()
    page.locator("#gan-hand").get_by_text(say("en", "gan.hand.b"), exact=True).click()
    page.locator(".gan-sheet button").nth(9).click()
    page.wait_for_function("document.querySelector('#gan-seed_b input').value === '9'")
    before = wait_for_picture(page, "sheet")
    button(page, "gan.next").click()
    wait_for_other_picture(page, "sheet", before)
    expect(page.locator("#gan-sheet input")).to_have_value("16")


@pytest.mark.slow
def test_every_view_of_the_explorer(open_page):
    page = open_page(query="?tab=gan")
    wait_for_picture(page, "cat")
    page.locator(".gan-score b").first.wait_for()
    open_tab(page, "gan.walk")
    button(page, "gan.walk.go").click()
    page.locator("#gan-film img").wait_for()
    for key, view in (("gan.mix", "mix"), ("gan.mix", "parts"), ("gan.growth", "growth"),
                      ("gan.noise", "noise"), ("gan.vae", "rebuilt")):  # fmt: skip
        open_tab(page, key)
        wait_for_picture(page, view)
    open_tab(page, "gan.judge")
    for name in ("cat", "photo", "noise"):
        page.locator(f"#gan-judge-{name} img").wait_for()
    open_tab(page, "gan.inside")
    page.locator('.gan-inside button[data-step="d.1.conv"]').locator("visible=true").click()
    wait_for_picture(page, "step")
    expect(page.locator(".gan-step")).to_contain_text("32 × 32")


@pytest.mark.slow
def test_every_generator_can_be_chosen(open_page):
    """It is not asked for what it does not have."""
    page, refused = open_page(query="?tab=gan"), []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status > 399 else 0)
    open_tab(page, "gan.inside")
    page.locator('.gan-inside button[data-step="d.1.conv"]').locator("visible=true").click()
    wait_for_picture(page, "step")
    for name in ("stylegan_kaokore64", "dcgan_cats64", "vae_cats64"):
        before = wait_for_picture(page, "cat")
        page.locator("#gan-model input").click()
        page.get_by_role("option", name=say("en", f"gan.model.{name}"), exact=True).click()
        wait_for_other_picture(page, "cat", before)
        page.locator(f'.gan-direction[data-for="{name}"]').first.wait_for()
        expect(page.locator('[data-for="stylegan_cats64"]').first).to_be_hidden()
        wait_for_picture(page, "step")
        for key in ("gan.mix", "gan.growth", "gan.noise", "gan.units", "gan.vae", "gan.inside"):
            open_tab(page, key)
            page.wait_for_timeout(400)
    page.get_by_text(say("en", "gan.score.none")).wait_for()
    expect(page.locator("#gan-card .gan-score")).to_be_hidden()
    assert refused == []


def test_a_bad_seed_gets_a_clear_message_and_the_next_one_works(open_page):
    page = open_page(query="?tab=gan&lang=hi")
    before = wait_for_picture(page, "cat")
    page.locator("#gan-card .card-given summary").click()
    number = page.locator("#gan-seed input")
    number.fill("-5")
    number.press("Tab")
    page.locator(".gan-trouble", has_text=re.compile("-5")).wait_for()
    number.fill("7")
    number.press("Tab")
    wait_for_other_picture(page, "cat", before)
    page.locator(".gan-trouble").wait_for(state="hidden")
