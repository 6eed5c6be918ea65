"""A teacher and two students: pins, review, questions, the table, a reload, and the end."""

import pytest
from playwright.sync_api import expect

from demos.runtime.i18n import say
from tests import serving
from tests.browser.helpers import PHONE, button, open_tab
from tests.browser.test_own_classes import fill_classes
from tests.serving import TEACHER_KEY


def panel(page):
    return page.locator("#board")


def opened_board(open_page, **options):
    """A teacher's page with a board, and its code."""
    page = open_page(query="?tab=class", **options)
    page.get_by_label(say("en", "board.key")).fill(TEACHER_KEY)
    button(page, "board.open").click()
    new = button(page, "board.new")
    letters = page.locator(".board-letters")
    new.or_(letters).first.wait_for()
    if new.count():  # boards of other tests are open
        new.click()
    letters.wait_for()
    return page, letters.inner_text()


def joined(open_page, code, name="", query="?tab=class", **options):
    page = open_page(query=f"{query}&board={code}", viewport=PHONE, **options)
    page.get_by_label(say("en", "board.nickname")).fill(name)
    button(page, "board.join").click()
    panel(page).get_by_role("heading", name=say("en", "board.title", code=code)).wait_for()
    return page


def drawn(picture):
    expect(picture).to_be_visible()
    there = "img => img.complete && img.naturalWidth > 8"
    picture.page.wait_for_function(there, arg=picture.element_handle())
    colours = """img => {
      const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
      context.drawImage(img, 0, 0, 64, 64);
      return new Set(new Uint32Array(context.getImageData(0, 0, 64, 64).data.buffer)).size;
    }"""
    assert picture.evaluate(colours) > 500  # a photo


def shown(page):
    return page.locator("#board .board-pins figure")


@pytest.fixture(params=["https", "http"])
def school(request, tmp_path, app_url, monkeypatch):
    """How a class opens the page: by a name that is not localhost, or with https and a certificate
    of its own."""
    if request.param == "http":
        yield {"host": "netglass.test"}
        return
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # of the certificate
    with serving.app(tmp_path, "--https") as url:
        yield {"url": url}


@pytest.mark.slow
def test_a_teacher_and_two_students(open_page, school):
    teacher, code = opened_board(open_page, **school)
    ravi = joined(open_page, code, "<b>Ravi</b>", **school)
    other = joined(open_page, code, **school)

    # A pin reaches the projector and the other phone, with its settings as a link.
    open_tab(ravi, "attack.tab")
    ravi.locator("#attack-card .show-class").click()
    expect(ravi.locator(".show-class-line")).to_have_text(say("en", "board.sent"))
    for page in (teacher, other):
        expect(shown(page)).to_have_count(1)
        expect(shown(page)).to_contain_text("<b>Ravi</b>")
        expect(shown(page).get_by_role("link")).to_have_attribute("href", "?tab=attack")
    drawn(shown(teacher).locator("img"))

    # With "review first" nothing appears before it is approved.
    teacher.get_by_label(say("en", "board.review")).check()
    open_tab(other, "gan.tab")
    drawn(other.locator(".gan-cat img"))
    other.locator("#gan-card .show-class").first.click()
    expect(other.locator(".show-class-line")).to_have_text(say("en", "board.sent_waiting"))
    waiting = teacher.get_by_text(say("en", "board.waiting", count=1))
    waiting.click()
    expect(shown(teacher)).to_have_count(1)
    teacher.get_by_role("button", name=say("en", "board.approve")).click()
    expect(shown(teacher)).to_have_count(2)

    # Enlarged, compared, hidden.
    enlarge = shown(teacher).get_by_role("button", name=say("en", "board.enlarge"))
    enlarge.first.click()
    expect(teacher.locator("#board figure.large")).to_have_count(1)
    shown(teacher).nth(1).get_by_role("button", name=say("en", "board.compare")).click()
    expect(teacher.locator("#board figure.large")).to_have_count(2)
    button(teacher, "board.all").click()
    expect(teacher.locator("#board figure.large")).to_have_count(0)
    shown(teacher).first.get_by_role("button", name=say("en", "board.hide")).click()
    expect(shown(teacher)).to_have_count(1)

    # Two votes on the phones, wherever they are.
    teacher.get_by_text(say("en", "board.ask_title")).click()
    button(teacher, "board.ask.jpeg").click()
    answers = teacher.locator("#board .board-question dd")
    for page, answer in ((ravi, 1), (other, 2)):
        button(page, f"board.ask.jpeg.{answer}").click()
        chosen = button(page, f"board.ask.jpeg.{answer}")
        expect(chosen).to_have_attribute("aria-pressed", "true")
    for row, text in enumerate(("1", "1", "0")):
        expect(answers.nth(row)).to_have_text(text)
    button(teacher, "board.ask_again").click()
    expect(button(ravi, "board.ask.jpeg.1")).to_have_attribute("aria-pressed", "false")
    for page in (ravi, other):
        button(page, "board.ask.jpeg.1").click()
    expect(answers.first).to_have_text("Before1After2")

    # The table, sorted by the tab; a reload of all three.
    rows = teacher.locator("#board tbody tr")
    expect(rows.first).to_contain_text("<b>Ravi</b>")
    expect(rows.nth(1)).to_contain_text(say("en", "gan.tab"))
    teacher.get_by_role("button", name=say("en", "board.table_tab")).click()
    expect(rows.nth(1)).to_contain_text(say("en", "gan.tab"))
    for page in (teacher, ravi):
        page.reload()
    expect(teacher.locator(".board-letters")).to_have_text(code)
    expect(rows).to_have_count(2)

    # Who leaves is asked.
    open_tab(other, "board.tab")
    leave = other.locator("#board [data-key=leave]")
    leave.click()
    expect(leave).to_have_text(say("en", "board.leave_sure"))
    expect(rows).to_have_count(2)
    leave.click()
    expect(other.get_by_label(say("en", "board.code"))).to_be_visible()
    expect(rows).to_have_count(1)

    # The end.
    end = teacher.locator("#board [data-key=end]")
    end.click()
    expect(end).to_have_text(say("en", "press_again"))
    end.click()
    expect(teacher.get_by_label(say("en", "board.key"))).to_be_visible()
    expect(ravi.locator("#class-bar")).to_be_empty()


