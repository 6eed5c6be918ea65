"""A dragged slider, from the browser's side: Netglass beside a plain Gradio app, in turns.

Both apps run the same generator on this machine, each asked in the way its page asks: the plain one
through Gradio's queue, Netglass by address (and, for comparison, through Gradio's queue as well, as
API clients do). Every event has a slider value that no event had before, and ends when the bytes of
the picture are here. The load generator is one asyncio process on the same two cores.

python -m benchmarks.gan_load --rounds 3 --visitors 30 --seconds 8

With another checkout, say of the commit before, only the two checkouts are compared:

python -m benchmarks.gan_load --before ../before --rounds 5 --visitors 30 --seconds 6
"""

import asyncio
import itertools
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks import over_http
from benchmarks.common import machine
from models import registry

OURS, PLAIN, BEFORE = (f"http://127.0.0.1:{port}" for port in (7981, 7982, 7985))
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


def by_address(view: str, knob: str, value: Callable[[], float], url: str = OURS):
    return lambda client, session: over_http.fetch(client, f"{url}/gan/{view}.png?{knob}={value()}")


ONE = {
    "plain": lambda c, s: queued(c, s, PLAIN, "draw", [0, 0.7, new_value(), *[0.0] * 7]),
    "before": by_address("cat", "d1", new_value, BEFORE),
    "netglass": by_address("cat", "d1", new_value),
    "netglass, queued": lambda c, s: queued(
        c, s, OURS, "gan_sample", [registry.DEFAULT_GAN, 0, 0.7, 1, new_value(), *[0.0] * 7]
    ),
}
SHEET = {
    "plain": lambda c, s: queued(c, s, PLAIN, "sheet", [0, new_truncation(), *[0.0] * 8]),
    "before": by_address("sheet", "truncation", new_truncation, BEFORE),
    "netglass": by_address("sheet", "truncation", new_truncation),
    "netglass, queued": lambda c, s: queued(
        c, s, OURS, "gan_sample", [registry.DEFAULT_GAN, 0, new_truncation(), 16, *[0.0] * 8]
    ),
}


async def measure(names: tuple[str, ...], rounds: int, visitors: int, seconds: float) -> None:
    """Asks the sides called `names` by turns; the first is what the others are compared with."""
    print("one visitor, p50 in ms")
    for title, events in (("a cat", ONE), ("a sheet of 16", SHEET)):
        found: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                found[name].append(await over_http.time_one_visitor(events[name]))
        for name, medians in found.items():
            middle = statistics.median(medians)
            ratio = statistics.median(found[names[0]]) / middle
            shown = ", ".join(f"{value:.1f}" for value in medians)
            speed = f"{ratio:.2f} times as fast as {names[0]}"
            print(f"  {title}, {name}: {middle:.1f} ({shown}); {speed}")
    print(f"{visitors} visitors dragging, a cat each")
    crowds: dict[str, list] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            crowds[name].append(await over_http.time_visitors(ONE[name], visitors, seconds))
    base = statistics.median(rate for rate, _, _ in crowds[names[0]])
    for name, runs in crowds.items():
        rate = statistics.median(rate for rate, _, _ in runs)
        late = statistics.median(p95 for _, p95, _ in runs)
        errors = sum(count for _, _, count in runs)
        each = ", ".join(f"{rate:.1f}" for rate, _, _ in runs)
        print(
            f"  {name}: {rate:.1f} events/s ({each}), {rate / base:.2f} times {names[0]}, "
            f"p95 {late:.2f} s, {errors} errors"
        )


def main() -> None:
    options = over_http.parse_load_options(__doc__, before="")

    def netglass(url: str, checkout: Path):
        command = ["app.py", "--port", url.rsplit(":", 1)[1], "--device", "cpu"]
        return over_http.running_app(command, f"{url}/health", checkout)

    with ExitStack() as apps:
        apps.enter_context(netglass(OURS, over_http.ROOT))
        if options.before:
            apps.enter_context(netglass(BEFORE, Path(options.before).resolve()))
            names: tuple[str, ...] = ("before", "netglass")
        else:
            apps.enter_context(
                over_http.running_app(["-m", "benchmarks.plain_gan_app", "7982"], PLAIN)
            )
            names = ("plain", "netglass", "netglass, queued")
        asyncio.run(measure(names, options.rounds, options.visitors, options.seconds))
    print(machine())


if __name__ == "__main__":
    main()
