"""What the benchmarks over HTTP share: start an app, ask it as a browser does, measure visitors."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.common import options

ROOT = Path(__file__).parents[1]
SINGLE_EVENTS, WARM_UP_EVENTS = 40, 5
Event = Callable[[httpx.AsyncClient, str], Awaitable]


@contextmanager
def running_app(command: list[str], url: str, checkout: Path = ROOT) -> Iterator[subprocess.Popen]:
    """Runs Python with `command` in a checkout of Netglass, and waits until something answers at
    `url`; ends it at last."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=checkout,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_answer(command, url)
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_for_answer(command: list[str], url: str) -> None:
    for _ in range(240):
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise SystemExit(f"{command} did not start")


async def call(
    client: httpx.AsyncClient, url: str, name: str, data: list, session: str,
    gaps: list[float] | None = None,
) -> list:  # fmt: skip
    """The last outputs of an endpoint: joins Gradio's queue and follows the event stream.

    Args:
        session: the visitor's, kept as a browser keeps it: Gradio takes long to make a new one.
        gaps: the seconds between two outputs are appended to it.
    """
    address = f"{url}/gradio_api/call/{name}"
    joined = await client.post(address, json={"data": data, "session_hash": session})
    joined.raise_for_status()
    kind, outputs, last = "", None, time.perf_counter()
    async with client.stream("GET", f"{address}/{joined.json()['event_id']}") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                kind = line.split(":", 1)[1].strip()
            elif line.startswith("data:") and kind in ("generating", "complete"):
                now = time.perf_counter()
                if gaps is not None:
                    gaps.append(now - last)
                last = now
                outputs = json.loads(line[5:]) or outputs
                if kind == "complete":
                    return outputs
            elif kind == "error":
                raise RuntimeError(f"{name}: {line}")
    raise RuntimeError(f"{name}: the stream ended early")


async def upload(client: httpx.AsyncClient, url: str, content: bytes) -> dict:
    """Sends a picture; gives it as endpoints take it."""
    files = {"files": ("photo.jpg", content, "image/jpeg")}
    answer = await client.post(f"{url}/gradio_api/upload", files=files)
    answer.raise_for_status()
    return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


async def fetch(client: httpx.AsyncClient, address: str) -> bytes:
    """The bytes at an address."""
    answer = await client.get(address)
    answer.raise_for_status()
    return answer.content


async def time_one_visitor(event: Event) -> float:
    """Median milliseconds of an event, with one visitor."""
    taken = []
    async with httpx.AsyncClient(timeout=60) as client:
        for _ in range(SINGLE_EVENTS):
            start = time.perf_counter()
            await event(client, "alone")
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[WARM_UP_EVENTS:])


async def time_visitors(event: Event, visitors: int, seconds: float) -> tuple[float, float, int]:
    """(events per second, p95 in seconds, errors) of visitors who ask without a pause.

    Each has had one answer before the clock starts: Gradio makes a session for whoever opens the
    page, which takes longer than an event.
    """
    taken, errors, end = [], 0, 0.0

    async def visitor(client, session):
        nonlocal errors
        while time.perf_counter() < end:
            start = time.perf_counter()
            try:
                await event(client, session)
                taken.append(time.perf_counter() - start)
            except (httpx.HTTPError, RuntimeError, KeyError):
                errors += 1

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        await asyncio.gather(*[event(client, f"visitor{i}") for i in range(visitors)])
        start = time.perf_counter()
        end = start + seconds
        await asyncio.gather(*[visitor(client, f"visitor{i}") for i in range(visitors)])
        whole = time.perf_counter() - start
    taken.sort()
    return len(taken) / whole, taken[int(0.95 * len(taken))] if taken else whole, errors


def parse_load_options(description: str, **more: str) -> argparse.Namespace:
    """The command line of a load benchmark: rounds, visitors, seconds, and more options."""
    return options(description, rounds=3, visitors=30, seconds=8.0, **more)
