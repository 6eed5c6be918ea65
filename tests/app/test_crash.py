"""Killed in the middle of a run and started again: nothing that the app left is in the way."""

import contextlib
import re
import signal

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demos.runtime.i18n import say
from tests import serving
from tests.browser.helpers import LAPTOP, WAIT, button

pytestmark = pytest.mark.slow  # each starts an app or two of its own
SMALL = {"size": 128, "steps": 400, "api_name": "/style_transfer"}


@pytest.fixture
def started(tmp_path):
    """Starts an app on the same port and with the same folder for its files each time."""
    port, processes = serving.free_port(), []

    def start(**environment):
        environment = {"GRADIO_TEMP_DIR": str(tmp_path / "cache")} | environment
        process, log = serving.start_app(tmp_path, port, **environment)
        processes.append(process)
        return process, log, f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.kill()
        process.wait(20)


def test_killed_in_the_middle_of_a_run(started, photo, tmp_path):
    pictures = {"content": handle_file(photo("kitten")), "style": handle_file(photo("chelsea"))}
    process, _, url = started()
    run = Client(url, verbose=False).submit(**pictures, **SMALL)
    next(iter(run))
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    with pytest.raises(Exception):  # noqa: B017, PT011
        run.result(timeout=30)

    _, log, url = started()
    again = Client(url, verbose=False)
    picture, report = again.predict(**pictures, **(SMALL | {"steps": 3}))
    assert report["steps"] == 3
    with Image.open(picture) as found:
        found.load()
    confidences, _ = again.predict(pictures["content"], api_name="/classify_pet")
    assert len(confidences["confidences"]) == 37
    # What was being written when the end came is not taken for a picture.
    for path in (tmp_path / "cache").rglob("*.png"):
        with Image.open(path) as found:
            found.load()
    assert "Traceback" not in log.read_text()


def test_an_open_page_says_so_and_goes_on_with_the_next_app(started, browser):
    process, _, url = started()
    page = browser.new_page(locale="en-US", viewport=LAPTOP)
    page.set_default_timeout(WAIT)
    page.goto(f"{url}/?tab=attack")
    status = page.locator("#attack-status")
    button(page, "run.attack").click()
    status.get_by_text("Step").wait_for()
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    page.get_by_text("Connection to the server was lost").wait_for()
    with page.expect_navigation():  # Gradio's page opens itself anew
        started()
    button(page, "run.attack").click()
    status.get_by_text("Done: 20 steps").wait_for()
    page.close()


def fill(path):
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"0" * 4096)


@pytest.mark.parametrize("small_disk", ["8m"], indirect=True)
def test_a_full_disk_is_told_and_got_over(started, small_disk, photo, browser):
    filler = small_disk / "filler"
    _, log, url = started(GRADIO_TEMP_DIR=str(small_disk))
    client = Client(url, verbose=False)
    page = browser.new_page(locale="mr-IN", viewport=LAPTOP)
    page.set_default_timeout(WAIT)
    page.goto(f"{url}/?tab=pets")
    button(page, "reset", "mr").wait_for()
    fill(filler)
    with pytest.raises(AppError, match=re.escape(say("en", "error.disk_full"))):
        client.predict(seed=1, api_name="/gan_sample")
    photos = page.locator("#pets-photo")
    with page.expect_response(re.compile("/upload[?]")) as answer:
        photos.locator("input[type=file]").first.set_input_files(photo("kitten"))
    assert answer.value.status == 507
    assert answer.value.text() == say("mr", "error.disk_full")
    page.get_by_text(say("mr", "error.disk_full")).first.wait_for()
    filler.unlink()
    picture = client.predict(seed=1, api_name="/gan_sample")
    with Image.open(picture) as found:
        found.load()
    assert "Traceback" not in log.read_text()
    page.close()
