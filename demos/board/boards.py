"""All boards of this server: who may open one, and which code leads to which."""

from __future__ import annotations

import secrets
import time
from typing import Any

from demos.board.board import Board
from demos.runtime.idle_registry import IdleRegistry
from demos.runtime.middleware import TokenBucket
from models.validation import ValidationError

MOST = 8
LIFE_SECONDS = 7200.0
SWEEP_SECONDS = 30.0
LETTERS, LENGTH = "ABCDEFGHJKMNPQRSTUVWXYZ", 4  # none that is mistaken for another, or for a digit
# Wrong codes and keys of one address, which a class may share: so many at once, and a second. Of
# the 280,000 codes a minute's tries find one of eight boards once in 500 hours.
WRONG_TRIES, WRONG_RATE = 40.0, 0.2
KEY_LENGTH = 8


def new_key() -> str:
    """A teacher's key for a server that was given none."""
    return "".join(secrets.choice(LETTERS) for _ in range(KEY_LENGTH))


class Boards(IdleRegistry[str, Board]):
    """Boards by code, each of which ends two hours after it was opened.

    Args:
        most: how many; above that none can be opened.
        life_seconds: how long each lives.

    Attributes:
        key: the teacher's.
    """

    def __init__(self, most: int = MOST, life_seconds: float = LIFE_SECONDS) -> None:
        super().__init__(life_seconds, SWEEP_SECONDS)
        self.most = most
        self.key = new_key()
        self._tries = TokenBucket(WRONG_RATE, WRONG_TRIES)

    def ended(self, item: Board) -> None:
        """A board that is over is forgotten with all that was on it."""
        item.ended = True
        item.clear()

    # -- the teacher ----------------------------------------------------------------------------

    def check_key(self, address: str, key: object) -> None:
        """Whether `key` is the teacher's; `address` is of who gives it.

        Raises:
            ValidationError: it is not, or that address gave too many wrong ones.
        """
        given = str(key or "").strip().upper().encode()
        if not given:
            raise ValidationError("board_key")  # nobody guesses that
        with self._lock:
            self._take_a_try(address)
            if not secrets.compare_digest(given, self.key.upper().encode()):
                raise ValidationError("board_key")
            self._give_back(address)

    def listed(self) -> list[dict[str, Any]]:
        """The boards that there are, for who has the key."""
        with self._lock:
            now = time.monotonic()
            return [
                {
                    "code": board.code,
                    "students": len(board.state(None)["students"]),
                    "minutes": int((now - board.last_seen) / 60),
                }
                for board in self._items.values()
            ]

    def open(self) -> Board:
        """A new board.

        Raises:
            ValidationError: there are as many as there may be.
        """
        with self._lock:
            if len(self._items) >= self.most:
                raise ValidationError("boards_full", limit=self.most)
            while (code := "".join(secrets.choice(LETTERS) for _ in range(LENGTH))) in self._items:
                pass
            board = Board(code)
            self._keep(code, board)
            return board

    def close(self, board: Board) -> None:
        """Ends a board."""
        with self._lock:
            self._free(lambda other: other is board)

    # -- everybody ------------------------------------------------------------------------------

    def find(self, address: str, code: str) -> Board:
        """The board with that code, for somebody at `address`, who may be guessing.

        Raises:
            ValidationError: none is given, there is none, or that address gave too many wrong ones.
        """
        if not code:
            raise ValidationError("board_no_code")
        with self._lock:
            self._take_a_try(address)
            board = self._items.get(code)
            if board is None:
                raise ValidationError("board_unknown", code=code[:LENGTH])
            self._give_back(address)
            return board

    def get(self, code: str) -> Board | None:
        """The board with that code, for a page that proves itself by a token."""
        with self._lock:
            return self._items.get(code)

    def picture(self, key: str) -> bytes | None:
        """The file of a pin on any board."""
        with self._lock:
            boards = list(self._items.values())
        return next((found for board in boards if (found := board.picture(key))), None)

    def _take_a_try(self, address: str) -> None:
        if not self._tries.take(address):
            raise ValidationError("board_tries")

    def _give_back(self, address: str) -> None:
        self._tries.give_back(address)
