"""Pictures a second while a slider is dragged, in chromium, from the finger to the screen.

Three sides in one run, in turns: Netglass drawing in the browser, Netglass with the server's
pictures (as with data saving), and a plain Gradio app. A script moves the slider at every frame;
what counts is a picture that the page has loaded for a value it had not shown. With --visitors,
that many others ask the server for pictures of their own meanwhile. With --engine gl the browser
draws by WebGL, however long that takes (a browser without a graphics processor has it as software).

python -m benchmarks.gan_drag --rounds 3 --seconds 4 --visitors 0 --engine chosen
"""

import asyncio
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import over_http
from benchmarks.common import machine, options
from benchmarks.gan_load import OURS, PLAIN, by_address, new_value

# To a browser this name is no secure context, as a classroom's address.
HOST = "netglass.test"
CAT, SLIDER = 'img[data-view="cat.png"]', ".gan-slider input[type=range]"
DRAWN_HERE = r"/\d+ ms/.test(document.querySelector('.gan-engine')?.textContent ?? '')"
ONLY_GL = """import { GlEngine } from "./gl.js";
import { Network } from "./network.js";
export const choose = (buffer) => [{ engine: new GlEngine(new Network(buffer)), ms: 1 }];"""
DRAG = """async ([picture, slider, seconds]) => {
  const input = document.querySelector(slider), shown = new Set();
  document.addEventListener("load", ({ target }) => {
    if (target.matches?.(picture)) shown.add(target.src);
  }, true);
  const begin = performance.now();
  let frames = 0, longest = 0, last = begin;
  await new Promise((done) => {
    const frame = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      input.value = 3 * Math.sin(frames++ / 20);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      if (now - begin < 1000 * seconds) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  return [shown.size / seconds, frames / seconds, longest];
}"""


@contextmanager
def other_visitors(count: int, seconds: float) -> Iterator[None]:
    """That many visitors who drag sliders of their own, with the server's pictures."""
    event = by_address("cat", "d2", new_value)
    run = threading.Thread(
        target=lambda: asyncio.run(over_http.time_visitors(event, count, seconds)), daemon=True
    )
    if count:
        run.start()
    yield
    if count:
        run.join()


def drag(
    browser, side: str, seconds: float, visitors: int, engine: str
) -> tuple[float, float, float, int]:
    """(pictures a second, frames a second, longest frame in ms, requests while dragging)."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    try:
        if engine == "gl":
            only = {"body": ONLY_GL, "content_type": "text/javascript"}
            page.route("**/choice.js", lambda route: route.fulfill(**only))
        if side == "server":
            told = "{value: {saveData: true}}"
            page.add_init_script(f"Object.defineProperty(navigator, 'connection', {told})")
        url = PLAIN if side == "plain" else f"{OURS}/?tab=gan"
        page.goto(url.replace("127.0.0.1", HOST))
        picture, slider = CAT, SLIDER
        if side == "plain":
            page.locator("input[type=range]").nth(1).evaluate("(input) => {input.id = 'dragged'}")
            picture, slider = "img", "#dragged"
        else:
            page.wait_for_function(
                "(picture) => document.querySelector(picture)?.src.startsWith('blob:')", arg=picture
            )
        if side == "browser":
            page.wait_for_function(DRAWN_HERE)
        page.wait_for_timeout(2000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        with other_visitors(visitors, seconds + 4):
            page.wait_for_timeout(2000 if visitors else 0)
            pictures, frames, longest = page.evaluate(DRAG, [picture, slider, seconds])
        requests = [url for url in asked if not url.startswith(("blob:", "data:"))]
        return pictures, frames, longest, len(requests)
    finally:
        page.close()


def measure(rounds: int, seconds: float, visitors: int, engine: str) -> None:
    from playwright.sync_api import sync_playwright

    found: dict[str, list[tuple]] = {side: [] for side in ("browser", "server", "plain")}
    arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for _ in range(rounds):
            for side, runs in found.items():
                runs.append(drag(browser, side, seconds, visitors, engine))
        browser.close()
    for side, runs in found.items():
        pictures, frames, longest, requests = (
            statistics.median(values) for values in zip(*runs, strict=True)
        )
        each = ", ".join(f"{run[0]:.1f}" for run in runs)
        print(
            f"{side}: {pictures:.1f} pictures a second ({each}), {frames:.0f} frames a second, "
            f"longest frame {longest:.0f} ms, {requests:.0f} requests"
        )


def main() -> None:
    chosen = options(__doc__, rounds=3, seconds=4.0, visitors=0, engine="chosen")
    command = ["app.py", "--port", "7981", "--device", "cpu", "--rate", "0"]
    ours = over_http.running_app(command, f"{OURS}/health")
    with ours, over_http.running_app(["-m", "benchmarks.plain_gan_app", "7982"], PLAIN):
        measure(chosen.rounds, chosen.seconds, chosen.visitors, chosen.engine)
    print(machine())


if __name__ == "__main__":
    main()
