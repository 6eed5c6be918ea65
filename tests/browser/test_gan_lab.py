"""The GAN lab in a real browser: run, stop, step, break, repair, draw, own pictures, export."""

import json
import re
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests.browser.helpers import LAPTOP, PHONE, button, choose, download, slow_cases


def opened(open_page, language="en", viewport=LAPTOP, more=""):
    page = open_page(query=f"?lang={language}&tab=gym{more}", viewport=viewport)
    page.locator("#gan-lab-phase .player").first.wait_for()
    return page


def diagnosed(page, language, name):
    page.locator(
        "#gan-lab-diagnosis b", has_text=say(language, f"gan_lab.diagnosis.{name}")
    ).wait_for()


def paused(page, language):
    # What follows the number: what comes before it also begins the line of a running training.
    words = say(language, "gan_lab.paused", rounds="~").split("~")[1]
    page.locator("#gan-lab-status", has_text=words).wait_for()


def learns(page, language, phase):
    learning = page.locator("#gan-lab-phase .learning", has_text=say(language, f"gan_lab.{phase}"))
    learning.get_by_text(say(language, "gan_lab.phase.learns")).wait_for()
    expect(page.locator("#gan-lab-phase .frozen")).to_have_count(1)


@pytest.mark.parametrize(
    ("language", "viewport"),
    [
        ("ne", PHONE),
        *slow_cases(("en", LAPTOP), ("mr", LAPTOP), ("hi", PHONE)),
    ],
)
def test_run_watch_stop_step_reset(open_page, language, viewport):
    page = opened(open_page, language, viewport)
    button(page, "gan_lab.run", language).click()
    page.locator("#gan-lab-picture img").first.wait_for()
    page.locator("#gan-lab-plot polyline").first.wait_for()
    diagnosed(page, language, "healthy")
    button(page, "stop", language).click()
    paused(page, language)
    for phase in ("discriminator", "generator"):
        button(page, f"gan_lab.step.{phase}", language).click()
        learns(page, language, phase)
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    button(page, "reset", language).click()
    page.locator("#gan-lab-plot polyline").first.wait_for(state="detached")


@pytest.mark.slow
def test_step_and_reset_in_a_running_training(open_page):
    """What the training showed last must not come after, and hide, what a button did."""
    page = opened(open_page)
    for phase in ("discriminator", "generator") * 3:
        button(page, "gan_lab.run").click()
        page.locator("#gan-lab-status", has_text="rounds a second").wait_for()
        button(page, f"gan_lab.step.{phase}").click()
        learns(page, "en", phase)
        page.wait_for_timeout(700)
        learns(page, "en", phase)
    button(page, "gan_lab.run").click()
    page.locator("#gan-lab-plot polyline").first.wait_for()
    button(page, "reset").click()
    page.locator("#gan-lab-plot polyline").first.wait_for(state="detached")
    page.wait_for_timeout(1500)
    expect(page.locator("#gan-lab-plot polyline")).to_have_count(0)
    page.locator("#gan-lab-card-origin .example").wait_for()


def press(page, key, told):
    """Presses a button, and waits until the text of `told` says what to watch."""
    button(page, key).click()
    page.locator("#gan-lab-watch").get_by_text(say("en", told)).wait_for()


@pytest.mark.slow
def test_break_it_and_repair_it(open_page):
    page = opened(open_page)
    press(page, "gan_lab.preset.skipped", "gan_lab.preset.skipped.watch")
    diagnosed(page, "en", "skipped_discriminator")
    press(page, "gan_lab.repair", "gan_lab.preset.skipped.repair")
    diagnosed(page, "en", "healthy")
    button(page, "stop").click()


@pytest.mark.slow
@pytest.mark.parametrize(("language", "viewport"), [("en", LAPTOP), ("hi", PHONE)])
def test_a_digit_is_drawn_on_demand(open_page, language, viewport):
    page = opened(open_page, language, viewport)
    row = page.locator("#gan-lab-draw")
    expect(row).to_have_count(0)
    button(page, "gan_lab.preset.classes", language).click()
    page.locator("#gan-lab-watch p").wait_for()
    expect(row.locator("label")).to_have_count(11)
    shape = "img => img.naturalWidth / img.naturalHeight"
    picture = page.locator("#gan-lab-picture img").first
    wide = f"() => ({shape})(document.querySelector('#gan-lab-picture img')) > 2"
    page.wait_for_function(wide)
    button(page, "stop", language).click()
    paused(page, language)
    row.locator("label", has_text="7").click()
    # Sixteen sevens in a square, though nothing trains.
    page.wait_for_function(f"() => ({shape})(document.querySelector('#gan-lab-picture img')) === 1")
    row.locator("label", has_text=say(language, "gan_lab.draw.all")).click()
    page.wait_for_function(wide)
    expect(picture).to_be_visible()
    choose(page, "name.data", say(language, "gan_lab.data.ring"), language)
    expect(row).to_have_count(0)


