"""A dragged slider, from the browser's side: Netglass beside a plain Gradio app, in turns.

Both apps run the same generator on this machine, each asked in the way its page asks: the plain one
through Gradio's queue, Netglass by address (and, for comparison, through Gradio's queue as well, as
API clients do). Every event has a slider value that no event had before, and ends when the bytes of
the picture are here. The load generator is one asyncio process on the same two cores.

python -m benchmarks.gan_load --rounds 3 --visitors 30 --seconds 8
"""

import argparse
import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from benchmarks.common import machine
from benchmarks.over_http import called, fetched
from models import registry

ROOT = Path(__file__).parents[1]
OURS, PLAIN = "http://127.0.0.1:7981", "http://127.0.0.1:7982"
SINGLE_EVENTS = 40
values = (round(-3 + i * 6 / 997, 4) for i in itertools.count())


def new_value() -> float:
    """A slider value in -3..3 that was not asked for before."""
    return (next(values) + 3) % 6 - 3


async def queued(client: httpx.AsyncClient, session: str, url: str, name: str, data: list) -> bytes:
    """One event through Gradio's queue, and its picture."""
    outputs = await called(client, url, name, data, session)
    return await fetched(client, outputs[0]["url"])


def new_truncation() -> float:
    return new_value() / 6 + 0.7


def by_address(view: str, knob: str, value: Callable[[], float]):
    return lambda client, session: fetched(client, f"{OURS}/gan/{view}.png?{knob}={value()}")


ONE = {
    "plain": lambda c, s: queued(c, s, PLAIN, "draw", [0, 0.7, new_value(), *[0.0] * 7]),
    "netglass": by_address("cat", "d1", new_value),
    "netglass, queued": lambda c, s: queued(
        c, s, OURS, "gan_sample", [registry.DEFAULT_GAN, 0, 0.7, 1, new_value(), *[0.0] * 7]
    ),
}
SHEET = {
    "plain": lambda c, s: queued(c, s, PLAIN, "sheet", [0, new_truncation(), *[0.0] * 8]),
    "netglass": by_address("sheet", "truncation", new_truncation),
    "netglass, queued": lambda c, s: queued(
        c, s, OURS, "gan_sample", [registry.DEFAULT_GAN, 0, new_truncation(), 16, *[0.0] * 8]
    ),
}


async def alone(event: Callable[..., Awaitable]) -> float:
    """Median milliseconds of an event, one visitor."""
    taken = []
    async with httpx.AsyncClient(timeout=60) as client:
        for _ in range(SINGLE_EVENTS):
            start = time.perf_counter()
            await event(client, "alone")
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[5:])


async def crowd(event, visitors: int, seconds: float) -> tuple[float, float, int]:
    """(events per second, p95 in seconds, errors) of visitors who drag without a pause.

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


def start(command: list[str], url: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(240):
        try:
            httpx.get(url, timeout=5)
            return process
        except httpx.HTTPError:
            time.sleep(0.5)
    raise SystemExit(f"{command} did not start")


async def measure(rounds: int, visitors: int, seconds: float) -> None:
    print("one visitor, p50 in ms")
    for title, sides in (("a cat", ONE), ("a sheet of 16", SHEET)):
        found: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, event in sides.items():
                found[name].append(await alone(event))
        for name, medians in found.items():
            middle = statistics.median(medians)
            ratio = statistics.median(found["plain"]) / middle
            shown = ", ".join(f"{value:.1f}" for value in medians)
            print(f"  {title}, {name}: {middle:.1f} ({shown}); {ratio:.2f} times as fast as plain")
    print(f"{visitors} visitors dragging, a cat each")
    crowds: dict[str, list] = {name: [] for name in ONE}
    for _ in range(rounds):
        for name, event in ONE.items():
            crowds[name].append(await crowd(event, visitors, seconds))
    base = statistics.median(rate for rate, _, _ in crowds["plain"])
    for name, runs in crowds.items():
        rate = statistics.median(rate for rate, _, _ in runs)
        late = statistics.median(p95 for _, p95, _ in runs)
        errors = sum(count for _, _, count in runs)
        print(
            f"  {name}: {rate:.1f} events/s ({rate / base:.2f} times plain), "
            f"p95 {late:.2f} s, {errors} errors"
        )


def parse_options(about: str) -> argparse.Namespace:
    """The command line of a load benchmark."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=8)
    return parser.parse_args()


def main() -> None:
    options = parse_options(__doc__)
    apps = [start(["app.py", "--port", "7981", "--device", "cpu"], f"{OURS}/health")]
    apps.append(start(["-m", "benchmarks.plain_gan_app", "7982"], PLAIN))
    try:
        asyncio.run(measure(options.rounds, options.visitors, options.seconds))
    finally:
        for app in apps:
            app.terminate()
            app.wait()
    print(machine())


if __name__ == "__main__":
    main()
