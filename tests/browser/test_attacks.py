"""The attack tab in a real browser."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from demos.runtime.i18n import class_choice, class_name, say
from demos.ui import example_results
from models import images
from models.attacks.blend import BLENDS, blend_levels
from tests.browser.helpers import LAPTOP, PHONE, button, choose, download, open_tab, slow_cases


def test_dog_to_cat_is_one_click_and_the_download_is_still_adversarial(open_page, tmp_path, lite0):
    page = open_page()
    open_tab(page, "attack.tab")
    button(page, "attack.dog_to_cat").click()
    page.locator("#attack-card-origin .example").wait_for(state="detached")
    page.locator("#attack-after", has_text="Siamese cat").wait_for()
    expect(page.locator("#attack-before")).to_contain_text("German shepherd")
    expect(page.locator("#attack-why")).to_contain_text(say("en", "attack.success"))
    path = tmp_path / "attack.png"
    found = []
    for name in ("attack-download_clean", "attack-download"):
        with Image.open(download(page, f"#{name}", path)) as image:
            assert image.size == (224, 224)
            found.append(np.asarray(image))
    clean, pixels = found
    assert 0 < abs(clean.astype(int) - pixels).max() <= 4
    seen = images.square(images.open_image(path), 224)
    assert np.array_equal(np.asarray(seen), pixels)
    assert lite0(images.to_tensor(seen)).argmax().item() == 284


def open_more(page):
    page.locator("#attack-card .card-knobs .label-wrap").click()


def seen(page, which):
    """The pixels of a canvas."""
    data = page.locator(f".attack-{which}").evaluate("canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(b64decode(data.partition(",")[2]))).convert("RGB"))


@pytest.mark.slow
def test_the_example_is_blended_in_exactly_and_goes_with_the_photo(open_page):
    page = open_page(viewport=PHONE)
    open_tab(page, "attack.tab")
    found = example_results.load().attack
    after, share = page.locator("p.attack-after"), page.locator(".attack-blend input")
    after.get_by_text(found.report.after[0][0]).wait_for()
    share.wait_for()
    pair = [images.to_tensor(Image.open(found.pictures[n])) for n in ("clean", "adversarial")]
    for key, n in (("Home", 0), ("ArrowRight", 1), ("End", BLENDS)):
        share.press(key)
        name, chance = found.blends[n]
        expect(after.locator("b")).to_have_text(name)
        expect(after.locator("span")).to_have_text(f"{chance:.1%}")
        expected = blend_levels(*pair)[n].permute(1, 2, 0).numpy()
        assert np.array_equal(seen(page, "right"), expected)
    page.get_by_label("हिन्दी").click()
    after.get_by_text(say("hi", "attack.view_after")).wait_for()
    expect(after.locator("b")).to_have_text(class_name("hi", name))
    page.locator("#attack-card .examples button").nth(1).click()
    page.locator("#attack-card-origin [data-subject]").wait_for(state="detached")
    after.get_by_text("?", exact=True).wait_for()  # what an attack would make of it
    expect(page.locator("#attack-change canvas")).to_be_hidden()
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
@pytest.mark.parametrize(("language", "viewport"), [("hi", PHONE), ("en", LAPTOP)])
def test_only_the_settings_that_a_method_reads_are_shown(open_page, language, viewport):
    page = open_page(viewport=viewport, query=f"?lang={language}")
    open_tab(page, "attack.tab", language)

    def knob(name):
        return page.get_by_text(say(language, f"name.{name}"), exact=True).locator("visible=true")

    knob("epsilon").first.wait_for()
    expect(knob("patch_size")).to_have_count(0)
    choose(page, "name.method", say(language, "attack.method.patch"), language)
    knob("patch_size").first.wait_for()
    open_more(page)
    knob("patch_spread").first.wait_for()
    for name in ("epsilon", "norm"):
        expect(knob(name)).to_have_count(0)
    choose(page, "name.method", say(language, "attack.method.deepfool"), language)
    knob("norm").first.wait_for()
    for name in ("target", "patch_size", "patch_spread"):
        expect(knob(name)).to_have_count(0)
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_a_pet_classifier_is_attacked_with_a_breed_as_target(open_page):
    page = open_page()
    open_tab(page, "attack.tab")
    open_more(page)
    choose(page, "network", "EfficientNet-Lite0: pets")
    page.locator("#attack-before", has_text="leonberger").wait_for()
    target = page.get_by_label(say("en", "name.target"), exact=True).locator("visible=true")
    target.click()
    target.fill("siam")
    page.get_by_role("option", name="Siamese", exact=True).click()
    button(page, "run.attack").click()
    page.locator("#attack-why", has_text=say("en", "attack.success")).wait_for()
    expect(page.locator("#attack-after")).to_contain_text("Siamese")
    # The language changes; the network's own classes stay.
    page.get_by_label("हिन्दी").click()
    page.get_by_role("tab", name=say("hi", "attack.tab")).first.wait_for()
    target = page.get_by_label(say("hi", "name.target"), exact=True).locator("visible=true")
    target.click()
    target.fill("beag")
    page.get_by_role("option", name=class_choice("hi", "beagle")[0], exact=True).wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ["गिद्ध", "vult"])
def test_a_class_is_found_by_its_name_in_either_language(open_page, wanted):
    page = open_page(query="?lang=hi&tab=attack")
    target = page.get_by_label(say("hi", "name.target"), exact=True).locator("visible=true")
    found = page.get_by_role("option")
    for _ in range(20):  # Gradio looks at keys that are pressed when the text is known to it
        target.click()
        target.fill(wanted)
        page.wait_for_timeout(200)
        target.press("End")
        page.wait_for_timeout(500)
        if found.count() == 1:
            break
    expect(found).to_have_count(1)
    expect(found).to_have_text(re.compile(r"गिद्ध \(vulture\)"))
    found.click()
    expect(target).to_have_value("गिद्ध (vulture)")


@pytest.mark.parametrize("language", ["mr", *slow_cases("hi")])
def test_the_error_for_a_bad_upload_is_in_the_visitors_language(open_page, tmp_path, language):
    bad = tmp_path / "notes.jpg"
    bad.write_text("not a picture")
    page = open_page(query=f"?lang={language}")
    open_tab(page, "attack.tab", language)
    page.locator("#attack-before .bar").first.wait_for()
    page.locator("#attack-photo input[type=file]").first.set_input_files(str(bad))
    page.get_by_text(say(language, "error.not_a_picture")).first.wait_for()
    page.locator("#attack-before .bar").first.wait_for(state="detached")  # it was another photo's
    # All events that a photo sets off say so, in one message.
    toast = page.locator(".toast-body")
    title = toast.locator(".toast-title")
    expect(title).to_have_text(say(language, "error.title"), use_inner_text=True)
    expect(toast.locator(".toast-message-text:visible")).to_have_count(1)


def test_an_offline_network_says_what_would_help(open_page):
    page = open_page()
    open_tab(page, "attack.tab")
    open_more(page)
    page.get_by_label(say("en", "network"), exact=True).locator("visible=true").click()
    page.get_by_role("option", name=re.compile("VGG-19")).click()
    note = page.locator(".prose.note").locator("visible=true")
    note.wait_for()
    expect(note).to_contain_text(re.compile("548 MB"))


@pytest.mark.slow
def test_a_run_with_further_photos_is_found_after_a_reload(open_page, photo):
    page = open_page(query="?tab=attack&photo=german_shepherd")
    section = page.get_by_role("button", name=say("en", "robustness.universal"))
    more = page.locator("#robustness-universal-more")
    section.click()
    more.locator("input[type=file]").set_input_files(photo("owl"))
    expect(more).to_contain_text("owl")
    button(page, "robustness.universal.run").click()
    going = page.get_by_text(re.compile(r"Step \d+ of 40|Done: 40 steps")).first
    going.wait_for()
    page.reload()
    section.click()
    going.wait_for()
    expect(more).to_contain_text("owl")
    page.get_by_text("Done: 40 steps").first.wait_for()