@pytest.mark.slow
def test_wrong_labels_and_their_repair(open_page):
    page = opened(open_page)
    press(page, "gan_lab.preset.labels", "gan_lab.preset.labels.watch")
    page.locator("#gan-lab-plot polyline").first.wait_for()
    press(page, "gan_lab.repair", "gan_lab.preset.labels.repair")
    page.locator("#gan-lab-plot polyline").first.wait_for()
    button(page, "stop").click()
    paused(page, "en")


def draw(page):
    """A stroke with the mouse."""
    canvas = page.locator("#gan-lab-inputs canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 200, steps=20)
    page.mouse.up()


def test_a_drawing_is_learnt(open_page):
    page = opened(open_page)
    choose(page, "name.data", say("en", "gan_lab.data.drawn"))
    page.locator("#gan-lab-inputs canvas").wait_for()
    button(page, "gan_lab.run").click()
    # An empty drawing is an error. Until it is shown the event is pending, and another Run is lost.
    page.get_by_text(say("en", "error.drawn_points", low=20, high=4000, count=0)).first.wait_for()
    draw(page)
    button(page, "gan_lab.run").click()
    page.locator("#gan-lab-picture img").first.wait_for()
    page.locator("#gan-lab-plot polyline").first.wait_for()
    button(page, "stop").click()


@pytest.mark.slow
def test_a_reloaded_page_asks_first_and_goes_on_with_what_it_had_drawn(open_page):
    page = opened(open_page, more="&data=ring")  # older than what is chosen next
    choose(page, "name.data", say("en", "gan_lab.data.drawn"))
    draw(page)
    button(page, "gan_lab.run").click()
    line = page.locator("#gan-lab-status")
    expect(line).to_contain_text("rounds a second")
    button(page, "stop").click()
    paused(page, "en")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    before = line.inner_text()
    page.reload()
    assert asked == ["beforeunload"]
    expect(line).to_have_text(before, use_inner_text=True)
    kept = say("en", "gan_lab.inputs.reloaded", low=20, high=4000)
    expect(page.locator("#gan-lab-inputs .gan-lab-points")).to_have_text(kept)
    rounds = int(re.search(r"round ([\d,]+)", before)[1].replace(",", ""))
    button(page, "gan_lab.run").click()
    expect(line).to_contain_text("rounds a second")
    assert int(re.search(r"Round ([\d,]+)", line.inner_text())[1].replace(",", "")) > rounds
    button(page, "stop").click()
    paused(page, "en")
    page.reload()
    assert asked == ["beforeunload"]  # nothing was drawn since


@pytest.mark.slow
def test_own_pictures_are_learnt_and_exported(open_page, tmp_path):
    page = opened(open_page, more="&data=own&width=8")
    paths = []
    for n in range(10):
        path = tmp_path / f"leaf{n}.png"
        Image.new("RGB", (90, 70), (20 * n, 120, 40)).save(path)
        paths.append(str(path))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    page.locator("#gan-lab-inputs input[type=file]").set_input_files([*paths, str(broken)])
    page.locator("#gan-lab-inputs", has_text="broken.png").wait_for()
    thumbnails = page.locator("#gan-lab-inputs .photo-thumbnails button")
    thumbnails.nth(9).wait_for()
    expect(thumbnails.last).to_have_attribute("aria-label", "Take out leaf9.png")
    thumbnails.last.press("Delete")
    expect(thumbnails).to_have_count(9)
    button(page, "gan_lab.run").click()
    page.locator("#gan-lab-plot polyline").first.wait_for()
    button(page, "stop").click()
    page.get_by_role("button", name=say("en", "gan_lab.export")).locator("visible=true").click()
    button(page, "gan_lab.export.files").click()
    path = download(page, "#gan-lab-download", tmp_path / "run.zip")
    with zipfile.ZipFile(path) as archive:
        parts = ["discriminator", "generator", "training"]
        names = [*(f"{part}.safetensors" for part in parts), "settings.json", "strip.gif"]
        assert sorted(archive.namelist()) == sorted(names)
        facts = json.loads(archive.read("settings.json"))
    assert facts["settings"]["width"] == 8
    assert facts["settings"]["augment"]
    button(page, "gan_lab.export.strip").click()
    page.locator("#gan-lab-strip img").wait_for()
    button(page, "gan_lab.export.link").click()
    link = page.locator("#gan-lab-link textarea, #gan-lab-link input").first
    page.wait_for_function("box => box.value.startsWith('http')", arg=link.element_handle())
    expect(link).to_have_value(re.compile(r"tab=gym&data=own.*width=8"))


def test_a_link_sets_the_settings(open_page):
    page = opened(open_page, more="&data=digits&architecture=dense&lr_d=0.005&loss=hinge")
    page.get_by_label(say("en", "name.data"), exact=True).locator("visible=true").first.wait_for()
    rate = page.get_by_label(say("en", "name.lr_d")).locator("visible=true").first
    expect(rate).to_have_value("0.005")
    loss = page.get_by_label(say("en", "name.loss"), exact=True).locator("visible=true").first
    expect(loss).to_have_value(say("en", "gan_lab.loss.hinge"))
    # What belongs to points in the plane only is not there for pictures.
    page.locator(".plane-only").first.wait_for(state="hidden")
    # The example is of the ring.
    page.locator("#gan-lab-card[data-stale] #gan-lab-card-origin .example").wait_for()
