"""The one-pass preview over HTTP, both uploads included, as an API client asks for it.

python -m benchmarks.style_preview --rounds 3
"""

import argparse
import asyncio
import itertools
import statistics
import time

import httpx

from benchmarks.common import EXAMPLES, machine
from benchmarks.over_http import call, fetch, running_app, upload

URL = "http://127.0.0.1:7984"
PAIRS = (
    ("chelsea", "starry_night"),
    ("astronaut", "stained_glass"),
    ("scarlet_macaw", "mosaic"),
    ("german_shepherd", "woodcut"),
)
numbers = itertools.count()


async def upload_new(client: httpx.AsyncClient, kind: str, name: str) -> dict:
    """Sends an example as a file that was never sent before: a number stands behind its end."""
    content = (EXAMPLES / kind / f"{name}.jpg").read_bytes() + next(numbers).to_bytes(4, "big")
    return await upload(client, URL, content)


async def preview(client: httpx.AsyncClient, content: str, style: str) -> bytes:
    """The preview's picture, as a file."""
    pair = await asyncio.gather(
        upload_new(client, "photos", content), upload_new(client, "styles", style)
    )
    (picture,) = await call(client, URL, "style_preview", [*pair, 1.0], "visitor")
    return await fetch(client, picture["url"])


async def measure(rounds: int, count: int) -> None:
    medians, everything = [], []
    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(rounds + 1):
            taken = []
            for index in range(count):
                begin = time.perf_counter()
                await preview(client, *PAIRS[index % len(PAIRS)])
                taken.append(time.perf_counter() - begin)
            if number:  # the first round warms up
                medians.append(statistics.median(taken))
                everything += taken
    p95 = statistics.quantiles(everything, n=20)[-1]
    shown = ", ".join(f"{1000 * value:.0f}" for value in medians)
    print(f"p50 {1000 * statistics.median(medians):.0f} ms ({shown}), p95 {1000 * p95:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=16, help="previews a round")
    options = parser.parse_args()
    command = ["app.py", "--port", URL.rsplit(":", 1)[1], "--device", "cpu"]
    with running_app(command, f"{URL}/health"):
        asyncio.run(measure(options.rounds, options.count))
    print(machine())


if __name__ == "__main__":
    main()
