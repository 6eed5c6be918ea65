"""A class: sliders and photos while others attack, paint and train GANs, for five minutes.

    python -m benchmarks.classroom --seconds 300 --visitors 40 --lab 40

Starts the app and plays its visitors over HTTP on loopback, from the same machine: four start an
attack every minute, two start one style transfer after the other, the others move a slider or have
a photo classified and think for one to three seconds. With `--lab` so many more train on the ring
in the lab, all the time, as its page does. Nobody may receive what is another's: every
slider event has a seed of its own and every visitor a cut of a photo of their own, and afterwards,
when all is quiet, the same is asked again and must be the same.
"""

from __future__ import annotations

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

from benchmarks.common import EXAMPLES, machine, options
from benchmarks.lab_visitors import LEAVING_SECONDS, LabRecord, LabVisitor, print_lab
from benchmarks.over_http import call, fetch, running_app, upload
from models.registry import DEFAULT_PET_CLASSIFIER

URL = "http://127.0.0.1:7985"
ATTACKERS, PAINTERS = 4, 2
THINKING_SECONDS = (1.0, 3.0)
SLIDER_SHARE = 0.7  # of the light events; the others are classifications
REPEATED = 60  # slider events that are asked for again
EPSILON = 8
MEMORY_SAMPLES = 10
WARM_UP_SECONDS = 30.0


