"""Visitors of the GAN lab as the page plays them: each presses Run, and fetches what is shown.

    python -m benchmarks.lab_visitors --visitors 40 --seconds 60

Starts the app and plays the visitors over HTTP on loopback, from the same machine: the event of the
page's Run button with the values that the page opens with (the ring of 8 Gaussians), its event
stream, and every picture that the stream names. An update is a picture that has come whole.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import statistics
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx
import psutil

from benchmarks.common import machine, options
from benchmarks.over_http import fetch, running_app

URL = "http://127.0.0.1:7987"
PICTURE = re.compile(r'/gradio_api/file=[^"\\]+')
STATUS = "gan-lab-status"
WARM_UP_SECONDS = 40.0  # in which the pages are opened
LEAVING_SECONDS = 60.0  # in which what a page had that was closed is freed


@dataclass
class LabRecord:
    """What the visitors saw.

    Attributes:
        pictures: by visitor, when each was there.
        waits: seconds that each visitor waited for its first picture.
        ended: visitors whose run ended before time was up, and what was said last.
        errors: error messages.
    """

    pictures: dict[int, list[float]] = field(default_factory=dict)
    waits: dict[int, float] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def a_minute(self, begin: float, end: float) -> list[float]:
        """Updates a minute of every visitor between two moments."""
        return [
            60 * sum(begin <= at <= end for at in seen) / (end - begin)
            for seen in self.pictures.values()
        ]

    def longest_gap(self, begin: float, end: float) -> float:
        """The longest that a visitor waited between two updates."""
        times = [[begin, *(t for t in seen if begin <= t <= end), end]
                 for seen in self.pictures.values()]  # fmt: skip
        return max(b - a for one in times for a, b in pairwise(one))


@dataclass(frozen=True)
class RunButton:
    """The event of the page's Run button: its number, and the values that the page opens with."""

    number: int
    values: list[Any]


async def run_button(client: httpx.AsyncClient, url: str) -> RunButton:
    """Reads the page's description as a browser does."""
    config = (await client.get(f"{url}/config")).json()
    components = {each["id"]: each for each in config["components"]}

    def is_run(target: list) -> bool:
        props = components.get(target[0], {"props": {}})["props"]
        return "run" in (props.get("elem_classes") or [])

    for event in config["dependencies"]:
        ids = {components[i]["props"].get("elem_id") for i in event["outputs"]}
        if STATUS in ids and event["inputs"] and any(map(is_run, event["targets"])):
            values = [components[i]["props"].get("value") for i in event["inputs"]]
            return RunButton(event["id"], values)
    raise SystemExit("the page has no Run button of the lab")


class LabVisitor:
    """One page with the lab open; it keeps its key as a browser's tab does."""

    def __init__(self, number: int, url: str):
        self.number, self.url = number, url
        self.key, self.events = secrets.token_hex(16), 0
        self.button: RunButton | None = None

    async def train(self, record: LabRecord, until: float) -> None:
        """Presses Run, and sees pictures until time is up."""
        seen = record.pictures.setdefault(self.number, [])
        # None is used twice: the server closes one that is idle, and a browser asks again, where
        # httpx has an error.
        limits = httpx.Limits(max_connections=6, max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=120, limits=limits) as client:
            begin, address = time.perf_counter(), ""
            try:
                async with asyncio.timeout(until - begin):
                    async for message in self._run(client):
                        text = json.dumps(message)
                        found = PICTURE.findall(text)
                        if message["msg"] == "process_completed":
                            record.ended[self.number] = text[:300]
                            return
                        if found and found[-1] != address:
                            address = found[-1]
                            await fetch(client, self.url + address)
                            seen.append(time.perf_counter())
                            record.waits.setdefault(self.number, seen[-1] - begin)
            except TimeoutError:
                pass
            except (httpx.HTTPError, ValueError, KeyError) as error:
                record.errors.append(f"lab visitor {self.number}: {type(error).__name__} {error}")

    async def leave(self) -> None:
        """Closes the page."""
        async with httpx.AsyncClient(timeout=60) as client:
            await client.post(f"{self.url}/runs/left", content=self.key)

    async def _run(self, client: httpx.AsyncClient):
        """What the event's stream says."""
        if self.button is None:
            self.button = await run_button(client, self.url)
        button = self.button
        session = secrets.token_hex(5)
        self.events += 1
        headers = {"x-netglass-event": str(self.events), "x-netglass-run": self.key}
        given = {"fn_index": button.number, "data": button.values, "session_hash": session,
                 "trigger_id": None, "event_data": None}  # fmt: skip
        joined = await client.post(
            f"{self.url}/gradio_api/queue/join", json=given, headers=headers
        )  # fmt: skip
        joined.raise_for_status()
        address = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        async with client.stream("GET", address) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])


def print_lab(record: LabRecord, begin: float, end: float) -> None:
    """Updates a minute, waits and errors between two moments."""
    a_minute = sorted(record.a_minute(begin, end))
    waits = sorted(record.waits.values())
    print(
        f"lab: {len(a_minute)} visitors, {len(waits)} with a picture; updates a minute each "
        f"{a_minute[0]:.1f} to {a_minute[-1]:.1f}, median {statistics.median(a_minute):.1f}; "
        f"longest wait between two {record.longest_gap(begin, end):.1f} s; first picture after "
        f"{waits[0]:.1f} to {waits[-1]:.1f} s; {len(record.ended)} ended "
        f"{list(record.ended.items())[:2]}; {len(record.errors)} errors {record.errors[:3]}"
    )


async def play(count: int, seconds: float, server: psutil.Process) -> None:
    record, visitors = LabRecord(), [LabVisitor(number, URL) for number in range(count)]
    begin = time.perf_counter() + WARM_UP_SECONDS
    end = begin + seconds
    used, before = sum(server.cpu_times()[:2]), server.memory_info().rss
    await asyncio.gather(*(visitor.train(record, end) for visitor in visitors))
    cores = (sum(server.cpu_times()[:2]) - used) / (seconds + WARM_UP_SECONDS)
    print_lab(record, begin, end)
    more = (server.memory_info().rss - before) / count
    await asyncio.gather(*(visitor.leave() for visitor in visitors))
    await asyncio.sleep(LEAVING_SECONDS)
    print(
        f"the server used {cores:.2f} cores; memory {before >> 20} MB before, "
        f"{more / 2**20:.1f} MB more for each visitor, {server.memory_info().rss >> 20} MB when "
        f"all have left; {machine()}"
    )


def main() -> None:
    chosen = options(__doc__, visitors=40, seconds=60.0)
    command = ["app.py", "--port", URL.rsplit(":", 1)[1], "--preload"]
    with running_app(command, f"{URL}/health") as process:
        asyncio.run(play(chosen.visitors, chosen.seconds, psutil.Process(process.pid)))


if __name__ == "__main__":
    main()
