"""What students and teachers send to a board, checked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from demos.runtime import i18n
from demos.ui import class_questions
from models.validation import Settings, ValidationError, choice, setting

MAX_NICKNAME, MAX_QUESTION, MAX_ANSWER, MAX_WORDS, MAX_LINK = 24, 200, 60, 400, 2000
MAX_PIN_BYTES = 2 << 20
ANSWERS = (2, 4)  # least and most of a question
MAX_MODES = 25  # of all kinds of data in the plane
# Names of tabs, and of parameters of their addresses.
NAME = re.compile(r"\w{1,40}")


def plain(text: str) -> str:
    """A line of text without control characters and superfluous spaces.

    Zero-width joiners stay: Devanagari is written with them.
    """
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if c.isprintable() or c in "\u200c\u200d").strip()


def _short(name: str, text: str, limit: int) -> str:
    """`text` as a line of at most `limit` letters.

    Raises:
        ValidationError: it is longer.
    """
    line = plain(text)
    if len(line) > limit:
        raise ValidationError("text_too_long", name=name, limit=limit, count=len(line))
    return line


@dataclass(frozen=True)
class JoinSettings(Settings):
    """Who joins which board; a student needs no name."""

    code: str = setting("", "the board's four letters", key="board.code")
    nickname: str = setting("", "a name for the board, or none", key="board.nickname")

    def check(self) -> None:
        """Raises a ValidationError for too long a name; the code's letters may be small."""
        object.__setattr__(self, "code", plain(self.code).upper())
        object.__setattr__(self, "nickname", _short("nickname", self.nickname, MAX_NICKNAME))


@dataclass(frozen=True)
class PinSettings(Settings):
    """A result that is shown to the class.

    Attributes:
        picture: base64 of a file, perhaps behind "data:...,".
        words: what it is, by language; a language that is missing is answered in another.
        link: parameters of the page's address with which it was made: "tab=attack&epsilon=4".
    """

    picture: str = setting("", "the picture")
    words: Sequence[dict[str, str]] = setting((), "what it is, by language")
    link: str = setting("", "the settings that it was made with, as an address")

    def check(self) -> None:
        """Raises a ValidationError for words, or a link, that can't be shown."""
        said = self.words[0] if self.words else {}
        if not isinstance(said, dict):
            raise ValidationError("not_a_text", name="words", value=str(said)[:MAX_ANSWER])
        words = {
            language: _short("words", str(said[language]), MAX_WORDS)
            for language in i18n.LANGUAGES
            if language in said
        }
        object.__setattr__(self, "words", (words,))
        object.__setattr__(self, "link", checked_link(self.link))

    @property
    def content(self) -> bytes:
        """The file.

        Raises:
            ValidationError: it is too large, or not base64.
        """
        try:
            found = base64.b64decode(self.picture.rpartition(",")[2], validate=True)
        except binascii.Error as error:
            raise ValidationError("not_a_picture") from error
        if len(found) > MAX_PIN_BYTES:
            raise ValidationError("file_too_large", limit=MAX_PIN_BYTES >> 20)
        return found


def checked_link(link: str) -> str:
    """The parameters written anew, so that nothing but parameters is in a link; "" for none.

    Raises:
        ValidationError: it is too long, or no address of a tab.
    """
    if not link:
        return ""
    given = parse_qsl(link.removeprefix("?"))
    if len(link) > MAX_LINK or not given or given[0][0] != "tab":
        raise ValidationError("board_link")
    if not all(NAME.fullmatch(name) for name, _ in given) or not NAME.fullmatch(given[0][1]):
        raise ValidationError("board_link")
    return urlencode(given)


@dataclass(frozen=True)
class QuestionSettings(Settings):
    """A question to the class: one of the prepared, or typed with its answers."""

    name: str = setting("", "of a prepared question; empty for one that is typed")
    question: str = setting("", "the question", key="board.ask_question")
    answers: Sequence[str] = setting((), "its answers", key="board.ask_answers")

    def check(self) -> None:
        """Raises a ValidationError for too few answers, too many, the same twice, or long ones."""
        if self.name:
            choice("name", self.name, class_questions.NAMES)
            return
        line = _short("question", self.question, MAX_QUESTION)
        if not line:
            raise ValidationError("board_question")
        given = tuple(plain(str(answer)) for answer in self.answers)
        answers = tuple(answer for answer in given if answer)
        low, high = ANSWERS
        if (
            not low <= len(answers) <= high
            or len(set(answers)) != len(answers)
            or max(map(len, answers)) > MAX_ANSWER
        ):
            raise ValidationError("board_answers", low=low, high=high, limit=MAX_ANSWER)
        object.__setattr__(self, "question", line)
        object.__setattr__(self, "answers", answers)

    @property
    def count(self) -> int:
        """Of answers."""
        return class_questions.ANSWERS if self.name else len(self.answers)


@dataclass(frozen=True)
class FoundSettings(Settings):
    """What a student's page has reached, as far as it knows."""

    accuracy: float | None = setting(None, "of a head on its test pictures", low=0, high=1)
    epsilon: float | None = setting(None, "of an attack that fooled", low=0, high=255)
    modes: int | None = setting(None, "covered by a GAN in the plane", low=0, high=MAX_MODES)

    def better_of(self, other: FoundSettings) -> FoundSettings:
        """The best of both: the highest accuracy, the smallest epsilon, the most modes."""
        chosen: dict[str, Any] = {}
        for name, best in (("accuracy", max), ("epsilon", min), ("modes", max)):
            both = [value for one in (self, other) if (value := getattr(one, name)) is not None]
            chosen[name] = best(both) if both else None
        return FoundSettings(**chosen)
