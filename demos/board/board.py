"""One class's board: its students, what they pinned, and what they were asked. In memory only."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from demos.board.settings import FoundSettings, QuestionSettings
from demos.runtime.middleware import TokenBucket
from models.validation import ValidationError

MAX_STUDENTS, MAX_PINS, MAX_BYTES = 60, 200, 40 << 20
PIN_RATE, PIN_BURST = 1 / 6, 10  # pins a second of one student, and at once
AWAY_SECONDS = 30.0  # without a sign of a student's page
FREE_SECONDS = 300.0  # after which a full board gives a student's place away
MAX_ROUNDS = 2  # of a question: before the experiment, and after it
MAX_SHOWN = 2  # pins that are enlarged side by side


@dataclass
class Student:
    """Somebody who joined.

    Attributes:
        number: on this board, from 1.
        nickname: "" for none.
        token: what the student's page proves itself by.
        tab: the one that is open in it.
        found: the best that it has reached.
        last_seen: by `time.monotonic`.
    """

    number: int
    nickname: str
    token: str = field(default_factory=secrets.token_urlsafe)
    tab: str = ""
    found: FoundSettings = field(default_factory=FoundSettings)
    last_seen: float = field(default_factory=time.monotonic)

    @property
    def is_away(self) -> bool:
        """Whether the student's page has given no sign for a while."""
        return time.monotonic() - self.last_seen > AWAY_SECONDS


@dataclass
class Pin:
    """A picture on the board.

    Attributes:
        student: the number of who pinned it.
        nickname: of that student, who may have left.
        words: what it is, by language.
        link: parameters of the address that opens its settings; "" for none.
        picture: a WebP file.
        approved: by the teacher, if the board is reviewed.
        key: of its picture's address.
    """

    student: int
    nickname: str
    words: dict[str, str]
    link: str
    picture: bytes
    approved: bool
    hidden: bool = False
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def visible(self) -> bool:
        """Whether the class sees it."""
        return self.approved and not self.hidden

    def told(self) -> dict[str, Any]:
        """What pages are told of it."""
        return {
            "key": self.key, "student": self.student, "nickname": self.nickname,
            "words": self.words, "link": self.link,
        }  # fmt: skip


@dataclass
class Question:
    """A question, and who answered what in its rounds.

    Attributes:
        rounds: for each the answer's index by the student's number.
        is_open: whether the last round still takes answers.
    """

    asked: QuestionSettings
    rounds: list[dict[int, int]] = field(default_factory=lambda: [{}])
    is_open: bool = True
    key: str = field(default_factory=lambda: uuid4().hex)

    def counts(self) -> list[list[int]]:
        """For each round how many chose each answer."""
        answers = range(self.asked.count)
        return [[list(votes.values()).count(n) for n in answers] for votes in self.rounds]


