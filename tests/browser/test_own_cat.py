"""Your own cat in a real browser: photo, box, film, slider, attack."""

import base64

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from demos.runtime.i18n import say
from models import registry
from models.gan.inversion.inverter import Inversion
from models.gan.networks import client_file
from tests.browser.helpers import button, open_tab, wait_for_picture
from tests.browser.test_client_engine import WORKER, bitmap, float32, load  # noqa: F401
from tests.browser.test_gan_explorer import wait_for_other_picture

BOX = "() => JSON.parse(netglassOwn.box())"


@pytest.mark.slow
def test_it_has_an_address_and_opens_with_an_example(open_page):
    page = open_page(query="?tab=gan&part=own")
    card = page.locator("#gan-own-card")
    expect(card).to_be_in_viewport()
    for name in ("example", "film"):
        expect(card.locator(f"#gan-own-{name} img")).to_be_visible()
    expect(card.locator("#gan-own-card-origin")).to_contain_text(say("en", "result.example"))
    expect(card.locator(".own-verdict")).to_be_visible()
    # It is of the kitten, and goes with it.
    card.locator(".examples button").nth(1).click()
    expect(card.locator("#gan-own-example, #gan-own-film, .own-verdict").first).to_be_hidden()
    expect(card.locator(".empty").locator("visible=true")).to_have_count(0)


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
    wait_for_other_picture(page, "own", before)
    page.wait_for_function("netglassClientEngine.drawsOwn()")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    before = wait_for_picture(page, "own")
    page.keyboard.press("ArrowRight")
    wait_for_other_picture(page, "own", before)
    assert not [url for url in asked if "/gan/own.png" in url]
    page.locator("#gan-own-card").get_by_role("button", name=say("en", "send.attack")).click()
    expect(page.locator("#attack-photo img").first).to_be_visible()


def test_an_inverted_picture_is_drawn_as_pytorch_draws_it(tab, app_url, float32):  # noqa: F811
    load(tab, app_url, registry.DEFAULT_GAN)
    gan = float32(registry.DEFAULT_GAN)
    styles, noise = gan.style_codes(gan.latents([3])), gan.generator.noise(1)
    styles = styles + 0.1 * torch.randn(styles.shape)
    content = client_file.pack(gan.generator, gan.directions[:8], (styles[0], noise))
    tab.evaluate(
        """async ([worker, file]) => {
          const { Network } = await import(`/${worker}/network.js`);
          const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
          engine = new engine.constructor(new Network(bytes.buffer));
        }""",
        [WORKER, base64.b64encode(content).decode()],
    )
    told = {"seed_b": 5, "truncation": 0.7, "toward": 0.4, "sliders": [1.5, 0, 0, -1, 0, 0, 0, 0]}
    b = gan.style_codes(gan.latents([5]), 0.7)
    shift = torch.tensor([float(d) for d in told["sliders"]]) @ gan.directions[:8]
    want = Inversion(styles, noise, gan.generator).draw(shift + 0.4 * (b - styles))
    found = bitmap(tab, "own", told)
    assert np.abs(found - want[0].permute(1, 2, 0).mul(255).numpy()).max() <= 1
