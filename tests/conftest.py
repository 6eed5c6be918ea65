"""What several tests share: example pictures, Lite0 loaded once, and the real app started once."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import serving
from tests.browser.helpers import LAPTOP, WAIT

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "demos" / "examples"


@pytest.fixture(scope="session")
def store():
    from models.store import Store

    return Store("cpu")


@pytest.fixture(scope="session")
def lite0(store):
    return store.get("efficientnet_lite0")


@pytest.fixture(scope="session")
def photo():
    """The path of an example photograph, by name."""
    return lambda name: str(EXAMPLES / "photos" / f"{name}.jpg")


@pytest.fixture(scope="session")
def painting():
    """The path of an example style picture, by name."""
    return lambda name: str(EXAMPLES / "styles" / f"{name}.jpg")


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    """The real app, started as a user would start it, on a free port."""
    with serving.app(tmp_path_factory.mktemp("app")) as url:
        yield url


@pytest.fixture(scope="session")
def client(app_url, tmp_path_factory):
    """gradio_client, connected to the app."""
    from gradio_client import Client

    return Client(app_url, verbose=False, download_files=str(tmp_path_factory.mktemp("got")))


@pytest.fixture
def small_disk(request, tmp_path):
    """A folder on a disk of its own, as large as the test's parameter says, such as "64k"."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium, driven by Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if not path:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    quiet = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    # A name that is not localhost's: to a browser this address is no secure context.
    elsewhere = "--host-resolver-rules=MAP netglass.test 127.0.0.1"
    sync_api.expect.set_options(timeout=WAIT)
    with sync_api.sync_playwright() as playwright:
        args = [*quiet.split(), elsewhere]
        started = playwright.chromium.launch(executable_path=path, args=args)
        yield started
        started.close()


@pytest.fixture(scope="module")
def camera_browser(browser):
    """Chromium with a camera that shows a test picture."""
    args = [
        "--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream", "--disable-background-networking",
        "--host-resolver-rules=MAP netglass.test 127.0.0.1",
    ]  # fmt: skip
    started = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=args)
    yield started
    started.close()


@pytest.fixture(scope="module")
def tab(browser, app_url):
    """A bare page of the app, at an address that is no secure context."""
    page = browser.new_page()
    page.goto(app_url.replace("127.0.0.1", "netglass.test") + "/health")
    assert not page.evaluate("isSecureContext")
    yield page
    page.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes for fixtures whether the test failed."""
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report


@pytest.fixture
def open_page(request, browser, app_url):
    """Opens the page in a fresh browser profile; fails the test on a page error. `prepare` is told
    the page before it has an address; `host` is what it calls this machine; `url` is of another
    app, whose certificate may be its own. When the test fails, what its pages showed is printed."""
    contexts, errors, said = [], [], []

    def note(asked):
        if "queue/join" in asked.url:
            said.append((asked.post_data or "")[:400])

    def opened(
        locale="en-US", viewport=LAPTOP, query="", scheme="light", prepare=None, host="127.0.0.1",
        url=app_url,
    ):  # fmt: skip
        context = browser.new_context(
            locale=locale,
            viewport=viewport,
            color_scheme=scheme,
            accept_downloads=True,
            ignore_https_errors=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("request", note)
        page.on("requestfailed", lambda asked: said.append(f"{asked.url}: {asked.failure}"))
        if prepare:
            prepare(page)
        page.goto(url.replace("127.0.0.1", host) + query)
        page.get_by_role("tab").first.wait_for()
        return page

    yield opened
    if getattr(request.node, "failed", False):
        for page in (page for context in contexts for page in context.pages):
            print(page.url, page.locator("body").inner_text(), sep="\n")
        print(*said, sep="\n")
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def blocks():
    """The page as Gradio Blocks, built but not served."""
    from demos import layout
    from demos.runtime.engine import Engine

    return layout.build(Engine("cpu"))


@pytest.fixture(scope="session")
def page(blocks):
    """Its `Page`: the texts and the language switch."""
    return blocks.page
