"""/classify_pet from one process beside the same from Ray Serve, in turns, on this machine.

    python -m benchmarks.cluster --rounds 3 --visitors 30 --seconds 8

What the way through Ray costs one visitor, and what thirty get. On two cores that all processes
share more machines can't help, so this shows the price and not the gain. It needs
requirements-cluster.txt.
"""

import asyncio
import statistics
import time
from contextlib import ExitStack
from functools import partial

import httpx

from benchmarks import over_http
from benchmarks.common import machine
from benchmarks.pet_load import fresh, photos
from models.registry import DEFAULT_PET_CLASSIFIER

PORTS = {"one process": 7984, "cluster": 7985}
PAGES = 2
START_SECONDS = 10  # the cluster starts its replicas after its page
clients: dict[tuple[str, str], httpx.AsyncClient] = {}


async def classify(url: str, files: list[bytes], _client, session: str) -> dict:
    """The confidences of one photograph; each visitor keeps cookies of their own."""
    client = clients.get((url, session))
    if client is None:
        # Both servers close what was idle for five seconds.
        limits = httpx.Limits(keepalive_expiry=3)
        client = clients[url, session] = httpx.AsyncClient(timeout=120, limits=limits)
        await client.get(f"{url}/config")
    data = [await over_http.upload(client, url, fresh(files)), DEFAULT_PET_CLASSIFIER]
    return (await over_http.call(client, url, "classify_pet", data, session))[1]


async def measure(rounds: int, visitors: int, seconds: float) -> None:
    files, found = photos(), {name: [] for name in PORTS}
    for _ in range(rounds):
        for name, port in PORTS.items():
            event = partial(classify, f"http://127.0.0.1:{port}", files)
            single = await over_http.time_one_visitor(event)
            found[name].append((single, *await over_http.time_visitors(event, visitors, seconds)))
            for client in clients.values():
                await client.aclose()
            clients.clear()
    for name, rows in found.items():
        single, rate, late, errors = zip(*rows, strict=True)
        print(
            f"{name}: one visitor p50 {statistics.median(single):.0f} ms "
            f"({', '.join(f'{value:.0f}' for value in single)}); {visitors} visitors "
            f"{statistics.median(rate):.1f} photos/s ({', '.join(f'{v:.1f}' for v in rate)}), "
            f"p95 {statistics.median(late):.2f} s, {sum(errors)} errors"
        )


def main() -> None:
    options = over_http.parse_load_options(__doc__)
    shared = ["--device", "cpu", "--preload", "--port"]
    commands = {
        "one process": ["app.py", *shared, str(PORTS["one process"])],
        "cluster": ["-m", "deploy.ray_serve", "--pages", str(PAGES), *shared,
                    str(PORTS["cluster"])],
    }  # fmt: skip
    with ExitStack() as running:
        for name, command in commands.items():
            address = f"http://127.0.0.1:{PORTS[name]}/health"
            running.enter_context(over_http.running_app(command, address))
        time.sleep(START_SECONDS)
        asyncio.run(measure(options.rounds, options.visitors, options.seconds))
    print(machine())


if __name__ == "__main__":
    main()
