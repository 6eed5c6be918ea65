"""/classify_pet from one process beside the same from Ray Serve, in turns, on this machine.

What the way through Ray costs one visitor, and what thirty get: on two cores that all processes
share more machines can't help, so this shows the price and not the gain.

python -m benchmarks.cluster --rounds 3 --visitors 30 --seconds 8
"""

import asyncio
import statistics
import time
from functools import partial

import httpx

from benchmarks.common import machine
from benchmarks.gan_load import alone, crowd, parse_options, start
from benchmarks.over_http import called, uploaded
from benchmarks.pet_load import fresh, photos
from models.registry import DEFAULT_PET_CLASSIFIER

PORTS = {"one process": 7984, "cluster": 7985}
PAGES = 2
visitors: dict[tuple[str, str], httpx.AsyncClient] = {}


async def classified(url: str, shown: list[bytes], _client, session: str) -> dict:
    """The confidences of one photograph; each visitor keeps cookies of their own."""
    client = visitors.get((url, session))
    if client is None:
        # Both servers close what was idle for five seconds.
        limits = httpx.Limits(keepalive_expiry=3)
        client = visitors[url, session] = httpx.AsyncClient(timeout=120, limits=limits)
        await client.get(f"{url}/config")
    file = await uploaded(client, url, fresh(shown))
    return (await called(client, url, "classify_pet", [file, DEFAULT_PET_CLASSIFIER], session))[1]


async def measure(rounds: int, crowded: int, seconds: float) -> None:
    shown, found = photos(), {name: [] for name in PORTS}
    for _ in range(rounds):
        for name, port in PORTS.items():
            event = partial(classified, f"http://127.0.0.1:{port}", shown)
            single = await alone(event)
            found[name].append((single, *await crowd(event, crowded, seconds)))
            for client in visitors.values():
                await client.aclose()
            visitors.clear()
    for name, rows in found.items():
        single, rate, late, errors = zip(*rows, strict=True)
        print(
            f"{name}: one visitor p50 {statistics.median(single):.0f} ms "
            f"({', '.join(f'{value:.0f}' for value in single)}); {crowded} visitors "
            f"{statistics.median(rate):.1f} photos/s ({', '.join(f'{v:.1f}' for v in rate)}), "
            f"p95 {statistics.median(late):.2f} s, {sum(errors)} errors"
        )


def main() -> None:
    options = parse_options(__doc__)
    shared = ["--device", "cpu", "--preload", "--port"]
    commands = {
        "one process": ["app.py", *shared, str(PORTS["one process"])],
        "cluster": ["-m", "deploy.ray_serve", "--pages", str(PAGES), *shared,
                    str(PORTS["cluster"])],
    }  # fmt: skip
    begun = []
    try:
        for name, command in commands.items():
            begun.append(start(command, f"http://127.0.0.1:{PORTS[name]}/health"))
        time.sleep(10)
        asyncio.run(measure(options.rounds, options.visitors, options.seconds))
    finally:
        for process in begun:
            process.terminate()
            process.wait()
    print(machine())


if __name__ == "__main__":
    main()
