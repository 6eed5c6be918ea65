"""A board: who is on it, what is pinned, what is asked; its bounds, and what is refused."""

import re
import time
from pathlib import Path

import pytest

from demos import lessons
from demos.board import board as boards_module
from demos.board import tab as board_tab
from demos.board.board import MAX_PINS, MAX_STUDENTS, Board
from demos.board.boards import LENGTH, LETTERS, Boards
from demos.board.settings import (
    MAX_NICKNAME,
    FoundSettings,
    JoinSettings,
    PinSettings,
    QuestionSettings,
    checked_link,
)
from demos.runtime.i18n import texts
from demos.ui import class_questions
from models.validation import ValidationError

HERE = "192.168.1.55"
JPEG = {"name": "jpeg"}


def refused(key):
    return pytest.raises(ValidationError, check=lambda error: error.key == key)


@pytest.fixture
def board():
    return Board("ABCD")


def pin(board, student=None, picture=b"a picture"):
    return board.pin(student or board.join(""), {"en": "A dog"}, "tab=attack", picture)


# -- who ------------------------------------------------------------------------------------------


def test_a_code_is_four_letters_that_nobody_mistakes():
    found = Boards()
    code = found.open().code
    assert len(code) == LENGTH
    assert set(code) <= set(LETTERS)
    assert not set("ILO0123456789") & set(LETTERS)
    assert found.find(HERE, JoinSettings(code=f" {code.lower()} ").code).code == code


def test_no_more_boards_than_there_may_be_until_one_ends():
    found = Boards(most=2)
    first, _ = found.open(), found.open()
    with refused("boards_full"):
        found.open()
    student = first.join("")
    pin(first, student)
    found.close(first)
    assert first.ended
    assert first.state(None)["pins"] == []
    with refused("board_unknown"):
        found.find(HERE, first.code)
    found.open()


def test_a_board_ends_after_its_time_looked_at_or_not():
    found = Boards(life_seconds=60)
    board = found.open()
    board.state(None)
    board.last_seen -= 61
    found.free_idle()
    assert found.get(board.code) is None


def test_wrong_codes_and_keys_of_one_address_are_limited_and_right_ones_are_not():
    found = Boards()
    board = found.open()
    for _ in range(200):  # a class behind one address
        found.find(HERE, board.code)
        found.check_key(HERE, found.key)
    for n in range(60):
        key = "board_unknown" if n < 40 else "board_tries"
        with refused(key):
            found.find(HERE, "ZZZZ" if board.code != "ZZZZ" else "YYYY")
    with refused("board_tries"):  # a guesser learns nothing by a right one either
        found.find(HERE, board.code)
    with refused("board_tries"):
        found.check_key(HERE, found.key)
    assert found.find("192.168.1.56", board.code) is board


@pytest.mark.parametrize("key", ["", None, 7, "wrong", "ключ"])
def test_a_wrong_key_opens_nothing(key):
    with refused("board_key"):
        Boards().check_key(HERE, key)


def test_a_board_has_so_many_places_and_gives_away_those_left_long_ago(board):
    first, *_ = [board.join("") for _ in range(MAX_STUDENTS)]
    with refused("board_full"):
        board.join("")
    first.last_seen -= 600
    late = board.join("")
    assert late.number == MAX_STUDENTS + 1
    assert board.student(first.token) is None


def test_names_are_lines_of_bounded_length():
    assert JoinSettings(nickname=" <b>\n Ravi\u202e ").nickname == "<b> Ravi"  # pages escape it
    assert JoinSettings(nickname=None).nickname == ""
    assert JoinSettings(nickname="क्‍ष").nickname == "क्‍ष"
    with refused("text_too_long"):
        JoinSettings(nickname="a" * (MAX_NICKNAME + 1))
    with refused("not_a_text"):
        JoinSettings(nickname=["Ravi"])


# -- pins -----------------------------------------------------------------------------------------


