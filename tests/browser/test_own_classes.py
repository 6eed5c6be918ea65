"""A visitor's own classes that are kept on the device, taken along as a file, and deleted."""

import csv
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from demos.runtime.i18n import say
from models.linear_probe import saved_head
from tests.browser.helpers import WAIT, download

PHOTOS = {"cats": ("kitten", "chelsea"), "birds": ("owl", "koala")}


def open_own(open_page, **options):
    page = open_page(query="?tab=train&part=own", **options)
    page.locator("#own .own-class").first.wait_for()
    return page


def fill_classes(page, photo):
    cards = page.locator("#own .own-class")
    for place, (name, files) in enumerate(PHOTOS.items()):
        cards.nth(place).locator("input[type=text]").fill(name)
        cards.nth(place).locator("input[type=file]").first.set_input_files([*map(photo, files)])
        expect(cards.nth(place).locator("img")).to_have_count(2)


def check_that_it_asks_before_it_closes(page):
    """The answer is to stay."""
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.reload(), 0)")
    asked.value.dismiss()
    assert asked.value.type == "beforeunload"


def reload(page):
    page.reload()
    page.locator("#own .own-class").first.wait_for()


def kept(page):
    """What the browser's database has."""
    return page.evaluate("netglassOwnKept.read().then((found) => found ?? null)")


