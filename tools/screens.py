"""Photographs every tab of the real app into docs/screens/: python -m tools.screens [TAB ...]

It starts the app, opens each tab at the sizes of a laptop, a phone and a projector, in light and
dark, in English and in one of the other languages, and saves what a visitor sees first as small
WebP files.

With --url it photographs an app that runs already; --full saves whole pages instead of the first
view.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from demos.layout import TABS, tab_id

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "screens"
SETTLE = 6000  # ms until pictures have come
QUALITY = 20
WIDEST = 960  # pixels of a saved picture
OTHER_LANGUAGES = ("mr", "ne", "hi")


@dataclass(frozen=True)
class View:
    """How a tab is looked at."""

    name: str
    width: int
    height: int
    scheme: str
    english: bool = True
    projector: bool = False


VIEWS = (
    View("laptop-light", 1280, 800, "light"),
    View("laptop-dark", 1280, 800, "dark"),
    View("laptop", 1280, 800, "light", english=False),
    View("phone-light", 390, 844, "light"),
    View("phone-dark", 390, 844, "dark"),
    View("phone", 390, 844, "light", english=False),
    View("projector", 1920, 1080, "light", projector=True),
    View("projector-dark", 1920, 1080, "dark", projector=True),
)


def main() -> None:
    """Parses the command line and photographs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tabs", nargs="*", help="ids of tabs; all if none is named")
    parser.add_argument("--url", help="of an app that runs already")
    parser.add_argument("--views", nargs="*", help="names of views; all if none is named")
    parser.add_argument("--full", action="store_true", help="whole pages")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    known = [tab_id(tab) for tab in TABS]
    tabs = args.tabs or known
    views = [view for view in VIEWS if not args.views or view.name in args.views]
    args.out.mkdir(parents=True, exist_ok=True)
    with app(args.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for tab in tabs:
            other = OTHER_LANGUAGES[known.index(tab) % len(OTHER_LANGUAGES)]
            for view in views:
                language = "en" if view.english else other
                for before in args.out.glob(f"{tab}-{view.name}-??.webp"):
                    before.unlink()  # it was another language before tabs came in between
                name = f"{tab}-{view.name}" + ("" if view.english else f"-{language}")
                picture = _photograph(browser, url, tab, view, language, args.full)
                picture.save(args.out / f"{name}.webp", quality=QUALITY, method=6)
                print(name, flush=True)


def _photograph(
    browser: Browser, url: str, tab: str, view: View, language: str, full: bool
) -> Image.Image:
    page = browser.new_page(
        viewport={"width": view.width, "height": view.height},
        color_scheme="dark" if view.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    query = f"tab={tab}&lang={language}&__theme={view.scheme}"
    page.goto(f"{url}/?{query}" + ("&projector=1" if view.projector else ""))
    page.locator("#tabs [role=tabpanel]").first.wait_for()
    page.wait_for_timeout(SETTLE)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=full))).convert("RGB")
    page.close()
    if picture.width > WIDEST and not full:
        size = (WIDEST, round(picture.height * WIDEST / picture.width))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture


@contextmanager
def app(url: str | None) -> Iterator[str]:
    """The address of an app: the one given, or one that is started for the while."""
    if url:
        yield url.rstrip("/")
        return
    address = "http://127.0.0.1:7869"
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "app.py", "--device", "cpu", "--port", "7869"]
        running = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            while running.poll() is None:
                try:
                    urllib.request.urlopen(f"{address}/health")
                    break
                except OSError:
                    time.sleep(0.5)
            yield address
        finally:
            running.terminate()
            running.wait()


if __name__ == "__main__":
    main()
