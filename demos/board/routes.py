"""The board by address: pages ask for its newest state, and say what is done.

POST /board/open, /board/join: a board for a teacher's key, a place for a code. Both answer a token.
GET /board/state?code=ABCD&since=7: what there is to show, or 204 if it is what was shown before.
POST /board/act: one of the actions below. GET /board/pins/KEY.webp: a picture.

Polling, because each open stream would take one of the six connections that a browser gives an
address. Whose request it is stands in the header `x-board-token`, which no other site can set.
"""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.board.board import Board, Student
from demos.board.boards import Boards
from demos.board.settings import (
    MAX_PIN_BYTES,
    FoundSettings,
    JoinSettings,
    PinSettings,
    QuestionSettings,
)
from demos.runtime.engine import Engine
from demos.ui.photos import body_of, error_response
from models import images
from models.validation import ValidationError, typed

MAX_BODY = MAX_PIN_BYTES * 4 // 3 + (64 << 10)  # a pin as base64, and its words
SIDE = 1280  # of a pin, at most
QUALITY = 88
TOKEN = "x-board-token"
PRIVATE = {"cache-control": "no-store"}  # pictures of a class: no cache keeps them
MAX_TAB = 40

Given = dict[str, Any]


def _ask(board: Board, given: Given) -> None:
    names = QuestionSettings.described()
    board.ask(QuestionSettings(**{name: given[name] for name in names if name in given}))


TEACHER: dict[str, Callable[[Board, Given], None]] = {
    "ask": _ask,
    "ask_again": lambda board, given: board.ask_again(),
    "close_question": lambda board, given: board.close_question(),
    "drop_question": lambda board, given: board.drop_question(),
    "review": lambda board, given: board.review(bool(given.get("on"))),
    "approve": lambda board, given: board.approve(given.get("pin")),
    "hide": lambda board, given: board.hide(given.get("pin")),
    "remove": lambda board, given: board.remove(given.get("pin")),
    "clear": lambda board, given: board.clear(),
    "show": lambda board, given: board.show(typed("pins", given.get("pins"), list)),
}


def _pin(board: Board, student: Student, given: Given) -> None:
    board.may_pin(student)
    settings = PinSettings(**{n: given[n] for n in PinSettings.described() if n in given})
    picture = encoded(settings.content)
    board.pin(student, settings.words[0], settings.link, picture)


def _found(board: Board, student: Student, given: Given) -> None:
    names = FoundSettings.described()
    board.report(student, FoundSettings(**{name: given[name] for name in names if name in given}))


STUDENT: dict[str, Callable[[Board, Student, Given], None]] = {
    "pin": _pin,
    "vote": lambda board, student, given: board.vote(
        student, given.get("question"), given.get("answer")
    ),
    "found": _found,
    "leave": lambda board, student, given: board.leave(student),
}


def encoded(content: bytes) -> bytes:
    """A picture written anew as WebP: of what was sent, only what is seen goes to others.

    Raises:
        ValidationError: it is no picture, or too large a one.
    """
    picture = images.open_image(content)
    stream = io.BytesIO()
    shown = images.fit(picture, min(SIDE, max(picture.size)))
    shown.save(stream, "WEBP", quality=QUALITY, method=2)
    return stream.getvalue()


def routes(engine: Engine, key: str = "") -> list[Route]:
    """The addresses, for `app_kwargs` of `launch`.

    Args:
        key: the teacher's; one is made if it is empty.
    """
    boards = engine.shared(Boards)
    boards.key = key or boards.key

    async def opened(request: Request) -> Response:
        given = await _read(request)
        boards.check_key(_address(request), given.get("key"))
        action, code = given.get("action"), str(given.get("code"))
        if action == "list":
            return _answer({"boards": boards.listed()})
        board = boards.open() if action == "new" else boards.get(code)
        if board is None:
            raise ValidationError("board_unknown", code=code[:4])
        return _answer({"code": board.code, "token": board.token, "role": "teacher"})

    async def joined(request: Request) -> Response:
        given = await _read(request)
        names = JoinSettings.described()
        settings = JoinSettings(**{name: given[name] for name in names if name in given})
        board = boards.find(_address(request), settings.code)
        student = board.join(settings.nickname)
        return _answer({"code": board.code, "token": student.token, "role": "student"})

    async def state(request: Request) -> Response:
        query = request.query_params
        board, student = whose(request, query.get("code", ""))
        if student:
            board.seen(student, query.get("tab", "")[:MAX_TAB])
        if query.get("since") == board.version(student):
            return Response(status_code=204, headers=PRIVATE)
        return _answer(board.state(student))

    async def act(request: Request) -> Response:
        given = await _read(request)
        board, student = whose(request, str(given.get("code")))
        action = str(given.get("action"))
        if student is None and action == "end":
            boards.close(board)
            return _answer({})
        if action not in (STUDENT if student else TEACHER):
            raise ValidationError("board_action")
        if student:
            await run_in_threadpool(STUDENT[action], board, student, given)
        else:
            TEACHER[action](board, given)
        return _answer(board.state(student))

    def whose(request: Request, code: str) -> tuple[Board, Student | None]:
        """The board, and who asks; None is its teacher."""
        board, token = boards.get(code), request.headers.get(TOKEN, "")
        student = board.student(token) if board else None
        if board is None or not (student or token == board.token):
            raise ValidationError("board_gone")
        return board, student

    async def picture(request: Request) -> Response:
        content = boards.picture(request.path_params["key"])
        if content is None:
            return PlainTextResponse("no such picture", 404)
        return Response(content, media_type="image/webp", headers=PRIVATE)

    return [
        Route("/board/open", _with_messages(opened), methods=["POST"]),
        Route("/board/join", _with_messages(joined), methods=["POST"]),
        Route("/board/act", _with_messages(act), methods=["POST"]),
        Route("/board/state", _with_messages(state)),
        Route("/board/pins/{key}.webp", picture),
    ]


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _answer(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=PRIVATE)


async def _read(request: Request) -> Given:
    """The JSON object in a request.

    Raises:
        ValidationError: it is too large, or none.
    """
    body = await body_of(request, MAX_BODY)
    if body is None:
        raise ValidationError("file_too_large", limit=MAX_PIN_BYTES >> 20)
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ValidationError("board_action")
    return given


# Status of what is wrong, where it is not 400: the script forgets a place on a board that is gone,
# and says no more than the sentence of the others.
STATUS = {"board_gone": 410, "board_tries": 429, "board_too_fast": 429, "file_too_large": 413}


def _with_messages(handler: Callable[[Request], Awaitable[Response]]) -> Callable:
    """Answers errors with a sentence in the visitor's language."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:
            response = error_response(request.query_params.get("lang", ""), error)
            if isinstance(error, ValidationError):
                response.status_code = STATUS.get(error.key, response.status_code)
            return response

    return answer