def test_a_pin_is_seen_by_all_unless_the_teacher_looks_first(board):
    student, other = board.join("Ravi"), board.join("")
    shown = pin(board, student)
    assert [one["key"] for one in board.state(other)["pins"]] == [shown.key]
    board.review(True)
    waiting = pin(board, student)
    assert [one["key"] for one in board.state(student)["pins"]] == [shown.key]
    assert [one["key"] for one in board.state(None)["waiting"]] == [waiting.key]
    assert "waiting" not in board.state(student)
    board.approve(waiting.key)
    assert len(board.state(other)["pins"]) == 2


def test_a_hidden_pin_is_not_enlarged_and_comes_back(board):
    one, two = pin(board), pin(board)
    board.show([one.key, two.key])
    assert board.state(None)["shown"] == [one.key, two.key]
    board.hide(one.key)
    assert board.state(None)["shown"] == [two.key]
    assert [each["key"] for each in board.state(None)["hidden"]] == [one.key]
    board.approve(one.key)
    assert len(board.state(None)["pins"]) == 2
    board.remove(one.key)
    assert board.picture(one.key) is None
    board.clear()
    assert board.state(None) | {"version": ""} == board.state(None) | {
        "version": "", "pins": [], "hidden": [], "waiting": [], "shown": [],
    }  # fmt: skip
    for action in (board.approve, board.hide, board.remove, lambda key: board.show([key])):
        with refused("board_pin_gone"):
            action(two.key)


def test_a_board_holds_so_many_pins_and_so_many_bytes(board, monkeypatch):
    student = board.join("")
    for _ in range(MAX_PINS):
        pin(board, student)
    with refused("board_pins_full"):
        pin(board, student)
    monkeypatch.setattr(boards_module, "MAX_BYTES", 100)
    board.clear()
    pin(board, student, b"a" * 60)
    with refused("board_pins_full"):
        pin(board, student, b"a" * 60)
    pin(board, student, b"a" * 40)


def test_a_student_who_pins_too_fast_waits_and_others_do_not(board):
    hasty, other = board.join(""), board.join("")
    for _ in range(10):
        board.may_pin(hasty)
    for _ in range(290):
        with refused("board_too_fast"):
            board.may_pin(hasty)
    board.may_pin(other)


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "https://evil.example/?tab=gan", "seed=5", "tab=gan&<b>=5",
     "tab=" + "a" * 60, "tab=gan&seed=" + "5" * 3000],
)  # fmt: skip
def test_a_link_leads_to_a_tab_of_this_page_and_nowhere_else(link):
    with refused("board_link"):
        checked_link(link)


def test_a_link_is_written_anew():
    assert checked_link("?tab=attack&target=Siamese cat&epsilon=4") == (
        "tab=attack&target=Siamese+cat&epsilon=4"
    )
    assert checked_link('tab=gan&x="><script>') == "tab=gan&x=%22%3E%3Cscript%3E"
    assert checked_link("") == ""


def test_words_of_a_pin_are_bounded_and_known_languages_only():
    words = PinSettings(words=[{"en": "A\ndog", "mr": "कुत्रा", "xx": "?"}]).words[0]
    assert words == {"en": "A dog", "mr": "कुत्रा"}
    with refused("text_too_long"):
        PinSettings(words=[{"en": "a" * 500}])
    with refused("not_a_text"):
        PinSettings(words=["a dog"])


@pytest.mark.parametrize("picture", ["data:image/png;base64,%%%", "nothing at all!"])
def test_what_is_not_base64_is_no_picture(picture):
    with refused("not_a_picture"):
        PinSettings(picture=picture).content  # noqa: B018


# -- questions ------------------------------------------------------------------------------------


def test_a_second_answer_replaces_the_first_and_the_second_vote_stands_beside(board):
    ann, ben = board.join(""), board.join("")
    board.ask(QuestionSettings(**JPEG))
    key = board.state(ann)["question"]["key"]
    board.vote(ann, key, 0)
    board.vote(ann, key, 2)
    board.vote(ben, key, 2)
    told = board.state(ann)["question"]
    assert (told["rounds"], told["mine"], told["open"]) == ([[0, 0, 2]], [2], True)
    assert "mine" not in board.state(None)["question"]
    board.close_question()
    with refused("board_no_question"):
        board.vote(ann, key, 1)
    board.ask_again()
    board.vote(ann, key, 0)
    told = board.state(ann)["question"]
    assert (told["rounds"], told["mine"], told["more"]) == ([[0, 0, 2], [1, 0, 0]], [2, 0], False)
    with refused("board_no_question"):
        board.ask_again()
    board.drop_question()
    assert board.state(ben)["question"] is None


