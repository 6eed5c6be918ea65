"""Shared by the browser tests: waiting, clicking, choosing, by the keys of the texts."""

import pytest

from demos.runtime.i18n import say

LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WAIT = 120_000  # milliseconds; a machine may be busy


def slow_cases(*values):
    """Cases for the longer run (`-m slow`); the default run opens a page in one language only."""
    return [
        pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.slow)
        for value in values
    ]


def button(page, key, language="en"):
    return page.get_by_role("button", name=say(language, key), exact=True).locator("visible=true")


def open_tab(page, key, language="en"):
    page.get_by_role("tab", name=say(language, key), exact=True).first.click()


def fill(box, value):
    """Types a number; again where Gradio, which gives a box that was just unfolded its value a
    moment after it is there, has overwritten it."""
    for _ in range(10):
        box.fill(str(value))
        box.press("Tab")
        box.page.wait_for_timeout(400)
        if box.input_value() == str(value):
            return
    raise AssertionError(f"{value} does not stay: {box.input_value()}")


def set_number(page, key, value):
    fill(page.get_by_label(f"number input for {say('en', key)}").locator("visible=true"), value)


def choose(page, key, option, language="en"):
    """Picks an option of a dropdown, by the text it shows."""
    page.get_by_label(say(language, key), exact=True).locator("visible=true").first.click()
    page.get_by_role("option", name=option, exact=True).click()


def download(page, selector, path):
    """Clicks what downloads a file, which is saved as `path`; gives that."""
    with page.expect_download() as download:
        page.locator(selector).click()
    download.value.save_as(path)
    return path


def wait_for_picture(page, view):
    """Waits until the picture of a view is loaded and gives its `blob:` address."""
    picture = page.locator(f'img[data-view="{view}.png"]').locator("visible=true").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function(
        "img => img.src.startsWith('blob:') && img.complete && img.naturalWidth > 8",
        arg=picture.element_handle(),
    )
    return picture.get_attribute("src")


def save_data(page):
    """The visitor's browser is told to save data: generators stay on the server."""
    page.add_init_script(
        "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    )
