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
from benchmarks.gan_load import start

URL = "http://127.0.0.1:7984"
PAIRS = (
    ("chelsea", "starry_night"),
    ("astronaut", "stained_glass"),
    ("scarlet_macaw", "mosaic"),
    ("german_shepherd", "woodcut"),
)
numbers = itertools.count()


async def upload(client: httpx.AsyncClient, kind: str, name: str) -> dict:
    """Sends an example that was never sent before: a number stands behind the file's end."""
    content = (EXAMPLES / kind / f"{name}.jpg").read_bytes() + next(numbers).to_bytes(4, "big")
    files = {"files": ("picture.jpg", content, "image/jpeg")}
    sent = await client.post(f"{URL}/gradio_api/upload", files=files)
    return {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}


async def previewed(client: httpx.AsyncClient, content: str, style: str) -> int:
    """Bytes of the preview's picture."""
    both = await asyncio.gather(upload(client, "photos", content), upload(client, "styles", style))
    call = f"{URL}/gradio_api/call/style_preview"
    joined = await client.post(call, json={"data": [*both, 1.0]})
    async with client.stream("GET", f"{call}/{joined.json()['event_id']}") as stream:
        async for text in stream.aiter_lines():
            if text.startswith("event: error"):
                raise RuntimeError(text)
            if text.startswith("data:") and "path" in text:
                address = text.split('"url": "')[1].split('"')[0]
                return len((await client.get(address)).content)
    raise RuntimeError("the stream ended early")


async def measure(rounds: int, count: int) -> None:
    middles, everything = [], []
    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(rounds + 1):
            taken = []
            for index in range(count):
                begin = time.perf_counter()
                await previewed(client, *PAIRS[index % len(PAIRS)])
                taken.append(time.perf_counter() - begin)
            if number:  # the first round warms up
                middles.append(statistics.median(taken))
                everything += taken
    late = statistics.quantiles(everything, n=20)[-1]
    shown = ", ".join(f"{1000 * value:.0f}" for value in middles)
    print(f"p50 {1000 * statistics.median(middles):.0f} ms ({shown}), p95 {1000 * late:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=16, help="previews a round")
    options = parser.parse_args()
    command = ["app.py", "--port", URL.rsplit(":", 1)[1], "--device", "cpu"]
    app = start(command, f"{URL}/health")
    try:
        asyncio.run(measure(options.rounds, options.count))
    finally:
        app.terminate()
        app.wait()
    print(machine())


if __name__ == "__main__":
    main()
