"""A visitor's photographs of every kind in the page: own classes, the GAN lab, a preview."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.helpers import open_tab, slow_cases
from tests.models.test_image_colors import ADOBE

HEIC = Path(__file__).parents[1] / "models" / "mosaic.heic"
# The levels in the middle and in the corner of a picture.
PIXELS = """async (img) => {
  await img.decode();
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [img.naturalWidth, img.naturalHeight];
  const pen = sheet.getContext("2d");
  pen.drawImage(img, 0, 0);
  const level = (x, y) => pen.getImageData(x * sheet.width, y * sheet.height, 1, 1).data[0];
  return [level(0.5, 0.5), level(0.05, 0.05)];
}"""


@pytest.fixture
def files(tmp_path):
    """A HEIC, a transparent picture, 12 bits in a PNG of 16, Adobe RGB, and three of no use."""
    disc = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    disc.paste((0, 0, 0, 255), (16, 16, 48, 48))
    disc.save(tmp_path / "disc.png")
    grey = np.full((48, 48), 2048, np.uint16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.new("RGB", (48, 48), (112, 179, 84)).save(tmp_path / "wide.png", icc_profile=ADOBE)
    Image.new("RGB", (1, 5000)).save(tmp_path / "line.png")
    for name in ("notes.txt", "more.txt"):
        (tmp_path / name).write_text("no picture")
    names = ("disc.png", "grey.png", "wide.png", "line.png", "notes.txt", "more.txt")
    return [str(HEIC), *(str(tmp_path / name) for name in names)]


@pytest.mark.parametrize("panel", ["#own", *slow_cases("#gan-lab-inputs")])
def test_photographs_of_every_kind_are_added(open_page, files, panel):
    page = open_page()
    if panel == "#own":
        open_tab(page, "train.tab")
        open_tab(page, "own")
    else:
        open_tab(page, "gan_lab.tab")
        page.evaluate("netglassGanLab.show('own')")
    page.locator(f"{panel} input[type=file]").first.set_input_files(files)
    said = page.locator(f"{panel} > *", has_text="line.png").first
    said.wait_for()
    expect(said).to_contain_text("notes.txt, more.txt: This file is not a picture")
    expect(said).to_contain_text("HEIC")
    expect(said).to_contain_text("1 x 5000 pixels")
    added = page.locator(f"{panel} img")
    expect(added).to_have_count(4)
    middle, corner = added.nth(1).evaluate(PIXELS)
    assert (middle < 8, corner > 247) == (True, True)
    assert added.nth(2).evaluate(PIXELS) == pytest.approx([128, 128], abs=3)
    assert added.nth(3).evaluate(PIXELS) == pytest.approx([60, 60], abs=4)


def test_an_upload_that_the_browser_cannot_show_is_shown(open_page):
    page = open_page()
    open_tab(page, "pets.tab")
    page.locator("input[type=file]").locator("visible=true").or_(
        page.locator(".tabitem:visible input[type=file]")
    ).first.set_input_files(HEIC)
    page.wait_for_function(
        "[...document.images].some(img => img.src.startsWith('blob:') && img.naturalWidth === 96)"
    )