@dataclass
class Record:
    """What happened.

    Attributes:
        seconds: of each event, by kind.
        gaps: seconds between two pictures of a heavy run, by kind.
        errors: error messages.
        mixed_up: answers that were another visitor's.
        pictures: by seed, as first received.
        reports: of classifications, by visitor.
        begun, cut_off: heavy runs, by kind.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    gaps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    mixed_up: list[str] = field(default_factory=list)
    pictures: dict[int, bytes] = field(default_factory=dict)
    reports: dict[int, list[dict]] = field(default_factory=lambda: defaultdict(list))
    begun: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cut_off: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def photo(visitor: int) -> bytes:
    """A cut of an example that no other visitor has."""
    names = sorted((EXAMPLES / "photos").glob("*.jpg"))
    with Image.open(names[visitor % len(names)]) as image:
        wide, high = image.size
        cut = image.convert("RGB").crop((0, 0, wide - 3 * visitor, high))
    stream = io.BytesIO()
    cut.save(stream, "JPEG", quality=92)
    return stream.getvalue()


def picture_address(seed: int) -> str:
    return f"{URL}/gan/cat.png?seed={seed}&d1={seed % 7 / 2 - 1.5}"


async def ask(client: httpx.AsyncClient, name: str, data: list, gaps: list | None = None) -> list:
    """An endpoint's outputs, in the session of the visitor whom the client's headers name."""
    return await call(client, URL, name, data, client.headers["x-visitor"], gaps)


async def arguments(client: httpx.AsyncClient, name: str, given: dict) -> list:
    """All arguments of an endpoint, in order: those given, and defaults."""
    answer = await client.get(f"{URL}/gradio_api/info")
    parameters = answer.json()["named_endpoints"][f"/{name}"]["parameters"]
    return [given.get(p["parameter_name"], p.get("parameter_default")) for p in parameters]


async def browse(client: httpx.AsyncClient, record: Record, visitor: int, until: float) -> None:
    """Moves sliders, shows photos, thinks."""
    rng, own, number = random.Random(visitor), photo(visitor), 0
    await asyncio.sleep(rng.uniform(0, THINKING_SECONDS[1]))
    while time.perf_counter() < until:
        begin, number = time.perf_counter(), number + 1
        if rng.random() < SLIDER_SHARE:
            seed = visitor * 100_000 + number
            record.pictures[seed] = await fetch(client, picture_address(seed))
            kind = "slider"
        else:
            data = [await upload(client, URL, own), DEFAULT_PET_CLASSIFIER]
            record.reports[visitor].append((await ask(client, "classify_pet", data))[1])
            kind = "classification"
        record.seconds[kind].append(time.perf_counter() - begin)
        await asyncio.sleep(rng.uniform(*THINKING_SECONDS))


async def attack(client: httpx.AsyncClient, record: Record, visitor: int, until: float) -> None:
    """An attack each minute."""
    own = photo(visitor)
    await asyncio.sleep(2 * (visitor % ATTACKERS))
    while time.perf_counter() < until:
        begin = time.perf_counter()
        file = await upload(client, URL, own)
        record.begun["attack"] += 1
        given = {"image": file, "epsilon": EPSILON, "steps": 40, "seed": visitor}
        data = await arguments(client, "attack", given)
        outputs = await ask(client, "attack", data, record.gaps["attack"])
        record.seconds["attack"].append(time.perf_counter() - begin)
        # Its own photo with a change within epsilon, and nobody else's.
        attacked = pixels(await fetch(client, outputs[0]["url"]))
        data = await arguments(client, "attack", given | {"epsilon": 0, "steps": 1})
        unchanged = await ask(client, "attack", data)
        clean = pixels(await fetch(client, unchanged[0]["url"]))
        if attacked.shape != clean.shape or np.abs(attacked - clean).max() > EPSILON:
            record.mixed_up.append(f"attack of visitor {visitor}")
        await asyncio.sleep(max(0.0, 60 - (time.perf_counter() - begin)))


async def paint(client: httpx.AsyncClient, record: Record, visitor: int, until: float) -> None:
    """One style transfer after the other."""
    own = photo(visitor)
    style = (EXAMPLES / "styles" / "mosaic.jpg").read_bytes()
    wide, high = Image.open(io.BytesIO(own)).size
    while time.perf_counter() < until:
        begin = time.perf_counter()
        given = {
            "content": await upload(client, URL, own),
            "style": await upload(client, URL, style),
        }
        record.begun["style"] += 1
        data = await arguments(client, "style_transfer", given)
        outputs = await ask(client, "style_transfer", data, record.gaps["style"])
        record.seconds["style"].append(time.perf_counter() - begin)
        size = Image.open(io.BytesIO(await fetch(client, outputs[0]["url"]))).size
        if abs(size[0] / size[1] - wide / high) > 0.02:
            record.mixed_up.append(f"painting of visitor {visitor}: {size}")


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)


async def visit(role, record: Record, visitor: int, until: float) -> None:
    """A visitor; what is under way when the lesson ends is cut off a minute later."""
    kind = {attack: "attack", paint: "style"}.get(role, "light")
    headers = {"x-visitor": f"{role.__name__}{visitor}"}
    while time.perf_counter() < until:
        async with httpx.AsyncClient(timeout=120, headers=headers) as client:
            try:
                async with asyncio.timeout(until + 60 - time.perf_counter()):
                    await role(client, record, visitor, until)
            except TimeoutError:
                record.cut_off[kind] += 1
            except (httpx.HTTPError, RuntimeError, KeyError, ValueError) as error:
                record.errors.append(f"visitor {visitor}: {type(error).__name__} {error}")


async def ask_again(record: Record) -> int:
    """Asks for light answers again, one after the other; how many were compared."""
    compared = 0
    async with httpx.AsyncClient(timeout=120, headers={"x-visitor": "again"}) as client:
        seeds = sorted(record.pictures)
        for seed in seeds[:: max(1, len(seeds) // REPEATED)]:
            compared += 1
            if await fetch(client, picture_address(seed)) != record.pictures[seed]:
                record.mixed_up.append(f"picture {seed}")
        for visitor, reports in record.reports.items():
            data = [await upload(client, URL, photo(visitor)), DEFAULT_PET_CLASSIFIER]
            expected = (await ask(client, "classify_pet", data))[1]
            compared += len(reports)
            record.mixed_up += [f"breed of visitor {visitor}" for r in reports if r != expected]
    return compared


def summary(kind: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return (f"{kind:16} {len(seconds):5}  p50 {statistics.median(seconds):6.2f} s  "
            f"p95 {p95:6.2f} s  longest {ordered[-1]:6.2f} s")  # fmt: skip


async def give_lesson(seconds: float, server: psutil.Process, count: int, in_lab: int) -> None:
    """Plays a class of `count`, and `in_lab` more, and prints what was measured."""
    record, lab = Record(), LabRecord()
    roles = [browse] * (count - ATTACKERS - PAINTERS) + [attack] * ATTACKERS + [paint] * PAINTERS
    trainers = [LabVisitor(number, URL) for number in range(in_lab)]

    async def visit_all(into: Record, seen: LabRecord, until: float):
        await asyncio.gather(
            *(visit(r, into, n, until) for n, r in enumerate(roles)),
            *(trainer.train(seen, until) for trainer in trainers),
        )

    # First the class comes in: every network is loaded, and everybody has been there once.
    await visit_all(Record(), LabRecord(), time.perf_counter() + WARM_UP_SECONDS)
    before, begin = server.memory_info().rss, time.perf_counter()
    used, until = sum(server.cpu_times()[:2]), time.perf_counter() + seconds
    megabytes: list[int] = []

    async def sample_memory():
        for _ in range(MEMORY_SAMPLES):
            await asyncio.sleep(seconds / MEMORY_SAMPLES)
            megabytes.append(server.memory_info().rss >> 20)

    await asyncio.gather(sample_memory(), visit_all(record, lab, until))
    took = time.perf_counter() - begin
    cores = (sum(server.cpu_times()[:2]) - used) / took
    for trainer in trainers:
        await trainer.leave()
    await asyncio.sleep(LEAVING_SECONDS if trainers else 3)
    after = server.memory_info().rss
    compared = await ask_again(record)
    print_record(record, compared, took)
    if trainers:
        print_lab(lab, begin, until)
    print(f"the server used {cores:.2f} cores")
    print(f"memory {before >> 20} MB at the start, {megabytes} on the way, {after >> 20} MB at the "
          f"end: {after / before - 1:+.1%}")  # fmt: skip
    print(machine())


def print_record(record: Record, compared: int, took: float) -> None:
    for kind, seconds in sorted(record.seconds.items()):
        print(summary(kind, seconds))
    for kind, gaps in sorted(record.gaps.items()):
        print(f"{kind}: {record.begun[kind]} begun, {len(record.seconds[kind])} finished, "
              f"{record.cut_off[kind]} cut off; longest wait between two pictures "
              f"{max(gaps, default=0):.1f} s")  # fmt: skip
    light = sum(len(record.seconds[kind]) for kind in ("slider", "classification"))
    heavy = sum(len(record.seconds[kind]) for kind in ("attack", "style"))
    print(f"{light / took:.1f} light events a second for {took:.0f} s")
    print(f"{len(record.errors)} errors {record.errors[:3]}; {len(record.mixed_up)} of {compared} "
          f"light and {heavy} heavy answers were another's {record.mixed_up[:3]}")  # fmt: skip


def main() -> None:
    chosen = options(__doc__, seconds=300.0, visitors=30, lab=0)
    command = ["app.py", "--port", URL.rsplit(":", 1)[1], "--preload"]
    with running_app(command, URL) as process:
        server = psutil.Process(process.pid)
        asyncio.run(give_lesson(chosen.seconds, server, chosen.visitors, chosen.lab))


if __name__ == "__main__":
    main()
