"""Photographs what the tutorials show: python -m tools.tutorial_pictures [NAME ...]

It starts the app, opens each address below, presses what the tutorial says, and saves what
a visitor then sees on a laptop as docs/tutorials/NAME.webp. With --url it photographs an app that
runs already.
"""

from __future__ import annotations

import argparse
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tools.screens import QUALITY, SETTLE, WIDEST, app

OUT = Path(__file__).parents[1] / "docs" / "tutorials"
LONGEST = 180_000  # ms that a run may take


@dataclass(frozen=True)
class Shot:
    """What is photographed.

    Attributes:
        address: the page's parameters.
        press: names of buttons, one after the other.
        seconds: how long to wait after the last; None until Stop has become the first one again.
        parts: whether the tab's sub-tabs are brought to the top of the view.
    """

    address: str
    press: tuple[str, ...] = ()
    seconds: float | None = 0
    parts: bool = False


SHOTS = {
    "gan-mean": Shot("tab=gan&truncation=0"),
    "gan-walk": Shot("tab=gan&part=walk", parts=True),
    "gan-units": Shot("tab=gan&part=units", parts=True),
    "gym-ring": Shot("tab=gym&data=ring", ("Run",), 60),
    "gym-collapse": Shot("tab=gym&data=ring&lr_d=0.0001&r1=0", ("Run",), 25),
    "style-mithila": Shot("tab=style&content=chelsea&style=mithila", ("Paint",), None),
    "pets-lemur": Shot("tab=pets&photo=lemur"),
    "see-panda": Shot("tab=see&photo=giant_panda", ("Explain",), None),
    "train-five": Shot(
        "tab=train&task=breeds&per_class=5&epochs=20",
        ("Train without pretraining too (control)",),
        30,
    ),
    "attack-pizza": Shot(
        "tab=attack&photo=german_shepherd&target=pizza&epsilon=8&steps=40", ("Attack",), None
    ),
    "ideal-zebra": Shot("tab=ideal&class_name=zebra", ("Dream",), None),
}


def main() -> None:
    """Parses the command line and photographs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of the pictures; all if none is named")
    parser.add_argument("--url", help="of an app that runs already")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with app(args.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name in args.names or SHOTS:
            picture = _photograph(browser, url, SHOTS[name])
            picture.save(args.out / f"{name}.webp", quality=QUALITY, method=6)
            print(name, flush=True)


def _photograph(browser: Browser, url: str, shot: Shot) -> Image.Image:
    page = browser.new_page(
        viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
    )
    page.goto(f"{url}/?{shot.address}&lang=en&__theme=light")
    page.locator("#tabs [role=tabpanel]").first.wait_for()
    page.wait_for_timeout(SETTLE)
    for name in shot.press:
        page.get_by_role("button", name=name, exact=True).first.click()
    if shot.seconds is None:
        page.wait_for_timeout(2000)
        page.get_by_role("button", name=shot.press[-1], exact=True).first.wait_for(timeout=LONGEST)
    page.wait_for_timeout(1000 * (shot.seconds or 1))
    if shot.parts:
        page.get_by_role("tablist").nth(1).evaluate("place => place.scrollIntoView()")
        page.wait_for_timeout(SETTLE / 2)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.close()
    size = (WIDEST, round(picture.height * WIDEST / picture.width))
    return picture.resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
