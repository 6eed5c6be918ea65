"""The explorer in the visitor's browser where something happens meanwhile: the graphics processor
is lost, the tab in the background, another network or language chosen, a second tab opened."""

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import LANGUAGES, say
from models import registry
from tests.browser.helpers import wait_for_picture
from tests.browser.test_client_engine import HOST, wait_for_line

pytestmark = pytest.mark.slow
ONLY_GL = """import { GlEngine } from "./gl.js";
import { Network } from "./network.js";
import { SimdEngine } from "./simd.js";
export function choose(buffer) {
  self.gl = new GlEngine(new Network(buffer));
  return [{ engine: self.gl, ms: 501 }, %s];
}"""
SIMD_TOO = "{ engine: new SimdEngine(new Network(buffer)), ms: 502 }"
DRAG = """() => {
  const slider = document.querySelector(".gan-slider input[type=range]");
  let count = 0;
  window.move = (value) => {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  window.dragged = setInterval(() => move(3 * Math.sin(count++ / 5)), 30);
}"""
# The picture of an address, by whoever draws now, is what the page shows, within a minute.
SHOWS = """async (address) => {
  const text = async (blob) => new Uint8Array(await blob.arrayBuffer()).join();
  for (const end = performance.now() + 60000; performance.now() < end;) {
    const own = await netglassClientEngine.draw(address);
    const want = await text(own ?? await (await fetch(address)).blob());
    const cats = [...document.querySelectorAll('img[data-view="cat.png"]')];
    const cat = cats.find((img) => img.offsetParent);
    const shown = cat?.src.startsWith("blob:") ? await fetch(cat.src).catch(() => null) : null;
    if (shown && await text(await shown.blob()) === want) return true;
    await new Promise((done) => { setTimeout(done, 200); });
  }
  return false;
}"""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
COUNT = """() => {
  window.asked = [];
  const { draw } = netglassClientEngine;
  netglassClientEngine.draw = (address) => {
    asked.push(address);
    return draw(address);
  };
}"""


def let_go(page, value, model=registry.DEFAULT_GAN):
    """Ends a drag at a value, and waits for its cat."""
    page.evaluate("(value) => { clearInterval(dragged); move(value); }", value)
    assert page.evaluate(SHOWS, f"gan/cat.png?model={model}&d1={value}")


def choose_model(page, name, language="en"):
    page.locator("#gan-model input").click()
    page.get_by_role("option", name=say(language, f"gan.model.{name}"), exact=True).click()


@pytest.mark.parametrize("others", [SIMD_TOO, ""], ids=["SIMD goes on", "the server goes on"])
def test_a_lost_context_while_dragging(open_page, others):
    def prepare(page):
        body = {"body": ONLY_GL % others, "content_type": "text/javascript"}
        page.route("**/choice.js", lambda route: route.fulfill(**body))

    page = open_page(host=HOST, query="?tab=gan", prepare=prepare)
    wait_for_picture(page, "cat")
    expect(page.locator(".gan-engine").first).to_contain_text("501 ms")
    page.evaluate(DRAG)
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    page.workers[0].evaluate("self.gl.close()")
    if others:
        expect(page.locator(".gan-engine").first).to_contain_text("502 ms")
        page.wait_for_function("netglassClientEngine.judges()")
    else:
        wait_for_line(page, "failed")
    let_go(page, 1.5)
    expect(page.locator(".gan-trouble").first).to_have_text("")


def test_nothing_is_drawn_in_the_background_or_out_of_sight(open_page):
    page = open_page(host=HOST, query="?tab=gan")
    wait_for_picture(page, "cat")
    page.wait_for_function("netglassClientEngine.judges()")
    page.wait_for_timeout(1000)  # sheet and strips come to rest
    page.evaluate(COUNT)
    page.evaluate(HIDE, True)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.evaluate(DRAG)
    page.wait_for_timeout(1500)
    page.evaluate("clearInterval(dragged)")
    page.wait_for_timeout(500)
    assert page.evaluate("asked") == []
    assert [url for url in requests if "/gan/" in url] == []
    page.evaluate(HIDE, False)
    let_go(page, 2.0)
    views = {address.split("?")[0] for address in page.evaluate("asked")}
    assert "gan/cat.png" in views
    assert not views & {f"gan/{name}.png" for name in ("walk", "noise", "parts", "growth")}


def test_two_explorers_in_two_tabs(open_page):
    first = open_page(host=HOST, query="?tab=gan")
    wait_for_line(first, "device")
    second = first.context.new_page()
    second.goto(first.url)
    for page in (first, second):
        wait_for_picture(page, "cat")
        wait_for_line(page, "device")
        page.evaluate(DRAG)
    second.wait_for_timeout(1000)
    let_go(second, -1.0)
    let_go(first, 2.0)


def test_another_network_or_language_while_dragging(open_page):
    page = open_page(host=HOST, query="?tab=gan")
    wait_for_picture(page, "cat")
    wait_for_line(page, "device")
    page.evaluate(DRAG)
    for name in ("dcgan_cats64", registry.VAE):
        choose_model(page, name)  # one is not there yet when the next is chosen
    wait_for_line(page, "device")
    let_go(page, 1.0, registry.VAE)
    page.evaluate(DRAG)
    page.get_by_label(LANGUAGES["hi"], exact=True).first.check()
    wait_for_line(page, "device", "hi")
    let_go(page, -2.0, registry.VAE)


def test_a_visitor_downloads_a_network_once(open_page):
    """Whatever comes from the browser's own cache has no size on the way."""
    page = open_page(host=HOST, query="?tab=gan")

    def came(language="en"):
        wait_for_line(page, "device", language)
        page.wait_for_function("netglassClientEngine.judges()")
        return page.evaluate(
            "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.bin'))"
            ".map(({ transferSize }) => transferSize)"
        )

    first = came()
    assert sum(first) > 10e6
    page.reload()
    assert came() == [0] * len(first)
    page.goto(page.url.split("?")[0] + "?tab=gan&lang=ne")
    assert came("ne") == [0] * len(first)
