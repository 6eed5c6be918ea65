"""A dragged slider, from the browser's side: Netglass beside a plain Gradio app, in turns.

Both apps run the same generator on this machine, each asked in the way its page asks: the plain one
through Gradio's queue, Netglass by address (and, for comparison, through Gradio's queue as well, as
API clients do). Every event has a slider value that no event had before, and ends when the bytes of
the picture are here. The load generator is one asyncio process on the same two cores.

python -m benchmarks.gan_load --rounds 3 --visitors 30 --seconds 8
"""

import asyncio
import itertools
import statistics
from collections.abc import Callable

import httpx

from benchmarks import over_http
from benchmarks.common import machine
from models import registry

OURS, PLAIN = "http://127.0.0.1:7981", "http://127.0.0.1:7982"
values = (round(-3 + i * 6 / 997, 4) for i in itertools.count())


def new_value() -> float:
    """A slider value in -3..3 that was not asked for before."""
    return (next(values) + 3) % 6 - 3


async def queued(client: httpx.AsyncClient, session: str, url: str, name: str, data: list) -> bytes:
    """One event through Gradio's queue, and its picture."""
    outputs = await over_http.call(client, url, name, data, session)
    return await over_http.fetch(client, outputs[0]["url"])


def new_truncation() -> float:
    return new_value() / 6 + 0.7


def by_address(view: str, knob: str, value: Callable[[], float]):
    return lambda client, session: over_http.fetch(
        client, f"{OURS}/gan/{view}.png?{knob}={value()}"
    )


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


async def measure(rounds: int, visitors: int, seconds: float) -> None:
    print("one visitor, p50 in ms")
    for title, sides in (("a cat", ONE), ("a sheet of 16", SHEET)):
        found: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, event in sides.items():
                found[name].append(await over_http.time_one_visitor(event))
        for name, medians in found.items():
            middle = statistics.median(medians)
            ratio = statistics.median(found["plain"]) / middle
            shown = ", ".join(f"{value:.1f}" for value in medians)
            print(f"  {title}, {name}: {middle:.1f} ({shown}); {ratio:.2f} times as fast as plain")
    print(f"{visitors} visitors dragging, a cat each")
    crowds: dict[str, list] = {name: [] for name in ONE}
    for _ in range(rounds):
        for name, event in ONE.items():
            crowds[name].append(await over_http.time_visitors(event, visitors, seconds))
    base = statistics.median(rate for rate, _, _ in crowds["plain"])
    for name, runs in crowds.items():
        rate = statistics.median(rate for rate, _, _ in runs)
        late = statistics.median(p95 for _, p95, _ in runs)
        errors = sum(count for _, _, count in runs)
        print(
            f"  {name}: {rate:.1f} events/s ({rate / base:.2f} times plain), "
            f"p95 {late:.2f} s, {errors} errors"
        )


def main() -> None:
    options = over_http.parse_load_options(__doc__)
    ours = over_http.running_app(["app.py", "--port", "7981", "--device", "cpu"], f"{OURS}/health")
    with ours, over_http.running_app(["-m", "benchmarks.plain_gan_app", "7982"], PLAIN):
        asyncio.run(measure(options.rounds, options.visitors, options.seconds))
    print(machine())


if __name__ == "__main__":
    main()
