"""A class of forty on a board: how long until a pin is on the projector.

    python -m benchmarks.board --seconds 120

Starts the app and plays its visitors over HTTP on loopback, from the same machine, as the page's
scripts do: the teacher's page asks for news every 0.7 s, each of 40 students' every 2 s. Over the
time 60 pins come from them, and three questions of two votes each, answered by all. A pin is on the
projector when the teacher's page has its picture.
"""

from __future__ import annotations

import asyncio
import base64
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.classroom import photo
from benchmarks.common import machine, options
from benchmarks.over_http import running_app

URL = "http://127.0.0.1:7986"
KEY = "BENCHMARK"
STUDENTS, PINS, QUESTIONS = 40, 60, ("jpeg", "few", "style")
TEACHER_PAUSE, STUDENT_PAUSE = 0.7, 2.0  # as in demos/board/api.js


@dataclass
class Place:
    """Somebody's page, and the newest state that it has."""

    client: httpx.AsyncClient
    code: str = ""
    token: str = ""
    state: dict[str, Any] = field(default_factory=dict)

    async def post(self, path: str, **given: Any) -> dict[str, Any]:
        headers = {"x-board-token": self.token}
        answer = await self.client.post(f"{URL}/board/{path}", json=given, headers=headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        if "token" in found:
            self.code, self.token = found["code"], found["token"]
        return found

    async def act(self, action: str, **given: Any) -> None:
        self.state = await self.post("act", code=self.code, action=action, **given)

    async def ask(self) -> None:
        query = {"code": self.code, "since": self.state.get("version", ""), "tab": "class"}
        headers = {"x-board-token": self.token}
        answer = await self.client.get(f"{URL}/board/state", params=query, headers=headers)
        answer.raise_for_status()
        if answer.status_code == 200:
            self.state = answer.json()


@dataclass
class Class:
    """What happened: when each pin was sent, by its words, and seconds until it was seen."""

    sent: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    votes: int = 0


async def projector(teacher: Place, known: Class, end: float) -> None:
    """The teacher's page: asks, and fetches the pictures that are new."""
    while time.monotonic() < end:
        await teacher.ask()
        for pin in teacher.state.get("pins", ()):
            words = pin["words"]["en"]
            if words not in known.seen:
                picture = await teacher.client.get(f"{URL}/board/pins/{pin['key']}.webp")
                picture.raise_for_status()
                known.seen[words] = time.monotonic() - known.sent[words]
        await asyncio.sleep(TEACHER_PAUSE)


async def phone(student: Place, number: int, known: Class, pins: list[float], end: float) -> None:
    """A student's page: asks, answers what is asked, and pins at the times `pins`."""
    await asyncio.sleep(random.uniform(0, STUDENT_PAUSE))
    picture = base64.b64encode(photo(number)).decode()
    while time.monotonic() < end:
        await student.ask()
        question = student.state.get("question")
        if question and question["open"] and question["mine"][-1] is None:
            await student.act("vote", question=question["key"], answer=random.randrange(3))
            known.votes += 1
        if pins and time.monotonic() > pins[0]:
            words = f"{number} {pins.pop(0)}"
            known.sent[words] = time.monotonic()
            await student.act("pin", picture=picture, words=[{"en": words}], link="tab=gan&seed=5")
        await asyncio.sleep(STUDENT_PAUSE)


async def ask_class(teacher: Place, seconds: float) -> None:
    """Three questions, each with its second vote."""
    for name in QUESTIONS:
        await teacher.act("ask", name=name)
        await asyncio.sleep(seconds / 8)
        await teacher.act("ask_again")
        await asyncio.sleep(seconds / 8)


async def lesson(seconds: float) -> Class:
    """Everybody, for that long."""
    known = Class()
    # The server closes a connection after 5 s.
    limits = httpx.Limits(max_connections=STUDENTS + 1, keepalive_expiry=4)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        teacher = Place(client)
        await teacher.post("open", key=KEY, action="new")
        students = [Place(client) for _ in range(STUDENTS)]
        for student in students:
            await student.post("join", code=teacher.code)
        start = time.monotonic()
        end = start + seconds
        times = sorted(start + random.uniform(0, 0.9) * seconds for _ in range(PINS))
        pages = [
            phone(student, number, known, times[number::STUDENTS], end)
            for number, student in enumerate(students)
        ]
        await asyncio.gather(projector(teacher, known, end), ask_class(teacher, seconds), *pages)
    return known


def main() -> None:
    """Plays it and prints what happened."""
    args = options(__doc__, seconds=120.0)
    command = ["app.py", "--port", URL.rpartition(":")[2], "--teacher-key", KEY]
    with running_app(command, URL):
        known = asyncio.run(lesson(args.seconds))
    waits = sorted(known.seen.values())
    print(machine())
    print(f"{STUDENTS} students, {len(known.seen)} of {len(known.sent)} pins seen")
    print(f"{known.votes} of {2 * len(QUESTIONS) * STUDENTS} votes")
    for name, share in (("median", 0.5), ("p95", 0.95)):
        print(f"pin to projector, {name}: {waits[int(share * (len(waits) - 1))]:.2f} s")


if __name__ == "__main__":
    main()
