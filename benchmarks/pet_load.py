"""A photo's breed over HTTP, upload included: one visitor alone, then thirty at once.

Every event uploads a photograph that was never sent before and calls /classify_pet as a client
does: through Gradio's upload, queue and event stream. Ends when the confidences are here.

python -m benchmarks.pet_load --rounds 3 --visitors 30 --seconds 8

With another checkout, say of the commit before, both apps run and are asked by turns:

git worktree add --detach ../before HEAD~1
python -m benchmarks.pet_load --before ../before --rounds 5 --visitors 30 --seconds 6

With another classifier beside the endpoint's default, one app is asked for both by turns:

python -m benchmarks.pet_load --beside pets_lite2 --rounds 5 --visitors 30 --seconds 6
"""

import asyncio
import itertools
import statistics
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks import over_http
from benchmarks.common import EXAMPLES, machine
from models.registry import DEFAULT_PET_CLASSIFIER

NAMES = ("kitten", "chelsea", "german_shepherd", "lemur")
HERE, BEFORE = "this checkout", "the one before"
PORTS = {HERE: 7983, BEFORE: 7984}
numbers = itertools.count()


def photos() -> list[bytes]:
    """Example photographs, as files."""
    return [(EXAMPLES / "photos" / f"{name}.jpg").read_bytes() for name in NAMES]


def fresh(shown: list[bytes]) -> bytes:
    """A JPEG file that was not sent before: a number stands behind its end."""
    number = next(numbers)
    return shown[number % len(shown)] + number.to_bytes(4, "big")


async def classified(
    client: httpx.AsyncClient, url: str, session: str, content: bytes, model: str
) -> dict:
    """The confidences of one photograph."""
    file = await over_http.upload(client, url, content)
    outputs = await over_http.call(client, url, "classify_pet", [file, model], session)
    return outputs[1]


class Side:
    """What was measured of one app and classifier; a number a round."""

    def __init__(self, url: str, model: str = DEFAULT_PET_CLASSIFIER):
        self.url, self.model, self.shown = url, model, photos()
        self.alone_ms: list[float] = []
        self.one: list[float] = []
        self.many: list[float] = []
        self.p95: list[float] = []
        self.errors = 0

    async def event(self, client: httpx.AsyncClient, session: str) -> dict:
        """One upload and its answer."""
        return await classified(client, self.url, session, fresh(self.shown), self.model)

    async def measure(self, visitors: int, seconds: float) -> None:
        """One round."""
        self.alone_ms.append(await over_http.time_one_visitor(self.event))
        self.one.append((await over_http.time_visitors(self.event, 1, seconds))[0])
        many, p95, errors = await over_http.time_visitors(self.event, visitors, seconds)
        self.many.append(many)
        self.p95.append(p95)
        self.errors += errors

    def print(self, visitors: int) -> None:
        """The medians, and the rounds they are of."""
        one, many = statistics.median(self.one), statistics.median(self.many)
        print(f"  one visitor: p50 {shown(self.alone_ms)} ms, {one:.1f} photos/s")
        print(
            f"  {visitors} visitors: {shown(self.many)} photos/s, {many / one:.2f} times one at a "
            f"time; p95 {statistics.median(self.p95):.2f} s, {self.errors} errors"
        )


def shown(values: list[float]) -> str:
    """A median and the values that it is of."""
    return f"{statistics.median(values):.1f} ({', '.join(f'{value:.1f}' for value in values)})"


async def measure(sides: dict[str, Side], rounds: int, visitors: int, seconds: float) -> None:
    """All rounds, by turns; then what came out."""
    for _ in range(rounds):
        for side in sides.values():
            await side.measure(visitors, seconds)
    for name, side in sides.items():
        print(name)
        side.print(visitors)
    if len(sides) == 2:
        now, before = sides.values()
        ratio = statistics.median(now.many) / statistics.median(before.many)
        each = [a / b for a, b in zip(now.many, before.many, strict=True)]
        alone = statistics.median(before.alone_ms) / statistics.median(now.alone_ms)
        print(
            f"the first beside the second, {visitors} visitors: {ratio:.2f} times as many photos a "
            f"second, by round "
            f"{min(each):.2f} to {max(each):.2f}; one visitor {alone:.2f} times as fast"
        )


def main() -> None:
    options = over_http.parse_load_options(__doc__, before="", beside="")
    folders = {HERE: over_http.ROOT}
    if options.before:
        folders[BEFORE] = Path(options.before).resolve()
    with ExitStack() as apps:
        sides = {}
        for name, folder in folders.items():
            url = f"http://127.0.0.1:{PORTS[name]}"
            command = ["app.py", "--port", str(PORTS[name]), "--device", "cpu", "--preload"]
            apps.enter_context(over_http.running_app(command, f"{url}/health", folder))
            sides[name] = Side(url)
        if options.beside:
            sides[options.beside] = Side(sides[HERE].url, options.beside)
        asyncio.run(measure(sides, options.rounds, options.visitors, options.seconds))
    print(machine())


if __name__ == "__main__":
    main()
