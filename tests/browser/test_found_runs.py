"""A run in a real browser goes on when the connection is cut or the page is loaded anew, and the
page finds it again; what is left for good is freed.
"""

import time
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from benchmarks.forwarder import forwarded
from demos.runtime.kept_runs import LEFT_SECONDS, SWEEP_SECONDS
from tests import serving
from tests.browser.helpers import button

CUT_SECONDS = 5
ADDRESS_READ = """
performance.getEntriesByType("resource").some(({ name }) => name.includes("/run/predict"))
"""
# Address, status line, button, and what the line says while the run goes on and when it stopped.
TABS = {
    "painting": ("?tab=style&steps=600", "#style-status", "run.paint", " of 600", "Stopped"),
    "attack": (
        "?tab=attack&steps=100&restarts=10&epsilon=0",  # fools nobody: all restarts are tried
        "#attack-status", "run.attack", " of 1000", "Stopped",
    ),
    "lab": ("?tab=gym", "#gan-lab-status", "gan_lab.run", "rounds a second", "Paused"),
}  # fmt: skip


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory):
    """An app of its own: Gradio writes a traceback when a page asks for what was cut off."""
    with serving.app(tmp_path_factory.mktemp("app"), quiet=False) as url:
        yield url


@pytest.fixture
def through(cut_off):
    with forwarded(urlsplit(cut_off).port) as forwarder:
        yield forwarder


@pytest.mark.slow
@pytest.mark.parametrize("tab", TABS)
def test_a_run_is_found_after_a_cut_and_a_reload_and_stop_stops_it(open_page, through, tab):
    query, where, run, going, stopped = TABS[tab]
    page = open_page(query=query, url=f"http://127.0.0.1:{through.port}")
    line = page.locator(where)
    page.wait_for_function(ADDRESS_READ)
    page.wait_for_timeout(1000)  # until the knobs have what it says
    button(page, run).click()
    expect(line).to_contain_text(going)
    with page.expect_navigation():
        through.cut()
        time.sleep(CUT_SECONDS)
        through.mend()
    expect(line).to_contain_text(going)
    page.reload()
    expect(line).to_contain_text(going)
    page.locator(".run-bar .stop").locator("visible=true").first.click()
    expect(line).to_contain_text(stopped)
    expect(page.locator("[data-stale]")).to_have_count(0)
    last = line.inner_text()
    page.reload()
    expect(line).to_have_text(last, use_inner_text=True)
    expect(page.locator("[data-stale]")).to_have_count(0)


@pytest.mark.slow
def test_what_a_closed_page_had_is_freed_and_a_copy_of_it_has_a_key_of_its_own(open_page, app_url):
    query, where, run, going, _ = TABS["lab"]
    page = open_page(query=query)
    button(page, run).click()
    expect(page.locator(where)).to_contain_text(going)
    key = page.evaluate("netglassOrder.key")
    assert page.evaluate("sessionStorage.getItem('netglass-order')") is None

    def kept():
        answer = httpx.get(f"{app_url}/runs", headers={"x-netglass-run": key})
        return len(answer.json())

    assert kept() == 1
    page.close(run_before_unload=False)
    time.sleep(LEFT_SECONDS + SWEEP_SECONDS + 5)
    assert kept() == 0
