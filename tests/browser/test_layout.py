"""How every tab is laid out when it opens: the question, where the result starts, no empty box, no
text cut off, nothing beyond the page, low knobs, one primary button a card (layout.js measures)."""

from pathlib import Path

import pytest

from demos.layout import TABS
from tests.browser.helpers import LAPTOP, PHONE, WAIT, open_tab, slow_cases

MEASURE = Path(__file__).with_name("layout.js").read_text(encoding="utf-8")
SMALL, BEAMER = {"width": 320, "height": 568}, {"width": 1920, "height": 1080}
SIZES = (
    (LAPTOP, {"start": 240, "lines": 1}),
    (PHONE, {"start": 300, "lines": 2}),
    (SMALL, {}),
)
# A laptop's type is 16 px of 1280.
PROJECTED = {"share": 0.55, "picture": 1 / 8, "text": 16 / 1280}
SETTLING = 8000  # milliseconds for a tab to fill itself, when another has a fault already


def faults(page, language, sizes):
    """What is wrong with each tab at each size, after it had time to settle."""
    found = []
    for demo in TABS:
        open_tab(page, f"{demo.NAME}.tab", language)
        for viewport, limits in sizes:
            page.set_viewport_size(viewport)
            size = "{width}x{height}".format(**viewport)
            # The server draws what some tabs open with, and may be busy.
            for _ in range((SETTLING if found else WAIT) // 250):
                wrong = page.evaluate(MEASURE, limits)
                if not wrong:
                    break
                page.wait_for_timeout(250)
            found += [f"{demo.NAME} at {size} in {language}: {what}" for what in wrong]
    return found


@pytest.mark.parametrize("language", ["en", *slow_cases("mr", "ne", "hi")])
def test_every_tab_is_laid_out_well(open_page, language):
    found = faults(open_page(language), language, SIZES)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", slow_cases("en", "mr", "ne", "hi"))
def test_a_projector_shows_the_result_large(open_page, language):
    page = open_page(language, BEAMER, query="?projector=1")
    found = faults(page, language, [(BEAMER, PROJECTED)])
    assert not found, "\n".join(found)
