"""Generators in the visitor's own browser: equal to PyTorch's, asking nothing of the server, and
falling back to its pictures."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from demos.gan_explorer import views
from demos.runtime.i18n import LANGUAGES, say
from demos.ui import assets
from models import device, images, registry
from models.gan import pretrained, walk
from models.gan.networks.structure import LAYER_GROUPS
from tests.browser.helpers import button, open_tab, save_data, slow_cases, wait_for_picture
from tests.browser.test_gan_explorer import wait_for_other_picture
from tests.serving import get

HOST = "netglass.test"  # no secure context, as a classroom's address
WORKER = assets.worker_address("gan_explorer").rpartition("/")[0]
ENGINES = {"simd": "SimdEngine", "gl": "GlEngine"}  # by file
LOAD = """async ([worker, parts, file, Engine]) => {
  const { Network } = await import(`/${worker}/network.js`);
  const { levels } = await import(`/${worker}/simd.js`);
  const { [Engine]: Chosen } = await import(`/${worker}/${file}.js`);
  const { draw, encode } = await import(`/${worker}/views.js`);
  window.fileOf = async (parts) => new Blob(await Promise.all(
    parts.map(async ({ name, integrity }) =>
      (await fetch(`/gan/networks/${name}.bin`, { integrity })).arrayBuffer()))).arrayBuffer();
  window.engine?.close?.();
  window.engine = new Chosen(new Network(await fileOf(parts)));
  window.text = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  window.levelsOf = ({ seed, truncation, sliders, noise, channels }) => {
    const { network } = engine;
    const style = network.style(network.z(seed), truncation, sliders);
    const pictures = engine.render(network.plan([style], noise, channels));
    return text(new Uint8Array(levels(pictures.at(-1)).buffer));
  };
  window.viewOf = ([name, settings]) => {
    const steps = draw(engine, name, settings);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value.score ?? text(encode(value));
    }
  };
}"""
SEEDS = (0, 5, 1, 2, 123456, 2**31 - 100, 77, 8, 9, 10, 11, 12, 13, 14, 15, 16)


def settings(number):
    """One of sixteen settings of seed, sliders, truncation and noise."""
    rng = np.random.default_rng(number)
    moved = [round(float(value), 1) for value in rng.uniform(-3, 3, 8)]
    return {
        "seed": SEEDS[number],
        "truncation": (0.7, 1.0, 1.5, 0.0)[number % 4],
        "noise": (0, 3, 100, 0)[number // 4],
        "sliders": moved if number > 3 else [0.0] * 8,
    }


@pytest.fixture
def float32(monkeypatch):
    """Generators by name, computed in float32 whatever the processor has."""
    monkeypatch.setattr(device, "has_bf16_units", lambda: False)
    return lambda name: pretrained.load(registry.gan(name), torch.device("cpu"))


def load(tab, app_url, name, engine="simd"):
    parts = json.loads(get(f"{app_url}/gan/networks/{name}.json"))
    tab.evaluate(LOAD, [WORKER, parts, engine, ENGINES[engine]])


def load_discriminator(tab, app_url: str, name: str) -> None:
    """Gives the engine that `load` made the discriminator of the same GAN."""
    parts = json.loads(get(f"{app_url}/gan/networks/{name}.discriminator.json"))
    tab.evaluate(
        """async ([worker, parts]) => {
          const { Discriminator } = await import(`/${worker}/discriminator.js`);
          engine.discriminator = new Discriminator(await fileOf(parts));
        }""",
        [WORKER, parts],
    )


def expected(gan, values):
    w = gan.style_codes(gan.latents([values["seed"]]), values["truncation"], values["sliders"])
    return gan.synthesize(w, values["noise"])[0].permute(1, 2, 0).mul(255).numpy()


def levels(text):
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(64, 64, 3)


def bitmap(tab, view, told):
    file = base64.b64decode(tab.evaluate("viewOf", [view, told]))
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB")).astype(int)


ALL = [(name, engine, 1) for engine in ENGINES for name in registry.GANS]
FEW = (registry.DEFAULT_GAN, "gl", 8)  # by software here: half a second a picture


@pytest.mark.parametrize(
    ("name", "engine", "step"),
    [FEW, *(case for case in ALL if "simd" in case), *slow_cases(*(c for c in ALL if "gl" in c))],
)
def test_pictures_equal_pytorchs(tab, app_url, float32, name, engine, step):
    load(tab, app_url, name, engine)
    gan = float32(name)
    for number in range(0, len(SEEDS), step):
        values = settings(number)
        found = levels(tab.evaluate("levelsOf", values))
        assert np.abs(found - expected(gan, values)).max() <= 0.05, values


# f32x4.relaxed_madd, as assembler.js writes it.
NOT_RELAXED = """() => {
  const validate = WebAssembly.validate;
  window.refused = 0;
  WebAssembly.validate = (bytes) => {
    const isRelaxed = [...bytes].join().includes("253,133,2,");
    window.refused += isRelaxed;
    return !isRelaxed && validate(bytes);
  };
}"""


def test_without_relaxed_instructions_pictures_equal_pytorchs(tab, app_url, float32):
    tab.goto(tab.url)  # modules as they are
    tab.evaluate(NOT_RELAXED)
    load(tab, app_url, registry.DEFAULT_GAN)
    assert tab.evaluate("refused") == 1
    found = levels(tab.evaluate("levelsOf", settings(4)))
    assert np.abs(found - expected(float32(registry.DEFAULT_GAN), settings(4))).max() <= 0.05


TWO_KINDS = (registry.DEFAULT_GAN, "dcgan_cats64")


@pytest.mark.parametrize(
    ("name", "engine"),
    [*((name, "simd") for name in TWO_KINDS), *slow_cases(*((name, "gl") for name in TWO_KINDS))],
)
def test_views_equal_the_servers(tab, app_url, float32, name, engine):
    load(tab, app_url, name, engine)
    gan = float32(name)
    values = {"seed": 3, "seed_b": 5, "crossover": 4, "direction": 2, "truncation": 0.8}
    sliders = [0, 1.5, 0, 0, -2, 0, 0, 0]
    moved = {f"d{number}": value for number, value in enumerate(sliders, 1)}
    drawn = views.ViewSettings(**values, **moved)
    for view in ("cat", "sheet", "strip", "mix", "parts", "growth", "noise"):
        told = values | {"sliders": sliders, "noise": 0, "count": 16}
        found = bitmap(tab, view, told)
        want = np.asarray(images.to_image(views.VIEWS[view](gan, drawn))).astype(int)
        assert found.shape == want.shape, view
        assert np.abs(found - want).max() <= 1, view


def test_sliders_of_a_group_of_layers_and_units_are_the_servers(tab, app_url, float32):
    load(tab, app_url, registry.DEFAULT_GAN)
    gan = float32(registry.DEFAULT_GAN)
    values = {"seed": 3, "seed_b": 5, "crossover": 4, "direction": 2, "truncation": 0.8, "t": 0.3}
    told = values | {"sliders": [2.5, -2, 0, 0, 0, 0, 0, 0], "noise": 0, "count": 1}
    for view, layers in (
        ("cat", "coarse"), ("cat", "middle"), ("mix", "fine"), ("parts", "middle"),
        ("strip", "coarse"), ("walk", "fine"), ("units", "fine"),
    ):  # fmt: skip
        drawn = views.ViewSettings(**values, d1=2.5, d2=-2, layers=layers, units="6-44-3,6-47-0")
        moved = {"moved": [*LAYER_GROUPS[layers]]}
        channels = {"channels": {6: {44: 3, 47: 0}}} if view == "units" else {}
        found = bitmap(tab, view, told | moved | channels)
        want = np.asarray(images.to_image(views.VIEWS[view](gan, drawn))).astype(int)
        assert np.abs(found - want).max() <= 1, (view, layers)


def test_a_walk_is_the_servers(tab, app_url, float32):
    load(tab, app_url, registry.DEFAULT_GAN)
    gan = float32(registry.DEFAULT_GAN)
    frames = gan.synthesize(gan.style_codes(walk.latents(gan, [3, 5], 5), 0.7))
    for number, frame in enumerate(frames):
        told = {"seed": 3, "seed_b": 5, "t": number / 4, "truncation": 0.7, "sliders": [0] * 8}
        found = bitmap(tab, "walk", told)
        assert np.abs(found - np.asarray(images.to_image(frame))).max() <= 1


def test_random_numbers_are_pytorchs(tab):
    drawn = f"""async ([seed, counts]) => {{
      const draw = (await import("/{WORKER}/random.js")).normalSource(seed);
      return counts.flatMap((count) => [...draw(count)]);
    }}"""
    for counts in ([128], [100], [16, 64, 64, 256], [3, 4, 15]):
        source = torch.Generator().manual_seed(123456)
        want = torch.cat([torch.randn(count, generator=source) for count in counts])
        found = torch.tensor(tab.evaluate(drawn, [123456, counts]))
        torch.testing.assert_close(found, want, atol=2e-6, rtol=0)


def test_the_score_equals_pytorchs(tab, app_url, float32):
    load(tab, app_url, registry.DEFAULT_GAN)
    gan = float32(registry.DEFAULT_GAN)
    load_discriminator(tab, app_url, registry.DEFAULT_GAN)
    for number in range(0, len(SEEDS), 3):
        values = settings(number)
        picture = torch.from_numpy(expected(gan, values) / 255).permute(2, 0, 1)[None]
        found = tab.evaluate("(values) => viewOf(['score', values])", values)
        assert abs(found - float(gan.scores(picture)[0])) < 1e-3, values


@pytest.mark.parametrize("engine", ["simd", *slow_cases("gl")])
def test_a_channel_is_switched_off_or_made_stronger(tab, app_url, float32, engine):
    load(tab, app_url, registry.DEFAULT_GAN, engine)
    gan = float32(registry.DEFAULT_GAN)
    for layer, channel, factor in ((0, 3, 0.0), (4, 7, 3.0), (8, 1, 0.0)):
        factors = torch.ones(gan.generator.convs[layer].bias.numel(), 1, 1)
        factors[channel] = factor
        conv = gan.generator.convs[layer]
        hook = conv.register_forward_hook(lambda _m, _x, y, factors=factors: y * factors)
        values = settings(5)
        want = expected(gan, values)
        hook.remove()
        told = values | {"channels": {layer: {channel: factor}}}
        assert np.abs(levels(tab.evaluate("levelsOf", told)) - want).max() <= 0.05


def wait_for_line(page, key, language="en"):
    """Waits until the line says the text of `key`, its numbers whatever they are."""
    text = re.escape(say(language, f"gan.engine.{key}")).replace(r"\{ms\}", r"\d+")
    page.locator(".gan-engine", has_text=re.compile(text)).first.wait_for()


def test_a_dragged_slider_asks_nothing_of_the_server(open_page):
    asked = []
    page = open_page(host=HOST, query="?tab=gan")
    page.on("request", lambda request: asked.append(request.url))
    shown = wait_for_picture(page, "cat")
    wait_for_line(page, "device")
    page.wait_for_function("netglassClientEngine.judges()")
    asked.clear()
    slider = page.get_by_label("range slider for " + say("en", "name.d1")).first
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for share in (0.55, 0.6, 0.65, 0.7):
        page.mouse.move(box["x"] + box["width"] * share, y)
        wait_for_other_picture(page, "cat", shown)
        shown = wait_for_picture(page, "cat")
    page.mouse.up()
    open_tab(page, "gan.mix")
    wait_for_picture(page, "mix")
    button(page, "reset").click()
    wait_for_other_picture(page, "cat", shown)
    assert [url for url in asked if "/gan/" in url] == []


def test_units_are_switched_and_painted(open_page):
    asked = []
    page = open_page(host=HOST, query="?tab=gan&layers=middle&d1=2")
    wait_for_line(page, "device")
    expect(page.locator("#gan-layers input[value=middle]")).to_be_checked()
    open_tab(page, "gan.units")
    shown = wait_for_picture(page, "units")
    page.on("request", lambda request: asked.append(request.url))
    stronger = page.locator("[data-unit='6-44'][data-factor='3']").locator("visible=true")
    stronger.click()
    expect(stronger).to_have_attribute("aria-pressed", "true")
    wait_for_other_picture(page, "units", shown)
    shown = wait_for_picture(page, "units")
    assert not [url for url in asked if "/gan/units" in url]
    # In places it is the server's picture; the keyboard moves over the cells and paints.
    page.locator("[data-cell='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    with page.expect_response(re.compile("units.png.*units=6-44-3&cells=1&")) as answer:
        page.keyboard.press("Space")
    assert answer.value.ok
    wait_for_other_picture(page, "units", shown)
    expect(page.locator("[data-cell='1']")).to_have_attribute("aria-pressed", "true")
    button(page, "gan.units.everywhere").click()
    button(page, "gan.units.reset").click()
    expect(stronger).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-cell][aria-pressed=true]")).to_have_count(0)


def test_a_walk_is_scrubbed_and_played(open_page):
    page = open_page(host=HOST, query="?tab=gan")
    page.emulate_media(reduced_motion="reduce")
    wait_for_line(page, "device")
    open_tab(page, "gan.walk")
    shown = wait_for_picture(page, "walk")
    play = page.locator(".gan-walk button").locator("visible=true")
    expect(play).to_have_attribute("aria-pressed", "false")
    page.locator(".gan-walk input").fill("0.5")
    wait_for_other_picture(page, "walk", shown)
    shown = wait_for_picture(page, "walk")
    play.click()
    wait_for_other_picture(page, "walk", shown)
    expect(play).to_have_attribute("aria-pressed", "true")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_another_network_or_language_is_followed(open_page):
    page = open_page(host=HOST, query="?tab=gan")
    wait_for_line(page, "device")
    for name in ("dcgan_cats64", registry.VAE, registry.DEFAULT_GAN):
        before = wait_for_picture(page, "cat")
        page.locator("#gan-model input").click()
        page.get_by_role("option", name=say("en", f"gan.model.{name}"), exact=True).click()
        wait_for_other_picture(page, "cat", before)
        wait_for_line(page, "device")
    page.get_by_label(LANGUAGES["hi"], exact=True).first.check()
    wait_for_line(page, "device", "hi")
    before = wait_for_picture(page, "cat")
    choose_seed(page, 7)
    wait_for_other_picture(page, "cat", before)


def choose_seed(page, seed):
    page.locator("#gan-card .card-given summary").click()
    page.locator("#gan-seed input").fill(str(seed))
    page.locator("#gan-seed input").press("Tab")


@pytest.mark.slow
@pytest.mark.parametrize("why", ["wrong hash", "save-data", "broken off", "no SIMD"])
def test_the_servers_pictures_go_on(open_page, why):
    """The page never says less than before, whatever keeps the generator out of the browser."""

    def prepare(page):
        if why == "save-data":
            save_data(page)
        elif why == "no SIMD":
            # The worker can't be reached from here; without its module it is as little use.
            page.route("**/kernel.js", lambda route: route.fulfill(body="export const canRun = 1"))
        elif why == "wrong hash":
            page.route("**/gan/networks/*.bin", lambda route: route.fulfill(body=b"other weights"))
        else:
            arrived = []

            def break_off(route):
                arrived.append(route)
                (route.continue_ if len(arrived) == 1 else route.abort)()

            page.route("**/gan/networks/*.bin", break_off)

    page = open_page(host=HOST, query="?tab=gan", prepare=prepare)
    before = wait_for_picture(page, "cat")
    wait_for_line(page, "server" if why == "save-data" else "failed")
    with page.expect_response(re.compile("cat.png.*seed=7")) as answer:
        choose_seed(page, 7)
    wait_for_other_picture(page, "cat", before)
    assert answer.value.ok
    expect(page.locator(".gan-trouble").first).to_have_text("")
