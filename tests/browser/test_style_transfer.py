"""The style transfer tab in a real browser."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from demos.runtime.i18n import LANGUAGES, say
from tests.browser.helpers import LAPTOP, button, download, open_tab, set_number


def open_style(open_page):
    """The page at the style tab, which shows the losses of the first photo."""
    page = open_page()
    open_tab(page, "style.tab")
    page.locator("#style-breakdown .bar").first.wait_for()
    return page


def set_more(page, **settings):
    """Unfolds the further settings and sets these."""
    page.locator("#style-card").get_by_role("button", name=say("en", "more")).click()
    for name, value in settings.items():
        set_number(page, f"name.{name}", value)


def chip(page, name, text):
    """One value of a weight."""
    return page.locator(f"#{name}-weight-chips").get_by_label(text, exact=True)


def assert_no_scrolling_needed(page):
    lowest = chip(page, "tv", "1").locator("xpath=ancestor::label")
    for part in (button(page, "run.paint"), button(page, "reset"), lowest):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= LAPTOP["height"]


def test_upload_run_stop_download(open_page, tmp_path, photo):
    page = open_page()
    open_tab(page, "style.tab")
    assert_no_scrolling_needed(page)
    page.locator("#style-content input[type=file]").first.set_input_files(photo("kitten"))
    page.wait_for_function("document.querySelector('#style-content img')?.src.includes('kitten')")
    set_more(page, steps=600)
    button(page, "run.paint").click()
    page.locator("#style-status", has_text=re.compile(r"Step [1-9]\d* of 600")).wait_for()
    page.locator("#style-plot polyline").first.wait_for()
    page.locator("#style-status progress").wait_for()
    page.locator("#style-strength").wait_for(state="hidden")
    button(page, "stop").click()
    page.locator("#style-status", has_text=re.compile(r"Stopped after \d+ of 600")).wait_for()
    with Image.open(download(page, "#style-download", tmp_path / "result.png")) as image:
        assert image.format == "PNG"
        assert max(image.size) <= 384
    open_tab(page, "pets.tab")
    open_tab(page, "style.tab")
    page.wait_for_timeout(1500)
    expect(page.locator("#style-download")).to_be_visible()  # a visit elsewhere costs no painting
    expect(page.locator("#style-status", has_text="Stopped after")).to_be_visible()
    made = page.locator("#style-card-origin")
    expect(made).to_contain_text("kitten + Starry Night", use_inner_text=True)
    button(page, "reset").click()
    page.locator("#style-download").wait_for(state="hidden")
    page.locator("#style-strength").wait_for()
    page.locator("#style-live", has_text=say("en", "style.preview")).wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("passed", [1, 0])
def test_a_preview_or_estimate_that_comes_late_does_not_hide_the_result(open_page, passed):
    """Coming back to the tab asks for the preview, then for the estimate. The first `passed`
    of these requests reach the server during the run, the others only after its end."""
    page = open_style(open_page)
    status = page.locator("#style-status")
    set_more(page, steps=600)
    button(page, "run.paint").click()
    status.get_by_text(re.compile(r"Step [1-9]\d* of 600")).wait_for()
    seen, held, running = [], [], [True]

    def hold(route):
        seen.append(route)
        if running and len(seen) > passed:
            held.append(route)
        else:
            route.continue_()

    page.route("**/queue/join*", hold)
    open_tab(page, "ideal.tab")
    open_tab(page, "style.tab")
    while not held:
        page.wait_for_timeout(100)
    button(page, "stop").click()
    status.get_by_text("Stopped after").wait_for()
    running.clear()
    for route in held:
        route.continue_()
    page.wait_for_timeout(3000)  # longer than the preview and the estimate take
    expect(page.locator("#style-download")).to_be_visible()
    expect(status.get_by_text("Stopped after")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_preview_loss_breakdown_and_a_second_style(open_page, language):
    page = open_page(query=f"?lang={language}")
    open_tab(page, "style.tab", language)
    live = page.locator("#style-live img")
    live.wait_for()
    page.locator("#style-live", has_text=say(language, "style.preview")).wait_for()
    breakdown = page.locator("#style-breakdown .bar")
    breakdown.nth(2).wait_for()
    expect(breakdown.first).to_contain_text(say(language, "style.term.content"))
    expect(page.locator("#style-status")).to_contain_text(re.compile(r"\d"))
    before = live.get_attribute("src")
    page.locator("#style-card .card-given .examples").nth(1).locator("button").nth(3).click()
    page.wait_for_function(
        "before => document.querySelector('#style-live img')?.src !== before", arg=before
    )
    page.get_by_role("button", name=say(language, "style.second")).click()
    page.locator("#style-second-picture").locator("xpath=..").locator(
        ".examples button"
    ).first.click()
    label = say(language, "gradio_fixed.number_input", label=say(language, "name.blend"))
    share = page.get_by_label(label)
    page.wait_for_function(
        "box => box.value === '0.5'", arg=share.locator("visible=true").element_handle()
    )


@pytest.mark.slow
def test_three_methods_are_compared(open_page):
    page = open_style(open_page)
    set_more(page, steps=12, size=96)
    page.get_by_role("button", name=say("en", "style.ways")).click()
    button(page, "style.ways.run").click()
    page.locator("#style-ways", has_text="coarse to fine: 12 steps").wait_for()
    page.locator("#style-ways img").nth(2).wait_for()


@pytest.mark.slow
def test_another_network_has_sliders_for_its_own_layers(open_page):
    page = open_style(open_page)
    set_more(page)
    page.get_by_role("button", name=say("en", "style.layers")).click()
    sliders = page.locator("#style-layers input[type=range]").locator("visible=true")
    sliders.nth(9).wait_for()
    expect(sliders).to_have_count(10)
    page.get_by_label(say("en", "network"), exact=True).locator("visible=true").click()
    page.get_by_role("option", name="EfficientNet-Lite2", exact=True).click()
    page.get_by_label("number input for blocks.3.3.bn1").locator("visible=true").wait_for()
    sliders.nth(12).wait_for()
    expect(sliders).to_have_count(13)


@pytest.mark.slow
def test_weights_that_leave_nothing_to_do_are_refused_and_the_run_goes_on(open_page):
    page = open_page()
    open_tab(page, "style.tab")
    set_more(page, steps=600)
    button(page, "run.paint").click()
    status = page.locator("#style-status")
    status.filter(has_text=re.compile(r"Step [1-9]\d* of 600")).wait_for()
    for name in ("content", "style"):
        chip(page, name, "0").check(force=True)
    page.get_by_label(say("en", "style.fine")).check()
    set_number(page, "name.tv_weight", 0)
    page.get_by_text(say("en", "error.nothing_to_minimise")).first.wait_for()
    status.filter(has_text="Done: 600").wait_for()


@pytest.mark.slow
def test_a_clip_is_painted_and_downloaded(open_page, tmp_path):
    """Without a clip the page says what to do; a new clip empties the result."""
    page = open_style(open_page)
    page.get_by_role("button", name=say("en", "style.film")).click()
    button(page, "style.film.run").click()
    expect(page.get_by_text("There is no clip yet")).to_be_visible()
    for count in (4, 2):
        frames = [Image.new("RGB", (64, 48), (60, 90, 150)) for _ in range(count)]
        for n, frame in enumerate(frames):  # a GIF keeps equal pictures once
            frame.paste("white", (16 * n, 8, 16 * n + 16, 40))
        path = tmp_path / f"clip{count}.gif"
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=80)
        page.locator("#film-clip input[type=file]").set_input_files(path)
        expect(page.locator("#film-clip")).to_contain_text("clip")
        expect(page.locator("#film-gif")).to_be_hidden()
        button(page, "style.film.run").click()
        status = page.locator("#film-status")
        expect(status).to_contain_text(f"Done: {count} steps", use_inner_text=True)
        with page.expect_download() as download:
            page.locator("#film-gif").click()
        download.value.save_as(tmp_path / "film.gif")
        with Image.open(tmp_path / "film.gif") as film:
            assert (film.n_frames, film.size) == (count, (384, 288))
        if count == 4:
            page.locator("#film-clip").get_by_role("button", name="Clear").first.click()


@pytest.mark.slow
def test_a_painting_can_be_kept_as_a_film(open_page, tmp_path):
    page = open_style(open_page)
    set_more(page, steps=10)
    button(page, "run.paint").click()
    expect(page.locator("#style-status")).to_contain_text("Done: 10 steps", use_inner_text=True)
    page.locator("#style-way").wait_for()
    with page.expect_download() as download:
        page.locator("#style-way").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix in (".gif", ".mp4")
    assert path.stat().st_size > 10_000
    button(page, "reset").click()
    page.locator("#style-way").wait_for(state="hidden")


@pytest.mark.slow
def test_the_background_alone_is_painted_by_one_click(open_page):
    page = open_style(open_page)
    page.get_by_role("button", name=say("en", "style.regions")).click()
    page.locator("#style-area").get_by_text(say("en", "style.area.background")).click()
    set_more(page, steps=10)
    button(page, "run.paint").click()
    expect(page.locator("#style-status")).to_contain_text("Done: 10 steps", use_inner_text=True)


@pytest.mark.slow
def test_regions_are_painted_with_a_brush_or_by_keys(open_page):
    """Two strokes on the photo; on the style picture keys: without a second region there, a
    sentence."""
    page = open_style(open_page)
    page.get_by_role("button", name=say("en", "style.regions")).click()
    page.locator("#style-area").get_by_text(say("en", "style.area.painted")).click()
    set_more(page, steps=10)
    button(page, "run.paint").click()
    expect(page.get_by_text("Nothing is painted yet")).to_be_visible()

    def pen(number):
        page.locator(f"#style-regions [data-pen='{number}']").click()

    photo, style = (page.locator("#style-regions canvas").nth(n) for n in (0, 1))
    for number, y in ((1, 0.25), (2, 0.75)):
        pen(number)
        photo.scroll_into_view_if_needed()
        box = photo.bounding_box()
        for x, act in ((0.1, page.mouse.down), (0.9, page.mouse.up)):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
            act()
    style.focus()
    for key in ("1", "Space", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#style-regions figure").nth(1)).to_contain_text("Region 1")
    button(page, "run.paint").click()
    expect(page.get_by_text("The photo has 2 regions and the style 1")).to_be_visible()
    style.focus()
    for key in ("2", *["Shift+ArrowDown"] * 5):
        page.keyboard.press(key)
    button(page, "run.paint").click()
    expect(page.locator("#style-status")).to_contain_text("Done: 10 steps", use_inner_text=True)