@pytest.mark.slow
def test_a_board_that_nobody_used_ends_without_a_question(open_page):
    teacher, _ = opened_board(open_page)
    clear, end = (teacher.locator(f"#board [data-key={action}]") for action in ("clear", "end"))
    clear.click()
    expect(clear).to_have_text(say("en", "board.clear"))
    end.click()
    expect(teacher.get_by_label(say("en", "board.key"))).to_be_visible()


@pytest.mark.slow
def test_a_wrong_code_and_a_wrong_key_are_said(open_page):
    page = open_page(query="?tab=class&lang=hi")
    page.get_by_label(say("hi", "board.code")).fill("zzzz")
    button(page, "board.join", "hi").click()
    alert = page.locator("#board [role=alert]")
    expect(alert).to_have_text(say("hi", "error.board_unknown", code="ZZZZ"))
    page.get_by_label(say("hi", "board.code")).fill("")
    button(page, "board.join", "hi").click()
    expect(alert).to_have_text(say("hi", "error.board_no_code"))
    page.get_by_label(say("hi", "board.key")).fill("no")
    button(page, "board.open", "hi").click()
    expect(alert).to_have_text(say("hi", "error.board_key"))


@pytest.mark.slow
def test_of_own_classes_the_figures_are_shown_and_no_photo(open_page, app_url, photo):
    teacher, code = opened_board(open_page)
    student = joined(open_page, code)
    student.goto(f"{app_url}?tab=train&part=own")
    student.locator("#own .own-class").first.wait_for()
    fill_classes(student, photo)
    student.locator("#own button.go").click()
    student.locator("#own .own-result", has_text="%").wait_for()
    row = student.locator("[data-shown*='.own-result']")
    row.get_by_role("button").click()
    expect(row.locator(".show-class-line")).to_have_text(say("en", "board.sent"))
    pinned = student.locator(row.get_attribute("data-shown"))
    expect(pinned.first).to_be_visible()
    expect(pinned.locator("img")).to_have_count(0)
    expect(shown(teacher)).to_have_count(1)
    link = shown(teacher).get_by_role("link")
    expect(link).to_have_attribute("href", "?tab=train&part=own")


@pytest.mark.slow
def test_only_who_is_on_a_board_is_offered_to_show_the_class(open_page):
    page = open_page(query="?tab=attack")
    page.locator("#attack-card-origin").wait_for()
    expect(page.locator("#attack-card .show-class")).to_be_hidden()
