"""What the panels that scripts fill are made of, in a bare page: buttons that ask, fields that are
full, names that stay whole, and what the board gets of a small picture."""

import pytest
from playwright.sync_api import expect

from tests.serving import ROOT

STATIC = ROOT / "demos/ui/static"
PAINT = ROOT / "demos/board/paint.js"
# Lines on which each word of a text stands.
LINES = """element => {
  const range = document.createRange(), found = {};
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walk.nextNode())
    for (const { 0: word, index } of walk.currentNode.data.matchAll(/\\S+/g)) {
      range.setStart(walk.currentNode, index);
      range.setEnd(walk.currentNode, index + word.length);
      found[word] = new Set([...range.getClientRects()].map((place) => Math.round(place.top))).size;
    }
  return found;
}"""


@pytest.fixture
def panel(tab):
    tab.evaluate((STATIC / "panel.js").read_text(encoding="utf-8"))
    tab.evaluate("() => { document.body.innerHTML = '<main></main><input id=other>'; }")
    tab.evaluate("() => { netglassPanel.line = undefined; window.pressed = 0; window.has = true; }")
    return tab


@pytest.fixture
def careful(panel):
    panel.evaluate("""() => {
      const node = netglassPanel.careful("×", "Sure?", () => { pressed += 1; }, { has: () => has });
      node.setAttribute("aria-label", "Delete");
      document.querySelector("main").append(node);
    }""")
    return panel.locator("main button")


def pressed(page):
    return page.evaluate("pressed")


def test_a_careful_button_asks_once_by_mouse_and_by_keyboard(panel, careful):
    careful.click()
    assert pressed(panel) == 0
    expect(careful).to_have_accessible_name("Sure?")
    expect(panel.get_by_role("status")).to_have_text("Sure?")
    careful.click()
    assert pressed(panel) == 1
    expect(careful).to_have_accessible_name("Delete")
    expect(panel.get_by_role("status")).to_be_empty()
    for key in ("Enter", "Space"):
        careful.press(key)
        expect(careful).to_have_text("Sure?")
        careful.press(key)
    assert pressed(panel) == 3


@pytest.mark.parametrize("way", ["escape", "tab", "elsewhere"])
def test_a_careful_button_can_be_left(panel, careful, way):
    careful.click()
    if way == "elsewhere":
        panel.locator("#other").click()
    else:
        careful.press({"escape": "Escape", "tab": "Tab"}[way])
    expect(careful).to_have_text("×")
    careful.click()
    expect(careful).to_have_text("Sure?")
    assert pressed(panel) == 0


def test_who_comes_back_at_once_is_asked_again(panel, careful):
    careful.click()
    panel.locator("#other").focus()
    assert careful.inner_text() == "Sure?"  # what is pressed instead stays where it is
    careful.click()
    expect(careful).to_have_text("Sure?")
    assert pressed(panel) == 0
    careful.click()
    assert pressed(panel) == 1


def test_a_double_click_or_a_held_key_is_no_answer(panel, careful):
    careful.dblclick()
    expect(careful).to_have_text("Sure?")
    careful.press("Escape")
    for _ in range(4):  # the key is down: all but the first are its repeats
        panel.keyboard.down("Enter")
    panel.keyboard.up("Enter")
    expect(careful).to_have_text("Sure?")
    assert pressed(panel) == 0


def test_where_nothing_would_be_lost_nothing_is_asked(panel, careful):
    panel.evaluate("() => { has = false; }")
    careful.click()
    assert pressed(panel) == 1


def test_a_field_says_when_it_takes_no_more(panel):
    panel.evaluate("""() => {
      const field = document.getElementById("other");
      field.after(netglassPanel.limit(field, 5, "At most 5"));
    }""")
    field, line = panel.locator("#other"), panel.get_by_role("status")
    field.press_sequentially("abcd")
    expect(line).to_be_empty()
    field.press_sequentially("efg")
    expect(field).to_have_value("abcde")
    expect(line).to_have_text("At most 5")
    field.press("Backspace")
    expect(line).to_be_empty()


@pytest.mark.parametrize("width", [90, 120, 160, 300])
def test_names_of_classes_break_between_words_only(panel, width):
    for style in ("ui/static/plots.css", "attacks/attacks.css"):
        css = (ROOT / "demos" / style).read_text(encoding="utf-8")
        panel.evaluate(
            "css => { document.body.append(netglassPanel.make('style', '', css)); }", css
        )
    panel.evaluate(
        """width => {
          const main = document.querySelector("main"), { make } = netglassPanel;
          main.innerHTML = '<div class="gradio-container"><div class="main"><div class="contain">';
          const pair = make("div", "attack-pair"), box = make("div", "narrow");
          box.style.width = `${width}px`;
          box.append(netglassPanel.bars([["Madagascar cat", 0.9751, "real"]]));
          for (const side of ["before", "wipe", "after"])
            pair.append(make("div", side === "wipe" ? "attack-wipe" : "attack-verdict"));
          for (const verdict of pair.querySelectorAll(".attack-verdict"))
            verdict.append(make("b", "", "Madagascar cat"));
          pair.style.width = `${width + 380}px`;
          main.querySelector(".contain").append(box, pair);
        }""",
        width,
    )
    for place in (".narrow .bar", ".attack-verdict:first-child"):
        found = panel.locator(place).evaluate(LINES)
        assert found["Madagascar"] == found["cat"] == 1
    assert panel.locator(".narrow").evaluate("box => box.scrollWidth <= box.clientWidth")
    # A word that is wider than its box is not cut off.
    panel.evaluate("document.querySelector('.bar span').textContent = 'x'.repeat(80)")
    assert panel.locator(".narrow").evaluate("box => box.scrollWidth <= box.clientWidth")


@pytest.mark.parametrize(("rendering", "colours"), [("auto", "many"), ("pixelated", "two")])
def test_the_board_gets_a_small_picture_as_the_page_shows_it(panel, rendering, colours):
    panel.evaluate(PAINT.read_text(encoding="utf-8"))
    found = panel.evaluate(
        """async (rendering) => {
          const small = document.createElement("canvas"), pen = small.getContext("2d");
          small.width = small.height = 64;
          pen.fillRect(0, 0, 64, 64);
          pen.fillStyle = "#fff";
          pen.fillRect(32, 0, 32, 64);
          const picture = netglassPanel.make("img");
          picture.style.imageRendering = rendering;
          picture.src = small.toDataURL();
          document.body.append(picture);
          await picture.decode();
          const canvas = await netglassPaint.together([picture]);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return [canvas.width, new Set(new Uint32Array(data.buffer)).size];
        }""",
        rendering,
    )
    assert found[0] == 256
    assert found[1] == 2 if colours == "two" else found[1] > 2
