"""A class of thirty: sliders and photos while others attack and paint, for five minutes.

    python -m benchmarks.classroom --seconds 300

Starts the app and plays its visitors over HTTP on loopback, from the same machine: 24 move a
slider or have a photo classified and think for one to three seconds, four start an attack every
minute, two start one style transfer after the other. Nobody may receive what is another's: every
slider event has a seed of its own and every visitor a cut of a photo of his own, and afterwards,
when all is quiet, the same is asked again and must be the same.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass, field

import httpx
import numpy as np
import psutil
from PIL import Image

from benchmarks.common import EXAMPLES, machine
from benchmarks.gan_load import start
from benchmarks.over_http import called, fetched, uploaded
from models.registry import DEFAULT_PET_CLASSIFIER

URL = "http://127.0.0.1:7985"
API = f"{URL}/gradio_api"
LIGHT, ATTACKERS, PAINTERS = 24, 4, 2
THOUGHT = (1.0, 3.0)
SLIDERS = 0.7  # share of the light events
AGAIN = 60  # slider events that are asked again
EPSILON = 8
LOOKS = 10  # at the memory
ARRIVAL = 30.0  # seconds


@dataclass
class Book:
    """What happened."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    gaps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    cats: dict[int, bytes] = field(default_factory=dict)
    breeds: dict[int, list[dict]] = field(default_factory=lambda: defaultdict(list))
    begun: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cut_off: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def photo(visitor: int) -> bytes:
    """A cut of an example that no other visitor has."""
    names = sorted(path for path in (EXAMPLES / "photos").glob("*.jpg"))
    with Image.open(names[visitor % len(names)]) as image:
        wide, high = image.size
        cut = image.convert("RGB").crop((0, 0, wide - 3 * visitor, high))
    stream = io.BytesIO()
    cut.save(stream, "JPEG", quality=92)
    return stream.getvalue()


async def upload(client: httpx.AsyncClient, content: bytes) -> dict:
    return await uploaded(client, URL, content)


async def event(client: httpx.AsyncClient, name: str, data: list, gaps: list | None = None):
    """In the visitor's one session; httpx keeps their name among its headers."""
    return await called(client, URL, name, data, client.headers["x-visitor"], gaps)


def cat(seed: int) -> str:
    return f"{URL}/gan/cat.png?seed={seed}&d1={seed % 7 / 2 - 1.5}"


async def curious(client: httpx.AsyncClient, book: Book, visitor: int, until: float) -> None:
    """Moves sliders, shows photos, thinks."""
    chance, own, number = random.Random(visitor), photo(visitor), 0
    await asyncio.sleep(chance.uniform(0, THOUGHT[1]))
    while time.perf_counter() < until:
        begin, number = time.perf_counter(), number + 1
        if chance.random() < SLIDERS:
            seed = visitor * 100_000 + number
            book.cats[seed] = await fetched(client, cat(seed))
            kind = "slider"
        else:
            seen = await event(
                client, "classify_pet", [await upload(client, own), DEFAULT_PET_CLASSIFIER]
            )
            book.breeds[visitor].append(seen[1])
            kind = "classification"
        book.seconds[kind].append(time.perf_counter() - begin)
        await asyncio.sleep(chance.uniform(*THOUGHT))


async def attacker(client: httpx.AsyncClient, book: Book, visitor: int, until: float) -> None:
    """An attack each minute."""
    own = photo(visitor)
    await asyncio.sleep(2 * (visitor % ATTACKERS))
    while time.perf_counter() < until:
        begin = time.perf_counter()
        file = await upload(client, own)
        book.begun["attack"] += 1
        given = {"image": file, "epsilon": EPSILON, "steps": 40, "seed": visitor}
        outputs = await event(client, "attack", await arguments(client, "attack", given),
                              book.gaps["attack"])  # fmt: skip
        book.seconds["attack"].append(time.perf_counter() - begin)
        # Its own photo with a change within epsilon, and nobody else's.
        made = pixels(await fetched(client, outputs[0]["url"]))
        clean = await event(client, "attack", await arguments(
            client, "attack", given | {"epsilon": 0, "steps": 1}))  # fmt: skip
        seen = pixels(await fetched(client, clean[0]["url"]))
        if made.shape != seen.shape or np.abs(made - seen).max() > EPSILON:
            book.foreign.append(f"attack of visitor {visitor}")
        await asyncio.sleep(max(0.0, 60 - (time.perf_counter() - begin)))


async def painter(client: httpx.AsyncClient, book: Book, visitor: int, until: float) -> None:
    """One style transfer after the other."""
    own = photo(visitor)
    style = (EXAMPLES / "styles" / "mosaic.jpg").read_bytes()
    wide, high = Image.open(io.BytesIO(own)).size
    while time.perf_counter() < until:
        begin = time.perf_counter()
        given = {"content": await upload(client, own), "style": await upload(client, style)}
        book.begun["style"] += 1
        outputs = await event(client, "style_transfer",
                              await arguments(client, "style_transfer", given),
                              book.gaps["style"])  # fmt: skip
        book.seconds["style"].append(time.perf_counter() - begin)
        made = Image.open(io.BytesIO(await fetched(client, outputs[0]["url"]))).size
        if abs(made[0] / made[1] - wide / high) > 0.02:
            book.foreign.append(f"painting of visitor {visitor}: {made}")


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)