@pytest.mark.parametrize("answer", [-1, 3, "0", None, 1.5, [0]])
def test_no_other_answers_than_there_are(board, answer):
    student = board.join("")
    board.ask(QuestionSettings(**JPEG))
    with refused("board_no_question"):
        board.vote(student, board.state(student)["question"]["key"], answer)


def test_an_answer_to_a_question_that_is_gone_counts_for_no_other(board):
    student = board.join("")
    board.ask(QuestionSettings(**JPEG))
    old = board.state(student)["question"]["key"]
    board.ask(QuestionSettings(**JPEG))
    with refused("board_no_question"):
        board.vote(student, old, 0)


@pytest.mark.parametrize(
    "answers", [[], ["yes"], ["yes", " yes "], list("abcde"), ["yes", "n" * 61], ["", "", "a"]]
)
def test_a_typed_question_has_two_to_four_different_answers(answers):
    with refused("board_answers"):
        QuestionSettings(question="Will it?", answers=answers)


def test_a_typed_question_is_there():
    asked = QuestionSettings(question=" Will it\n? ", answers=[" yes ", "no", ""])
    assert (asked.question, asked.answers, asked.count) == ("Will it ?", ("yes", "no"), 2)
    with refused("board_question"):
        QuestionSettings(question="  ", answers=["yes", "no"])
    with refused("unknown_choice"):
        QuestionSettings(name="weather")


def test_prepared_questions_have_texts_and_belong_to_steps_of_the_lessons():
    for lesson, steps in class_questions.QUESTIONS.items():
        assert set(steps) <= set(range(1, len(lessons.STEPS[lesson]) + 1))
    for name in class_questions.NAMES:
        keys = [f"board.{key}" for key in class_questions.keys(name)]
        assert [key for key in keys if key not in texts("en")] == []
        assert f"board.ask.{name}.{class_questions.ANSWERS + 1}" not in texts("en")


def test_the_script_has_the_same_questions():
    script = (Path(board_tab.__file__).parent / "teacher.js").read_text(encoding="utf-8")
    block = re.search(r"const LESSONS = \{(.*?)\};", script, re.DOTALL)[1]
    found = {
        lesson: re.findall(r'"(\w+)"', names)
        for lesson, names in re.findall(r"(\w+): \[(.*?)\]", block)
    }
    assert found == {name: [*steps.values()] for name, steps in class_questions.QUESTIONS.items()}


# -- at a glance ----------------------------------------------------------------------------------


def test_the_table_has_the_best_of_each_and_who_is_where(board):
    student = board.join("Ravi")
    board.seen(student, "attack")
    for found in ({"epsilon": 4, "accuracy": 0.8}, {"epsilon": 8, "modes": 5}, {"accuracy": 0.9}):
        board.report(student, FoundSettings(**found))
    pin(board, student)
    (row,) = board.state(None)["students"]
    assert row == {
        "number": 1, "nickname": "Ravi", "tab": "attack", "away": False, "pins": 1,
        "accuracy": 0.9, "epsilon": 4.0, "modes": 5,
    }  # fmt: skip
    assert "students" not in board.state(student)
    board.leave(student)
    assert board.state(None)["students"] == []
    assert len(board.state(None)["pins"]) == 1


@pytest.mark.parametrize("found", [{"accuracy": 2}, {"modes": -1}, {"epsilon": "nan"}])
def test_what_can_not_be_reached_is_refused(found):
    with pytest.raises(ValidationError):
        FoundSettings(**found)


def test_a_page_is_told_only_what_is_new_to_it(board):
    student = board.join("")
    before = board.version(student), board.version(None)
    board.seen(student, "gan")
    assert board.version(student) == before[0]
    assert board.version(None) != before[1]
    pin(board, student)
    assert board.version(student) != before[0]
    told = board.version(None)
    student.last_seen = time.monotonic() - 60
    assert board.version(None) != told  # the table says that they are away
