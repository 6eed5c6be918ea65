"""The page in a real browser: upload, run, watch, stop, download, in four languages."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from demos.runtime import i18n
from demos.runtime.i18n import say
from tests.browser.helpers import LAPTOP, PHONE, button, choose, drawn, later, set_number, tab

GAN_VIEWS = ("gan.walk", "gan.growth", "gan.noise", "gan.judge", "gan.inside", "gan.vae", "gan.mix")


@pytest.mark.parametrize(
    ("locale", "code"),
    [("hi-IN", "hi"), *later(("en-US", "en"), ("mr-IN", "mr"), ("ne-NP", "ne"))],
)
def test_the_browsers_language_is_spoken(open_page, locale, code):
    page = open_page(locale)
    for key in ("gan.tab", "style.tab", "pets.tab", "train.tab", "attack.tab", "ideal.tab"):
        page.get_by_role("tab", name=say(code, key)).wait_for()
    button(page, "gan.chance", code).wait_for()
    page.wait_for_function("code => document.documentElement.lang == code", arg=code)


def test_the_language_can_be_switched_and_is_remembered(open_page):
    page = open_page()
    drawn(page, "cat")  # the page has asked for the browser's language by then
    page.get_by_label(i18n.LANGUAGES["ne"]).check()
    button(page, "gan.chance", "ne").wait_for()
    page.reload()
    button(page, "gan.chance", "ne").wait_for()
    tab(page, "ideal.tab", "ne")
    button(page, "run.dream", "ne").wait_for()


@pytest.mark.parametrize("viewport", [PHONE, *later(LAPTOP)], ids=["phone", "laptop"])
def test_nothing_is_cut_off(open_page, viewport):
    page = open_page(viewport=viewport)
    tabs = ("style.tab", "pets.tab", "train.tab", "attack.tab", "ideal.tab", "gan.tab")
    for key in (*tabs, *GAN_VIEWS):
        tab(page, key)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def needs_no_scrolling(page):
    for key in ("run.paint", "stop", "reset"):
        box = button(page, key).bounding_box()
        assert box["y"] + box["height"] <= LAPTOP["height"]
    knob = page.get_by_label(f"number input for {say('en', 'name.tv_weight')}").bounding_box()
    assert knob["y"] + knob["height"] <= LAPTOP["height"]


def test_upload_paint_watch_stop_download(open_page, tmp_path, photo):
    page = open_page()
    tab(page, "style.tab")
    needs_no_scrolling(page)
    page.locator("#style-content input[type=file]").first.set_input_files(photo("kitten"))
    page.wait_for_function("document.querySelector('#style-content img')?.src.includes('kitten')")
    page.get_by_role("button", name=say("en", "style.more")).click()
    set_number(page, "name.steps", 600)
    button(page, "run.paint").click()
    page.locator("#style-status", has_text=re.compile(r"Step [1-9]\d* of 600")).wait_for()
    page.locator("#style-plot polyline").first.wait_for()
    page.locator("#style-status progress").wait_for()
    button(page, "stop").click()
    page.locator("#style-status", has_text=re.compile(r"Stopped after \d+ of 600")).wait_for()
    with page.expect_download() as download:
        page.locator("#style-download").click()
    path = tmp_path / "result.png"
    download.value.save_as(path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert max(image.size) <= 384
    tab(page, "pets.tab")
    tab(page, "style.tab")
    page.wait_for_timeout(1500)
    assert page.locator("#style-download").is_visible()  # a visit elsewhere costs no painting
    assert page.locator("#style-status", has_text="Stopped after").is_visible()
    button(page, "reset").click()
    page.locator("#style-download").wait_for(state="hidden")
    page.locator("#style-live", has_text=say("en", "style.preview")).wait_for()


@pytest.mark.parametrize("code", ["mr", *later("en", "ne", "hi")])
def test_a_pair_is_previewed_weighed_and_blended(open_page, code):
    page = open_page(query=f"?lang={code}")
    tab(page, "style.tab", code)
    live = page.locator("#style-live img")
    live.wait_for()
    page.locator("#style-live", has_text=say(code, "style.preview")).wait_for()
    ledger = page.locator("#style-ledger .bar")
    ledger.nth(2).wait_for()
    assert say(code, "style.term.content") in ledger.first.inner_text()
    assert re.search(r"\d", page.locator("#style-status").inner_text())
    before = live.get_attribute("src")
    page.locator("#style-style").locator("xpath=..").locator(".examples button").nth(3).click()
    page.wait_for_function(
        "before => document.querySelector('#style-live img')?.src !== before", arg=before
    )
    page.get_by_role("button", name=say(code, "style.second")).click()
    page.locator("#style-second-picture").locator("xpath=..").locator(
        ".examples button"
    ).first.click()
    share = page.get_by_label(f"number input for {say(code, 'name.blend')}")
    page.wait_for_function(
        "box => box.value === '0.5'", arg=share.locator("visible=true").element_handle()
    )


@pytest.mark.slow
def test_one_pair_three_ways(open_page):
    page = open_page()
    tab(page, "style.tab")
    page.locator("#style-ledger .bar").first.wait_for()
    page.get_by_role("button", name=say("en", "style.more")).click()
    set_number(page, "name.steps", 12)
    set_number(page, "name.size", 96)
    page.get_by_role("button", name=say("en", "style.ways")).click()
    button(page, "style.ways.run").click()
    page.locator("#style-ways", has_text="coarse to fine: 12 steps").wait_for()
    assert page.locator("#style-ways img").count() >= 3


@pytest.mark.slow
def test_another_network_brings_its_own_layers(open_page):
    page = open_page()
    tab(page, "style.tab")
    page.locator("#style-ledger .bar").first.wait_for()
    page.get_by_role("button", name=say("en", "style.layers")).click()
    sliders = page.locator("#style-layers input[type=range]").locator("visible=true")
    sliders.nth(9).wait_for()
    assert sliders.count() == 10
    page.get_by_role("button", name=say("en", "style.more")).click()
    page.get_by_label(say("en", "network"), exact=True).locator("visible=true").click()
    page.get_by_role("option", name="EfficientNet-Lite2", exact=True).click()
    page.get_by_label("number input for blocks.3.3.bn1").locator("visible=true").wait_for()
    sliders.nth(12).wait_for()
    assert sliders.count() == 13


def test_dog_to_cat_is_one_click_and_the_download_still_fools(open_page, tmp_path, lite0):
    from models import images

    page = open_page()
    tab(page, "attack.tab")
    button(page, "attack.dog_to_cat").click()
    page.locator("#attack-after", has_text="Siamese cat").wait_for()
    assert "German shepherd" in page.locator("#attack-before").inner_text()
    assert say("en", "attack.success") in page.locator("#attack-after").inner_text()
    with page.expect_download() as download:
        page.locator("#attack-download").click()
    path = tmp_path / "attack.png"
    download.value.save_as(path)
    with Image.open(path) as image:
        assert image.size == (224, 224)
        pixels = np.asarray(image)
    seen = images.square(images.open_image(path), 224)
    assert np.array_equal(np.asarray(seen), pixels)
    assert lite0(images.to_tensor(seen)).argmax().item() == 284


@pytest.mark.parametrize(("code", "viewport"), [("hi", PHONE), *later(("en", LAPTOP))])
def test_an_attack_shows_the_knobs_it_reads(open_page, code, viewport):
    page = open_page(viewport=viewport, query=f"?lang={code}")
    tab(page, "attack.tab", code)

    def knob(name):
        return page.get_by_text(say(code, f"name.{name}"), exact=True).locator("visible=true")

    knob("epsilon").first.wait_for()
    assert knob("patch_size").count() == 0
    choose(page, "name.method", say(code, "attack.method.patch"), code)
    knob("patch_size").first.wait_for()
    for name in ("epsilon", "norm"):
        assert knob(name).count() == 0
    choose(page, "name.method", say(code, "attack.method.deepfool"), code)
    knob("norm").first.wait_for()
    for name in ("target", "patch_size", "patch_spread"):
        assert knob(name).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_a_pet_network_is_attacked_towards_a_breed(open_page):
    page = open_page()
    tab(page, "attack.tab")
    page.get_by_role("button", name=say("en", "attack.more")).click()
    choose(page, "network", "EfficientNet-Lite0: pets")
    page.locator("#attack-before", has_text="leonberger").wait_for()
    target = page.get_by_label(say("en", "name.target"), exact=True).locator("visible=true")
    target.click()
    target.fill("siam")
    page.get_by_role("option", name="Siamese", exact=True).click()
    button(page, "run.attack").click()
    page.locator("#attack-after", has_text=say("en", "attack.success")).wait_for()
    assert "Siamese" in page.locator("#attack-after").inner_text()
    # The language changes; the network's own classes stay.
    page.get_by_label("हिन्दी").click()
    page.get_by_role("tab", name=say("hi", "attack.tab")).first.wait_for()
    target = page.get_by_label(say("hi", "name.target"), exact=True).locator("visible=true")
    target.click()
    target.fill("beag")
    page.get_by_role("option", name="beagle", exact=True).wait_for()


def test_ideal_class_runs_and_stops(open_page):
    page = open_page()
    tab(page, "ideal.tab")
    button(page, "ideal.zebra").click()
    page.locator("#ideal-status", has_text=re.compile(r"Step [1-9]\d* of 256")).wait_for()
    button(page, "stop").click()
    button(page, "stop").click()
    page.locator("#ideal-status", has_text="Stopped after").wait_for()
    page.locator("#ideal-verdict", has_text="EfficientNet-Lite2").wait_for()
    page.locator("#ideal-strip img").wait_for()
    assert page.locator("#ideal-keep-strip").is_visible()


@pytest.mark.parametrize("code", ["mr", *later("hi")])
def test_a_bad_upload_is_said_in_the_visitors_language(open_page, tmp_path, code):
    bad = tmp_path / "notes.jpg"
    bad.write_text("not a picture")
    page = open_page(query=f"?lang={code}")
    tab(page, "attack.tab", code)
    page.locator("#attack-before .bar").first.wait_for()
    page.locator("#attack-photo input[type=file]").first.set_input_files(str(bad))
    page.get_by_text(say(code, "error.not_a_picture")).first.wait_for()
    page.locator("#attack-before .bar").first.wait_for(state="detached")  # it was another photo's


def test_an_offline_network_says_what_would_help(open_page):
    page = open_page()
    tab(page, "attack.tab")
    page.get_by_role("button", name=say("en", "attack.more")).click()
    page.get_by_label(say("en", "network"), exact=True).locator("visible=true").click()
    page.get_by_role("option", name=re.compile("VGG-19")).click()
    note = page.locator(".prose.note").locator("visible=true")
    note.wait_for()
    assert re.search("548 MB", note.inner_text())


def test_a_closed_browser_frees_the_worker(open_page, app_url):
    page = open_page()
    tab(page, "style.tab")
    button(page, "run.paint").click()
    page.locator("#style-status", has_text=re.compile(r"Step [1-9]")).wait_for()
    page.close()
    # Were the abandoned run still there, the new one would have to share with it.
    page = open_page()
    tab(page, "ideal.tab")
    button(page, "run.dream").click()
    page.locator("#ideal-status", has_text=re.compile(r"Step [1-9]\d* of \d+ · [^·]*$")).wait_for()
    button(page, "stop").click()
    page.locator("#ideal-status", has_text="Stopped after").wait_for()
    health = page.request.get(app_url + "/health")
    assert json.loads(health.text())["status"] == "ok"


def other_than(page, view, before):
    """Waits until the view shows another picture than `before`."""
    page.wait_for_function(
        "([view, before]) => [...document.querySelectorAll(`img[data-view='${view}.png']`)]"
        ".some(img => img.offsetParent && img.src.startsWith('blob:') && img.src !== before)",
        arg=[view, before],
    )


def test_the_cat_follows_a_dragged_slider_and_reset_brings_it_back(open_page):
    page = open_page()
    first, strip = drawn(page, "cat"), drawn(page, "strip")
    page.evaluate(
        "window.fetched = []; const f = window.fetch;"
        "window.fetch = (...a) => {window.fetched.push(String(a[0])); return f(...a)}"
    )
    slider = page.get_by_label("range slider for " + say("en", "name.d1")).first
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.55, 0.6, 0.65, 0.7, 0.75, 0.8):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        page.wait_for_timeout(40)
    other_than(page, "cat", first)
    page.mouse.up()
    other_than(page, "strip", strip)
    asked = page.evaluate("window.fetched")
    assert sum("cat.png" in address for address in asked) >= 2
    assert not any("gradio_api" in address for address in asked)
    button(page, "gan.reset").click()
    page.wait_for_function("window.fetched.filter(a => a.includes('cat.png')).pop().match(/d1=0&/)")


def test_a_click_on_the_sheet_picks_up_a_cat(open_page):
    page = open_page()
    drawn(page, "sheet")
    page.locator(".gan-sheet button").nth(6).click()
    page.wait_for_function("document.querySelector('#gan-seed input').value === '6'")
    page.locator(".gan-sheet button.a").wait_for()
    page.locator("#gan-hand").get_by_text(say("en", "gan.hand.b")).click()
    page.locator(".gan-sheet button").nth(9).click()
    page.wait_for_function("document.querySelector('#gan-seed_b input').value === '9'")
    before = drawn(page, "sheet")
    button(page, "gan.next").click()
    other_than(page, "sheet", before)
    assert page.locator("#gan-sheet input").input_value() == "16"


def test_every_view_of_the_explorer(open_page):
    page = open_page()
    drawn(page, "cat")
    page.locator(".gan-score b").first.wait_for()
    tab(page, "gan.walk")
    button(page, "gan.walk.go").click()
    page.locator("#gan-film img").wait_for()
    for key, view in (("gan.mix", "mix"), ("gan.mix", "parts"), ("gan.growth", "growth"),
                      ("gan.noise", "noise"), ("gan.vae", "rebuilt")):  # fmt: skip
        tab(page, key)
        drawn(page, view)
    tab(page, "gan.judge")
    for name in ("cat", "photo", "noise"):
        page.locator(f"#gan-judge-{name} img").wait_for()
    tab(page, "gan.inside")
    page.locator('.gan-inside button[data-step="d.1.conv"]').locator("visible=true").click()
    drawn(page, "step")
    assert "32 × 32" in page.locator(".gan-step").inner_text()


@pytest.mark.slow
def test_every_generator_can_be_chosen(open_page):
    page = open_page()
    for name in ("stylegan_kaokore64", "dcgan_cats64", "vae_cats64"):
        before = drawn(page, "cat")
        page.locator("#gan-model input").click()
        page.get_by_role("option", name=say("en", f"gan.model.{name}"), exact=True).click()
        other_than(page, "cat", before)
        page.locator(f'.gan-direction[data-for="{name}"]').first.wait_for()
        assert page.locator('[data-for="stylegan_cats64"]').first.is_hidden()


def test_a_bad_cat_number_is_said_and_the_next_one_works(open_page):
    page = open_page(query="?lang=hi")
    before = drawn(page, "cat")
    number = page.locator("#gan-seed input")
    number.fill("-5")
    number.press("Tab")
    page.locator(".gan-trouble", has_text=re.compile("-5")).wait_for()
    number.fill("7")
    number.press("Tab")
    other_than(page, "cat", before)
    page.locator(".gan-trouble").wait_for(state="hidden")


@pytest.mark.parametrize("code", ["ne", *later("en", "mr", "hi")])
def test_a_pet_is_named_and_explained(open_page, photo, code):
    page = open_page(query=f"?lang={code}")
    tab(page, "pets.tab", code)
    verdict = page.locator("#pets-verdict")
    verdict.locator("h3").wait_for()
    verdict.get_by_text(say(code, "pets.cat")).first.wait_for()
    page.locator("#pets-heat img").wait_for()
    page.locator("#pets-similar .bar").first.wait_for()
    page.locator("#pets-photo input[type=file]").first.set_input_files(photo("coffee"))
    verdict.get_by_text(say(code, "pets.not")).wait_for()


@pytest.mark.slow
def test_another_breed_changes_the_map(open_page):
    page = open_page()
    tab(page, "pets.tab")
    picture = page.locator("#pets-heat img")
    picture.wait_for()
    before = picture.get_attribute("src")
    page.get_by_label(say("en", "pets.against"), exact=True).locator("visible=true").click()
    page.get_by_role("option", name="Pug", exact=True).click()
    page.wait_for_function(
        "before => document.querySelector('#pets-heat img').src !== before", arg=before
    )


def test_feature_maps_of_a_layer(open_page):
    page = open_page()
    tab(page, "pets.tab")
    page.get_by_role("button", name=say("en", "pets.maps")).click()
    page.locator("#pets-mosaic img").wait_for()
    page.locator("#pets-shape", has_text="24 channels of 56").wait_for()


def test_a_head_is_trained_live_and_its_mistakes_can_be_read(open_page):
    page = open_page()
    tab(page, "train.tab")
    button(page, "run.train").click()
    page.locator("#train-status", has_text="after 20 epochs").wait_for()
    page.locator("#train-plot polyline").first.wait_for()
    cell = page.locator("#train-matrix rect.cell").first
    cell.click()
    page.locator(".confusion-says", has_text="Abyssinian").wait_for()
    button(page, "train.control").click()
    page.locator("#train-plot", has_text=say("en", "train.kind.untrained")).wait_for()
    page.locator("#train-status", has_text="after 20 epochs").wait_for()
    button(page, "reset").click()
    page.wait_for_function("!document.querySelector('#train-plot svg')")
    # Another one, stopped on its way.
    set_number(page, "name.epochs", 100)
    button(page, "run.train").click()
    page.locator("#train-status", has_text=re.compile(r"Step [1-9]\d* of 100")).wait_for()
    button(page, "stop").click()
    said = page.locator("#train-status", has_text=re.compile(r"after \d+ epochs"))
    said.wait_for()
    assert int(re.search(r"after (\d+) epochs", said.inner_text())[1]) < 100
    page.locator("#train-matrix rect.cell").first.wait_for()


@pytest.mark.slow
def test_the_larger_classifier_can_be_chosen(open_page):
    page = open_page()
    tab(page, "pets.tab")
    page.locator("#pets-verdict h3").wait_for()
    before = page.locator("#pets-verdict").inner_text()
    page.locator("#pets-model input").click()
    page.get_by_role("option", name="EfficientNet-Lite2: pets").click()
    page.wait_for_function(
        "before => document.querySelector('#pets-verdict').innerText !== before", arg=before
    )


def test_own_classes_stay_in_the_page(open_page, photo):
    page = open_page()
    tab(page, "train.tab")
    page.get_by_role("button", name=say("en", "own")).click()
    cards = page.locator("#own .own-class")
    page.get_by_text(say("en", "own.train"), exact=True).last.wait_for()
    page.locator("#own button.go").click()
    page.locator("#own .own-trouble", has_text="Class 1 needs a name").wait_for()
    for place, (name, files) in enumerate(
        (("<b>cats</b>", ("kitten", "chelsea")), ("मांजर नाही", ("owl", "koala")))
    ):
        cards.nth(place).locator("input[type=text]").fill(name)
        cards.nth(place).locator("input[type=file]").set_input_files([photo(f) for f in files])
        cards.nth(place).locator("img").nth(1).wait_for()
    page.get_by_label(i18n.LANGUAGES["hi"]).check()
    page.locator("#own button.go", has_text=say("hi", "own.train")).wait_for()
    assert cards.first.locator("img").count() == 2
    page.locator("#own .own-actions input[type=file]").set_input_files(photo("lemur"))
    page.locator("#own .own-result .bar").nth(1).wait_for()
    assert "<b>cats</b>" in page.locator("#own .own-result .bars").inner_text()
