"""The linear probe tab in a real browser."""

import re
from pathlib import Path

from playwright.sync_api import expect

from demos.runtime import i18n
from demos.runtime.i18n import say
from tests.browser.helpers import button, choose, open_tab, set_number


def test_a_head_is_trained_live_with_a_confusion_matrix(open_page):
    page = open_page()
    open_tab(page, "train.tab")
    bet = page.locator(".bet-point")
    bet.wait_for()
    bet.press("PageUp")
    number = int(bet.input_value())
    assert number > 50
    button(page, "run.train").click()
    page.locator("#train-status", has_text="after 20 epochs").wait_for()
    page.locator(".bet-outcome", has_text=f"You bet {number}%").wait_for()
    point, axis = bet.bounding_box(), page.locator("#train-plot svg").bounding_box()
    assert abs(point["x"] + 10 - axis["x"] - axis["width"]) <= 1
    assert abs(point["y"] + 10 - axis["y"]) <= 1
    page.locator("#train-plot polyline").first.wait_for()
    cell = page.locator("#train-matrix rect.cell").first
    cell.click()
    page.locator(".confusion-says", has_text="Abyssinian").wait_for()
    with page.expect_download() as download:
        page.locator("#train-csv").click()
    table = Path(download.value.path()).read_text().splitlines()
    assert len(table) == 38
    assert table[1].startswith("Abyssinian,")
    button(page, "train.control").click()
    page.locator("#train-plot", has_text=say("en", "train.kind.untrained")).wait_for()
    page.locator("#train-status", has_text="after 20 epochs").wait_for()
    button(page, "reset").click()
    page.wait_for_function("!document.querySelector('#train-plot polyline')")
    # A learning rate by one click; another run, stopped on its way.
    page.locator("#lr-chips").get_by_label("0.01", exact=True).check()
    set_number(page, "name.epochs", 100)
    button(page, "run.train").click()
    page.locator("#train-status", has_text=re.compile(r"Step [1-9]\d* of 100")).wait_for()
    button(page, "stop").click()
    said = page.locator("#train-status", has_text=re.compile(r"after \d+ epochs"))
    said.wait_for()
    assert int(re.search(r"after (\d+) epochs", said.inner_text())[1]) < 100
    page.locator("#train-matrix rect.cell").first.wait_for()
    # Only the tasks with animals show some.
    animals = page.locator("#train-animals img").first
    expect(animals).to_be_visible()
    choose(page, "name.task", say("en", "train.task.digits"))
    expect(animals).to_be_hidden()
    choose(page, "name.task", say("en", "train.task.breeds"))
    expect(animals).to_be_visible()


def test_own_classes_stay_in_the_page(open_page, photo):
    page = open_page()
    open_tab(page, "train.tab")
    open_tab(page, "own")
    cards = page.locator("#own .own-class")
    page.get_by_text(say("en", "own.train"), exact=True).last.wait_for()
    page.locator("#own button.go").click()
    page.locator("#own .own-trouble", has_text="2 to 40 photos; Class 1 has 0").wait_for()
    for place, (name, files) in enumerate(
        (("<b>cats</b>", ("kitten", "chelsea")), ("मांजर नाही", ("owl", "koala")))
    ):
        cards.nth(place).locator("input[type=text]").fill(name)
        cards.nth(place).locator("input[type=file]").set_input_files([photo(f) for f in files])
        cards.nth(place).locator("img").nth(1).wait_for()
    page.get_by_label(i18n.LANGUAGES["hi"]).check()
    page.locator("#own button.go", has_text=say("hi", "own.train")).wait_for()
    expect(cards.first.locator("img")).to_have_count(2)
    page.locator("#own .own-actions input[type=file]").set_input_files(photo("lemur"))
    page.locator("#own .own-result .bar").nth(1).wait_for()
    expect(page.locator("#own .own-result .bars")).to_contain_text("<b>cats</b>")
    # Renamed, the bars show the new name; taken out, the photo takes its bars with it.
    cards.first.locator("input[type=text]").fill("tigers")
    expect(page.locator("#own .own-result .bars")).to_contain_text("tigers")
    page.locator("#own .own-query button").press("Delete")
    expect(page.locator("#own .own-query img, #own .own-result .bar")).to_have_count(0)


def test_own_classes_and_their_photos_are_taken_out_by_keyboard(open_page, photo):
    page = open_page()
    open_tab(page, "train.tab")
    open_tab(page, "own")
    page.get_by_role("button", name=say("en", "own.class")).click()
    names = page.locator("#own .own-class input[type=text]")
    for number in range(3):
        expect(names.nth(number)).to_have_value(f"Class {number + 1}")
    files = [photo(name) for name in ("kitten", "chelsea", "owl")]
    page.locator("#own .own-class input[type=file]").nth(1).set_input_files(files)
    thumbnails = page.locator("#own .own-class .photo-thumbnails button")
    labels = [say("en", "own.remove", name=Path(file).name) for file in files]
    for number, label in enumerate(labels):
        expect(thumbnails.nth(number)).to_have_attribute("aria-label", label)
    thumbnails.nth(1).press("Delete")
    page.keyboard.press("Enter")  # the focus is on the next one
    expect(thumbnails).to_have_count(1)
    expect(thumbnails).to_have_attribute("aria-label", labels[0])
    page.get_by_role("button", name="Take out Class 1").press("Enter")
    expect(names).to_have_count(2)
    for number in range(2):
        expect(names.nth(number)).to_have_value(f"Class {number + 2}")
    expect(thumbnails).to_have_count(1)