class Board:
    """A board. All methods may be called from any thread.

    Args:
        code: its four letters.

    Attributes:
        token: what the teacher's page proves itself by.
        last_seen: when it was opened: a board lives two hours, looked at or not.
        ended: whether it is over.
    """

    def __init__(self, code: str) -> None:
        self.code, self.token = code, secrets.token_urlsafe()
        self.last_seen = time.monotonic()
        self.ended = False
        self._lock = threading.RLock()
        self._students: dict[str, Student] = {}
        self._pins: dict[str, Pin] = {}
        self._shown: list[str] = []  # keys of the pins that are enlarged
        self._question: Question | None = None
        self._review = False
        self._joined = 0
        self._pin_limit = TokenBucket(PIN_RATE, PIN_BURST)
        # What all see has changed so often; and the table, which only the teacher sees.
        self._changes = self._moves = 0

    # -- who ------------------------------------------------------------------------------------

    def join(self, nickname: str) -> Student:
        """A new student.

        Raises:
            ValidationError: all places are taken.
        """
        with self._lock:
            if len(self._students) >= MAX_STUDENTS:
                self._free_a_place()
            self._joined += 1
            student = Student(self._joined, nickname)
            self._students[student.token] = student
            self._moves += 1
            return student

    def _free_a_place(self) -> None:
        oldest = min(self._students.values(), key=lambda student: student.last_seen)
        if oldest.last_seen > time.monotonic() - FREE_SECONDS:
            raise ValidationError("board_full", limit=MAX_STUDENTS)
        del self._students[oldest.token]

    def student(self, token: str) -> Student | None:
        """Who has that token."""
        with self._lock:
            return self._students.get(token)

    def leave(self, student: Student) -> None:
        """Gives up a place; what was pinned stays."""
        with self._lock:
            self._students.pop(student.token, None)
            self._moves += 1

    def seen(self, student: Student, tab: str) -> None:
        """Notes a sign of the student's page, and which tab is open in it."""
        with self._lock:
            student.last_seen = time.monotonic()
            if tab and tab != student.tab:
                student.tab = tab
                self._moves += 1

    def report(self, student: Student, found: FoundSettings) -> None:
        """Notes what the student's page has reached, if it is better than before."""
        with self._lock:
            student.found = student.found.better_of(found)
            self._moves += 1

    # -- pins -----------------------------------------------------------------------------------

    def may_pin(self, student: Student) -> None:
        """To be called before the picture is decoded.

        Raises:
            ValidationError: the student pins too fast, or the board is full.
        """
        with self._lock:
            if not self._pin_limit.take(student.token):
                raise ValidationError("board_too_fast")
            self._check_room(0)

    def _check_room(self, size: int) -> None:
        taken = sum(len(pin.picture) for pin in self._pins.values())
        if len(self._pins) >= MAX_PINS or taken + size > MAX_BYTES:
            raise ValidationError("board_pins_full", limit=MAX_PINS, megabytes=MAX_BYTES >> 20)

    def pin(self, student: Student, words: dict[str, str], link: str, picture: bytes) -> Pin:
        """Puts a picture on the board; under review it waits for the teacher.

        Raises:
            ValidationError: the board is full.
        """
        with self._lock:
            self._check_room(len(picture))
            made = Pin(
                student.number, student.nickname, words, link, picture, approved=not self._review
            )
            self._pins[made.key] = made
            self._changes += 1
            return made

    def picture(self, key: str) -> bytes | None:
        """The file of a pin."""
        with self._lock:
            pin = self._pins.get(key)
            return pin.picture if pin else None

    def _pin(self, key: object) -> Pin:
        pin = self._pins.get(str(key))
        if pin is None:
            raise ValidationError("board_pin_gone")
        return pin

    def approve(self, key: object) -> None:
        """Lets the class see a pin that waits, or was hidden.

        Raises:
            ValidationError: it is no longer here; so do the others below.
        """
        with self._lock:
            pin = self._pin(key)
            pin.approved, pin.hidden = True, False
            self._changes += 1

    def hide(self, key: object) -> None:
        """Takes a pin from the class's sight."""
        with self._lock:
            self._pin(key).hidden = True
            self._shown = [shown for shown in self._shown if shown != key]
            self._changes += 1

    def remove(self, key: object) -> None:
        """Takes a pin off the board for good."""
        with self._lock:
            self.hide(key)
            del self._pins[str(key)]

    def clear(self) -> None:
        """Takes all pins off."""
        with self._lock:
            self._pins, self._shown = {}, []
            self._changes += 1

    def show(self, keys: list[object]) -> None:
        """Enlarges one pin, compares two, or goes back to all."""
        with self._lock:
            self._shown = [self._pin(key).key for key in keys[-MAX_SHOWN:]]
            self._changes += 1

    def review(self, on: bool) -> None:
        """Whether new pins wait for the teacher."""
        with self._lock:
            self._review = on
            self._changes += 1

    # -- questions ------------------------------------------------------------------------------

    def ask(self, asked: QuestionSettings) -> None:
        """Puts a question to the class, in place of the one before."""
        with self._lock:
            self._question = Question(asked)
            self._changes += 1

    def ask_again(self) -> None:
        """The second vote, after the experiment; the first stands beside it.

        Raises:
            ValidationError: there is no question, or it had its second vote; so below.
        """
        with self._lock:
            question = self._asked(self._question)
            if len(question.rounds) >= MAX_ROUNDS:
                raise ValidationError("board_no_question")
            question.rounds.append({})
            question.is_open = True
            self._changes += 1

    def close_question(self) -> None:
        """Takes no more answers."""
        with self._lock:
            self._asked(self._question).is_open = False
            self._changes += 1

    def drop_question(self) -> None:
        """Takes the question off the board."""
        with self._lock:
            self._question = None
            self._changes += 1

    def vote(self, student: Student, key: object, answer: object) -> None:
        """A student's answer in the question's last round; a second one replaces the first."""
        with self._lock:
            question = self._asked(self._question)
            known = isinstance(answer, int) and 0 <= answer < question.asked.count
            if question.key != key or not question.is_open or not known:
                raise ValidationError("board_no_question")
            question.rounds[-1][student.number] = int(answer)  # type: ignore[call-overload]
            self._changes += 1

    @staticmethod
    def _asked(question: Question | None) -> Question:
        if question is None:
            raise ValidationError("board_no_question")
        return question

    # -- what pages are told --------------------------------------------------------------------

    def version(self, student: Student | None) -> str:
        """Changes with what a page is told; `student` None is the teacher."""
        with self._lock:
            if student:
                return f"{self._changes}"
            away = sum(one.is_away for one in self._students.values())
            return f"{self._changes}.{self._moves}.{away}"

    def state(self, student: Student | None) -> dict[str, Any]:
        """What the page of a student, or for None the teacher's, shows: the newest state."""
        with self._lock:
            pins = [pin for pin in self._pins.values() if pin.visible]
            visible = {pin.key for pin in pins}
            found = {
                "version": self.version(student),
                "code": self.code,
                "review": self._review,
                "pins": [pin.told() for pin in pins],
                "shown": [key for key in self._shown if key in visible],
                "question": self._question_told(student),
            }
            if student:
                return found | {"number": student.number, "nickname": student.nickname}
            rest = [pin for pin in self._pins.values() if not pin.visible]
            return found | {
                "waiting": [pin.told() for pin in rest if not pin.hidden],
                "hidden": [pin.told() for pin in rest if pin.hidden],
                "students": self._table(),
                "places": MAX_STUDENTS,
            }

    def _question_told(self, student: Student | None) -> dict[str, Any] | None:
        question = self._question
        if question is None:
            return None
        asked = question.asked
        told: dict[str, Any] = {
            "key": question.key, "name": asked.name, "question": asked.question,
            "answers": list(asked.answers), "open": question.is_open, "rounds": question.counts(),
            "more": len(question.rounds) < MAX_ROUNDS,
        }  # fmt: skip
        if student:
            told["mine"] = [votes.get(student.number) for votes in question.rounds]
        return told

    def _table(self) -> list[dict[str, Any]]:
        """A row for each student, without tokens."""
        pinned = [pin.student for pin in self._pins.values()]
        return [
            {
                "number": one.number,
                "nickname": one.nickname,
                "tab": one.tab,
                "away": one.is_away,
                "pins": pinned.count(one.number),
                **vars(one.found),
            }
            for one in self._students.values()
        ]
