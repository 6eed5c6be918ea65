"""A photo's breed over HTTP, upload included: one visitor alone, then thirty at once.

Every event uploads a photograph that was never sent before and calls /classify_pet as a client
does: through Gradio's upload, queue and event stream. Ends when the confidences are here.

python -m benchmarks.pet_load --rounds 3 --visitors 30 --seconds 8
"""

import asyncio
import itertools
import statistics

import httpx

from benchmarks import over_http
from benchmarks.common import EXAMPLES, machine
from models.registry import DEFAULT_PET_CLASSIFIER

URL = "http://127.0.0.1:7983"
NAMES = ("kitten", "chelsea", "german_shepherd", "lemur")
numbers = itertools.count()


def photos() -> list[bytes]:
    """Example photographs, as files."""
    return [(EXAMPLES / "photos" / f"{name}.jpg").read_bytes() for name in NAMES]


def fresh(shown: list[bytes]) -> bytes:
    """A JPEG file that was not sent before: a number stands behind its end."""
    number = next(numbers)
    return shown[number % len(shown)] + number.to_bytes(4, "big")


async def classified(client: httpx.AsyncClient, session: str, content: bytes) -> dict:
    """The confidences of one photograph."""
    file = await over_http.upload(client, URL, content)
    return (
        await over_http.call(client, URL, "classify_pet", [file, DEFAULT_PET_CLASSIFIER], session)
    )[1]


async def measure(rounds: int, visitors: int, seconds: float) -> None:
    shown = photos()

    def event(client, session):
        return classified(client, session, fresh(shown))

    single, rates, late, errors = [], [], [], 0
    for _ in range(rounds):
        single.append(await over_http.time_one_visitor(event))
        one, _, _ = await over_http.time_visitors(event, 1, seconds)
        many, p95, wrong = await over_http.time_visitors(event, visitors, seconds)
        rates.append((one, many))
        late.append(p95)
        errors += wrong
    one, many = (statistics.median(column) for column in zip(*rates, strict=True))
    shown_ms = ", ".join(f"{value:.1f}" for value in single)
    print(f"one visitor: p50 {statistics.median(single):.1f} ms ({shown_ms}), {one:.1f} photos/s")
    print(
        f"{visitors} visitors: {many:.1f} photos/s, {many / one:.2f} times one at a time; "
        f"p95 {statistics.median(late):.2f} s, {errors} errors"
    )


def main() -> None:
    options = over_http.parse_load_options(__doc__)
    command = ["app.py", "--port", URL.rsplit(":", 1)[1], "--device", "cpu", "--preload"]
    with over_http.running_app(command, f"{URL}/health"):
        asyncio.run(measure(options.rounds, options.visitors, options.seconds))
    print(machine())


if __name__ == "__main__":
    main()
