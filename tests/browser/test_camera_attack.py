"""The attack with a camera: the verdict follows live, and a camera may go away."""

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import LAPTOP, WAIT, button

ADDRESS = "/?tab=attack&target=toaster"


def opened(context, address):
    """The section in a page, unfolded."""
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(address + ADDRESS)
    page.get_by_role("button", name=say("en", "robustness.camera")).click()
    page.locator("#camera-attack").wait_for()
    return page


@pytest.fixture
def context(camera_browser):
    made = camera_browser.new_context(locale="en-US", viewport=LAPTOP)
    yield made
    made.close()


@pytest.mark.slow
def test_the_verdict_follows_the_camera_until_it_goes_away(context, app_url):
    page = opened(context, app_url)
    sent, together = [], []
    page.on("request", lambda asked: sent.append(asked.url) if "verdict" in asked.url else None)
    page.on(
        "requestfinished", lambda asked: together.append(len(sent)) if "verdict" in asked.url else 0
    )
    button(page, "robustness.camera.on").click()
    bars = page.locator("#camera-attack .bar")
    expect(bars).to_have_count(4)  # the three likeliest, and the target
    expect(page.locator("#camera-attack .role-made")).to_contain_text("toaster")
    page.wait_for_function("document.querySelector('#camera-attack video').videoWidth > 0")
    while len(together) < 3:
        page.wait_for_timeout(100)
    assert together == list(range(1, len(together) + 1))  # one answer before the next frame
    assert "target=toaster" in sent[0]
    page.evaluate("""() => {
        const [track] = document.querySelector("#camera-attack video").srcObject.getTracks();
        track.dispatchEvent(new Event("ended"));
    }""")
    trouble = page.locator("#camera-attack .camera-trouble")
    expect(trouble).to_have_text(say("en", "gradio_fixed.camera_gone"))
    expect(page.locator("#camera-attack video")).to_have_count(0)
    # It can be switched on again; and it is off when nobody sees it any more.
    button(page, "robustness.camera.on").click()
    expect(trouble).to_be_empty()
    expect(bars).to_have_count(4)
    page.get_by_role("tab", name=say("en", "train.tab"), exact=True).first.click()
    page.wait_for_timeout(1500)
    count = len(sent)
    page.wait_for_timeout(1000)
    assert len(sent) == count
    page.get_by_role("tab", name=say("en", "attack.tab"), exact=True).first.click()
    expect(page.locator("#camera-attack video")).to_have_count(0)


@pytest.mark.slow
def test_a_verdict_that_comes_after_the_camera_is_off_is_not_shown(context, app_url):
    page = opened(context, app_url)
    held = []
    button(page, "robustness.camera.on").click()
    bars = page.locator("#camera-attack .bar")
    expect(bars).to_have_count(4)
    page.route("**/camera/verdict*", lambda route: held.append(route))
    while not held:
        page.wait_for_timeout(100)
    button(page, "robustness.camera.off").click()
    expect(bars).to_have_count(0)
    with page.expect_response("**/camera/verdict*"):
        held[0].continue_()
    page.wait_for_timeout(500)
    expect(bars).to_have_count(0)
    expect(page.locator("#camera-attack .camera-verdict p")).to_have_count(0)


@pytest.mark.slow
def test_plain_http_says_why_there_is_no_live_camera_and_takes_a_photo(context, app_url, photo):
    page = opened(context, app_url.replace("127.0.0.1", "netglass.test"))
    why = say("en", "gradio_fixed.no_live_camera")
    expect(page.locator("#camera-attack .not-live")).to_have_text(why)
    expect(button(page, "robustness.camera.on")).to_have_count(0)
    page.locator("#camera-attack input[type=file]").set_input_files(photo("giant_panda"))
    expect(page.locator("#camera-attack .bar")).to_have_count(4)
    expect(page.locator("#camera-attack .camera-verdict p")).to_contain_text("giant panda")
    # The photograph is judged again when another target is chosen.
    page.evaluate("netglassCameraAttack.choose('efficientnet_lite0', 'wall clock')")
    expect(page.locator("#camera-attack .role-made")).to_contain_text("wall clock")