async def arguments(client: httpx.AsyncClient, name: str, given: dict) -> list:
    """All arguments of an endpoint, in order: those given, and defaults."""
    info = (await client.get(f"{API}/info")).json()["named_endpoints"][f"/{name}"]
    return [given.get(p["parameter_name"], p.get("parameter_default")) for p in info["parameters"]]


async def play(role, book: Book, visitor: int, until: float) -> None:
    """A visitor; what is under way when the lesson ends is cut off a minute later."""
    kind = {attacker: "attack", painter: "style"}.get(role)
    while time.perf_counter() < until:
        name = {"x-visitor": f"{role.__name__}{visitor}"}
        async with httpx.AsyncClient(timeout=120, headers=name) as client:
            try:
                async with asyncio.timeout(until + 60 - time.perf_counter()):
                    await role(client, book, visitor, until)
            except TimeoutError:
                book.cut_off[kind or "light"] += 1
            except (httpx.HTTPError, RuntimeError, KeyError, ValueError) as error:
                book.errors.append(f"visitor {visitor}: {type(error).__name__} {error}")


async def compare(book: Book) -> int:
    """Asks again, one after the other; gives how many answers were compared."""
    compared = 0
    async with httpx.AsyncClient(timeout=120, headers={"x-visitor": "again"}) as client:
        seeds = sorted(book.cats)
        for seed in seeds[:: max(1, len(seeds) // AGAIN)]:
            compared += 1
            if await fetched(client, cat(seed)) != book.cats[seed]:
                book.foreign.append(f"cat {seed}")
        for visitor, answers in book.breeds.items():
            wanted = await event(
                client,
                "classify_pet",
                [await upload(client, photo(visitor)), DEFAULT_PET_CLASSIFIER],
            )
            compared += len(answers)
            book.foreign += [f"breed of visitor {visitor}" for a in answers if a != wanted[1]]
    return compared


def line(kind: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return (f"{kind:16} {len(seconds):5}  p50 {statistics.median(seconds):6.2f} s  "
            f"p95 {p95:6.2f} s  longest {ordered[-1]:6.2f} s")  # fmt: skip


async def lesson(seconds: float, server: psutil.Process) -> None:
    book = Book()
    roles = [curious] * LIGHT + [attacker] * ATTACKERS + [painter] * PAINTERS

    async def all_of_them(into: Book, until: float):
        await asyncio.gather(*(play(r, into, n, until) for n, r in enumerate(roles)))

    # First the class comes in: every network is loaded, and everybody has been there once.
    await all_of_them(Book(), time.perf_counter() + ARRIVAL)
    before, begin = server.memory_info().rss, time.perf_counter()
    used, until = sum(server.cpu_times()[:2]), time.perf_counter() + seconds
    sizes: list[int] = []

    async def watch():
        for _ in range(LOOKS):
            await asyncio.sleep(seconds / LOOKS)
            sizes.append(server.memory_info().rss >> 20)

    await asyncio.gather(watch(), all_of_them(book, until))
    took = time.perf_counter() - begin
    busy = (sum(server.cpu_times()[:2]) - used) / took
    await asyncio.sleep(3)
    after = server.memory_info().rss
    compared = await compare(book)
    for kind, times in sorted(book.seconds.items()):
        print(line(kind, times))
    for kind, times in sorted(book.gaps.items()):
        print(f"{kind}: {book.begun[kind]} begun, {len(book.seconds[kind])} finished, "
              f"{book.cut_off[kind]} cut off; longest wait between two pictures "
              f"{max(times):.1f} s")  # fmt: skip
    light = sum(len(book.seconds[kind]) for kind in ("slider", "classification"))
    print(f"{light / took:.1f} light events a second for {took:.0f} s; "
          f"the server used {busy:.2f} cores")  # fmt: skip
    print(f"memory {before >> 20} MB at the start, {sizes} on the way, {after >> 20} MB at the "
          f"end: {after / before - 1:+.1%}")  # fmt: skip
    print(f"{len(book.errors)} errors {book.errors[:3]}; {len(book.foreign)} of {compared} light "
          f"and {len(book.seconds['attack']) + len(book.seconds['style'])} heavy answers were "
          f"another's {book.foreign[:3]}")  # fmt: skip
    print(machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    chosen = parser.parse_args()
    process = start(["app.py", "--port", URL.rsplit(":", 1)[1], "--preload"], URL)
    try:
        asyncio.run(lesson(chosen.seconds, psutil.Process(process.pid)))
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
