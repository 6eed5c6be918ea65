"""What the page costs a browser that has nothing of it yet, until the first tab's first picture.

Of each checkout in turns: seconds from the address to the picture, bytes over the network until
then, and the seconds of scripts. Fonts and scripts that a page asks for later do not count.

git worktree add --detach ../before HEAD~1
python -m benchmarks.page_load --before ../before --rounds 5 --address "/?tab=gan"
"""

import shutil
import statistics
from contextlib import ExitStack
from pathlib import Path

from benchmarks import over_http
from benchmarks.common import machine, options
from benchmarks.pet_load import BEFORE, HERE, PORTS

# A picture that one sees: loaded, of some size, and not below the first screen.
PICTURE = """() => [...document.images].some((image) => {
  const box = image.getBoundingClientRect();
  return image.complete && image.naturalWidth >= 64 && box.width >= 150 && box.top < innerHeight;
})"""


def load(browser, url: str) -> tuple[float, float, float]:
    """(seconds, MB, seconds of scripts) until the first picture."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(url, wait_until="commit")
    page.wait_for_function(PICTURE, polling="raf")
    seconds = page.evaluate("performance.now() / 1000")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    page.context.close()
    return seconds, sum(received) / 1e6, found["ScriptDuration"]


def measure(urls: dict[str, str], rounds: int) -> None:
    from playwright.sync_api import sync_playwright

    runs: dict[str, list[tuple]] = {name: [] for name in urls}
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for number in range(rounds + 1):
            for name, url in urls.items():
                run = load(browser, url)
                if number:  # the first warms up the server
                    runs[name].append(run)
        browser.close()
    for name, found in runs.items():
        seconds, megabytes, scripts = (statistics.median(v) for v in zip(*found, strict=True))
        each = ", ".join(f"{run[0]:.2f}" for run in found)
        print(
            f"{name}: first picture after {seconds:.2f} s ({each}), {megabytes:.2f} MB until "
            f"then, {scripts:.2f} s of scripts"
        )


def main() -> None:
    chosen = options(__doc__, rounds=5, before="", address="/")
    folders = {HERE: over_http.ROOT}
    if chosen.before:
        folders[BEFORE] = Path(chosen.before).resolve()
    with ExitStack() as apps:
        urls = {name: f"http://127.0.0.1:{PORTS[name]}" for name in folders}
        for name, folder in folders.items():
            command = ["app.py", "--port", str(PORTS[name]), "--device", "cpu", "--preload"]
            apps.enter_context(over_http.running_app(command, f"{urls[name]}/health", folder))
        pages = {name: url + chosen.address for name, url in urls.items()}
        measure(pages, chosen.rounds)
    print(machine())


if __name__ == "__main__":
    main()
