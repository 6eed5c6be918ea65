"""Your own cat in a real browser: photo, box, film, slider, attack."""

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import button, open_tab, wait_for_picture

BOX = "() => JSON.parse(netglassOwn.box())"


@pytest.mark.slow
def test_a_photo_is_boxed_inverted_moved_and_sent_to_the_attack(open_page):
    page = open_page(query="?tab=gan")
    open_tab(page, "gan.own")
    frame = page.locator(".own-box .frame")
    expect(frame).to_be_visible()
    x, y, side = page.evaluate(BOX)
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    moved = page.evaluate(BOX)
    assert moved[0] > x
    assert moved[1] < y
    assert moved[2] > side
    middle = frame.bounding_box()
    page.mouse.move(middle["x"] + 10, middle["y"] + 10)
    page.mouse.down()
    page.mouse.move(middle["x"] + 40, middle["y"] + 10)
    page.mouse.up()
    assert page.evaluate(BOX)[0] > moved[0]
    button(page, "gan.own.run").click()
    expect(page.locator("#gan-own-film img")).to_be_visible(timeout=240_000)
    before = wait_for_picture(page, "own")
    wait_for_picture(page, "own_difference")
    page.locator("#gan-own-d2 input[type=range]").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    shown = page.locator('img[data-view="own.png"]')
    expect(shown).not_to_have_attribute("src", before)
    page.locator("#gan-own-card").get_by_role("button", name=say("en", "send.attack")).click()
    expect(page.locator("#attack-photo img").first).to_be_visible()
