"""Whether a page finds its run again after its connection was cut for twenty seconds.

    python -m benchmarks.found_runs --tries 20

Starts the app and opens its page in chromium through a forwarder, five pages at a time: paintings,
attacks and lab runs. The forwarder ends all TCP connections and lets nobody in for twenty seconds.
A run is found if its page, which nobody touches, shows it going on or its result, and how far it is
is more than before the cut.
"""

import re
import shutil
import time

from benchmarks.common import machine, options
from benchmarks.forwarder import forwarded
from benchmarks.over_http import running_app

PORT, AT_ONCE = 7984, 5
MILLISECONDS = 120_000
# By kind: address, and the status line.
KINDS = {
    "lab run": ("?tab=gym", "#gan-lab-status"),
    "painting": ("?tab=style&steps=300", "#style-status"),
    "attack": ("?tab=attack&steps=100&restarts=3", "#attack-status"),
}
SAYS_STEP = "line => /[1-9]/.test(document.querySelector(line)?.innerText ?? '')"


def steps(page, line: str) -> int:
    """How far the run is, as the page says it."""
    found = re.search(r"(?:Step|Round|Done:|after) ([\d,]+)", page.locator(line).inner_text())
    return int(found[1].replace(",", "")) if found else 0


def start(browser, address: str, kind: str):
    """A page with a run that has come some way."""
    query, line = KINDS[kind]
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(MILLISECONDS)
    page.goto(address + query)
    page.locator(line).wait_for(state="attached")
    page.locator(".run-bar .run").locator("visible=true").first.click()
    page.wait_for_function(SAYS_STEP, arg=line)
    return page


def is_found(page, line: str, before: int) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        if page.locator(line).count() and steps(page, line) > before:
            return True
    return False


def try_some(browser, forwarder, kinds: list[str], seconds: float) -> list[bool]:
    """Cuts the connections of some pages at the same time; which of them found their runs."""
    pages = [start(browser, f"http://127.0.0.1:{forwarder.port}/", kind) for kind in kinds]
    lines = [KINDS[kind][1] for kind in kinds]
    before = [steps(page, line) for page, line in zip(pages, lines, strict=True)]
    forwarder.cut()
    time.sleep(seconds)
    forwarder.mend()
    found = [is_found(*each) for each in zip(pages, lines, before, strict=True)]
    for page in pages:
        page.context.close()
    return found


def main() -> None:
    from playwright.sync_api import sync_playwright

    chosen = options(__doc__, tries=20, seconds=20.0)
    kinds = [[*KINDS][number % len(KINDS)] for number in range(chosen.tries)]
    found: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    command = ["app.py", "--port", str(PORT), "--preload"]
    with (
        running_app(command, f"http://127.0.0.1:{PORT}/health"),
        forwarded(PORT) as forwarder,
        sync_playwright() as playwright,
    ):
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for first in range(0, chosen.tries, AT_ONCE):
            some = kinds[first : first + AT_ONCE]
            for kind, was_found in zip(
                some, try_some(browser, forwarder, some, chosen.seconds), strict=True
            ):
                found[kind].append(was_found)
                print(f"{kind}: {'found' if was_found else 'LOST'}", flush=True)
        browser.close()
    for kind, each in found.items():
        print(f"{kind}: {sum(each)} of {len(each)} found")
    total = sum(map(sum, found.values()))
    print(f"{total} of {chosen.tries} found after {chosen.seconds:g} s without a connection")
    print(machine())


if __name__ == "__main__":
    main()