def wait_kept(page, condition):
    """Waits until what the browser's database has is as a condition in JavaScript says. (To
    `wait_for_function` a promise is true, whatever comes of it.)"""
    for _ in range(WAIT // 100):
        if page.evaluate(f"netglassOwnKept.read().then((found) => Boolean({condition}))"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def test_own_classes_survive_a_reload_where_they_are_kept(open_page, photo):
    page = open_own(open_page)
    photos, keep = page.locator("#own .own-class img"), page.locator("#own .own-keep")
    expect(keep).not_to_be_checked()
    fill_classes(page, photo)
    assert kept(page) is None
    check_that_it_asks_before_it_closes(page)
    expect(photos).to_have_count(4)
    keep.check()
    wait_kept(page, "found?.classes[1].photos.length")
    page.locator("#own button.go").click()
    page.locator("#own .own-result", has_text="%").wait_for()
    wait_kept(page, "found?.head")
    measured = page.locator("#own .own-result p", has_text="%").inner_text()
    matrix = page.locator("#own .own-matrix td button").all_inner_texts()
    reload(page)  # nothing asks: what is kept is not lost
    expect(page.locator("#own .own-result")).to_contain_text(say("en", "own.back_head"))
    expect(page.locator("#own .own-result p", has_text="%")).to_have_text(measured)
    expect(page.locator("#own .own-matrix td button")).to_have_text(matrix)
    expect(photos).to_have_count(4)
    names = page.locator("#own .own-class input[type=text]")
    for number, name in enumerate(PHOTOS):
        expect(names.nth(number)).to_have_value(name)
    expect(keep).to_be_checked()
    # What is switched off again is forgotten by the device, and stays in the page.
    keep.uncheck()
    wait_kept(page, "!found")
    expect(photos).to_have_count(4)
    check_that_it_asks_before_it_closes(page)


@pytest.mark.slow
def test_delete_everything_deletes(open_page, photo):
    page = open_own(open_page)
    fill_classes(page, photo)
    page.locator("#own .own-keep").check()
    wait_kept(page, "found?.classes[1].photos.length")
    delete = page.locator("#own .own-delete")
    delete.click()
    expect(delete).to_have_text(say("en", "press_again"))
    delete.press("Escape")
    expect(page.locator("#own .own-class img")).to_have_count(4)
    assert len(kept(page)["classes"]) == 2
    delete.press("Enter")
    delete.press("Enter")
    expect(page.locator("#own .own-result")).to_have_text(say("en", "own.deleted"))
    expect(delete).to_be_focused()
    expect(page.locator("#own img")).to_have_count(0)
    expect(page.locator("#own .own-keep")).not_to_be_checked()
    wait_kept(page, "!found")
    page.wait_for_timeout(500)  # what was still to be written is not
    assert kept(page) is None
    reload(page)
    expect(page.locator("#own img")).to_have_count(0)


@pytest.mark.slow
def test_the_head_goes_into_a_file_and_comes_back(open_page, photo, tmp_path):
    page = open_own(open_page)
    for which in ("save", "export"):
        page.locator(f"#own .own-{which}").click()
        expect(page.locator("#own .own-trouble")).to_have_text(say("en", "own.nothing"))
    fill_classes(page, photo)
    page.locator("#own button.go").click()
    page.locator("#own .own-result", has_text="%").wait_for()
    file = Path(download(page, "#own .own-save", tmp_path / "head.safetensors"))
    assert saved_head.read(file.read_bytes()).names == tuple(PHOTOS)
    packed = zipfile.ZipFile(download(page, "#own .own-export", tmp_path / "head.zip"))
    assert packed.read("labels.txt").decode().splitlines() == list(PHOTOS)
    # A new visitor opens it and has a photo named, without a photo of the classes.
    page = open_own(open_page)
    open_file = page.locator("#own .own-open")
    open_file.set_input_files(photo("owl"))
    expect(page.locator("#own .own-trouble")).to_have_text(say("en", "error.head_foreign"))
    empty = tmp_path / "empty.safetensors"
    empty.touch()
    open_file.set_input_files(empty)
    expect(page.locator("#own .own-trouble")).to_have_text(say("en", "error.head_empty"))
    open_file.set_input_files(file)
    opened = say("en", "own.opened", names=", ".join(PHOTOS))
    expect(page.locator("#own .own-result")).to_have_text(opened)
    expect(page.locator("#own .own-trouble")).to_be_empty()
    page.locator("#own .own-actions input[type=file]").first.set_input_files(photo("owl"))
    expect(page.locator("#own .own-result .bar").first).to_contain_text("birds")


@pytest.mark.slow
def test_a_cell_of_the_matrix_shows_the_photos_behind_it(open_page, photo):
    page = open_own(open_page)
    fill_classes(page, photo)
    page.locator("#own button.go").click()
    cells, behind = page.locator("#own .own-matrix td button"), page.locator("#own .own-behind")
    cells.first.wait_for()
    total = 0
    for number in range(cells.count()):
        cell = cells.nth(number)
        cell.focus()
        page.keyboard.press("Enter")
        expect(cell).to_have_attribute("aria-pressed", "true")
        expect(behind).to_contain_text(cell.get_attribute("aria-label"))
        count = int(cell.inner_text())
        expect(behind.locator("img")).to_have_count(count)
        names = [img.get_attribute("alt") for img in behind.locator("img").all()]
        row = cell.locator("xpath=ancestor::tr").locator("th").inner_text()
        assert {Path(name).stem for name in names} <= set(PHOTOS[row])
        total += count
    assert total == 4
    expect(page.locator("#own .own-matrix [aria-pressed=true]")).to_have_count(1)
    # What a screen reader meets.
    axe = pytest.importorskip("axe_playwright_python")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    broken = page.evaluate("axe.run('#own', {resultTypes: ['violations']})")["violations"]
    assert [rule["id"] for rule in broken if rule["impact"] in ("serious", "critical")] == []
    cells.last.press("Enter")
    expect(behind).to_be_empty()


@pytest.mark.slow
def test_the_matrix_is_saved_and_the_code_names_the_photos(open_page, photo, tmp_path):
    page = open_own(open_page)
    fill_classes(page, photo)
    first = page.locator("#own .own-class input[type=text]").first
    first.fill('मांजर, "x"')
    page.locator("#own .own-actions input[type=file]").first.set_input_files(photo("koala"))
    page.locator("#own .own-matrix td button").first.wait_for()
    table = Path(download(page, "#own .own-csv", tmp_path / "matrix.csv")).read_text("utf-8")
    head, *rows = csv.reader(table.splitlines())
    assert head == ["true class", 'मांजर, "x"', "birds"]
    assert [row[0] for row in rows] == head[1:]
    assert [sum(map(int, row[1:])) for row in rows] == [2, 2]
    with Image.open(download(page, "#own .own-png", tmp_path / "matrix.png")) as picture:
        assert picture.format == "PNG"
        width, height = picture.size
        assert width == height > 2 * 64
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 3
    panel = page.locator("#own details.code")
    panel.locator("summary", has_text=say("en", "code.show")).click()
    code = panel.locator("pre")
    expect(code).to_contain_text('["kitten.jpg", "chelsea.jpg"]')
    expect(code).to_contain_text('photo = "koala.jpg"')
    expect(panel).to_contain_text(say("en", "code.note.own_classes"))
    # It follows the names, and stays unfolded.
    first.fill("cats")
    expect(code).to_contain_text('"cats": ["kitten.jpg"')
    expect(panel).to_have_attribute("open", "")


@pytest.mark.slow
def test_a_head_that_was_kept_without_its_figures_says_so(open_page, photo):
    """As it was kept before figures were, or when the page went while it learnt."""
    page = open_own(open_page)
    fill_classes(page, photo)
    page.locator("#own .own-keep").check()
    page.locator("#own button.go").click()
    wait_kept(page, "found?.head")
    page.evaluate("""netglassOwnKept.read().then(
        ({ classes, head }) => netglassOwnKept.write({ classes, head }))""")
    reload(page)
    lines = page.locator("#own .own-result p")
    expect(lines).to_have_text([say("en", "own.back_head"), say("en", "own.unmeasured")])
    page.locator("#own button.go").click()
    page.locator("#own .own-result", has_text="%").wait_for()
    # A class with photos is taken out when that is confirmed.
    page.get_by_role("button", name=say("en", "own.class"), exact=True).click()
    cards = page.locator("#own .own-class")
    cards.last.locator(".own-remove").click()  # nothing is in it
    expect(cards).to_have_count(2)
    page.get_by_role("button", name=say("en", "own.class"), exact=True).click()
    cards.first.locator(".own-remove").click()
    expect(cards.first.locator(".own-remove")).to_have_text(say("en", "own.remove_sure"))
    expect(cards).to_have_count(3)
    cards.first.locator(".own-remove").click()
    expect(cards).to_have_count(2)
    expect(page.locator("#own .own-class img")).to_have_count(2)


@pytest.mark.slow
def test_a_browser_that_keeps_nothing_says_so(open_page, photo):
    def broken(page):
        page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('private'); }")

    page = open_own(open_page, prepare=broken)
    fill_classes(page, photo)
    page.locator("#own .own-keep").click()
    expect(page.locator("#own .own-trouble")).to_have_text(say("en", "own.not_kept"))
    expect(page.locator("#own .own-keep")).not_to_be_checked()
    expect(page.locator("#own .own-class img")).to_have_count(4)
