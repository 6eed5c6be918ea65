"""Visitors who train at once: whether all advance, and what they hold on to.

    python -m benchmarks.gan_lab_load --visitors 10 --seconds 60

Starts the app and has every visitor stream /gan_train, half of them on digits and half on the ring;
counts the rounds that each one gets, the longest wait between two updates, and the server's memory.
"""

from __future__ import annotations

import threading
import time

import psutil
from gradio_client import Client

from benchmarks.common import machine, options
from benchmarks.over_http import running_app

URL = "http://127.0.0.1:7984"
# The endpoint answers at sixty fixed rounds of a run: so long that each is a few slices away.
KINDS = ({"preset": "digits", "steps": 600}, {"preset": "ring", "steps": 6000})


class Visitor(threading.Thread):
    """One that watches its training until time is up."""

    def __init__(self, number: int, until: float):
        super().__init__(daemon=True)
        self.kind = KINDS[number % len(KINDS)]
        self.until, self.rounds, self.longest, self.error = until, 0, 0.0, ""

    def run(self) -> None:
        client, before, last = Client(URL, verbose=False), 0, time.perf_counter()
        while time.perf_counter() < self.until and not self.error:
            job, seen = client.submit(**self.kind, api_name="/gan_train"), 0
            while time.perf_counter() < self.until and not (done := job.done()):
                outputs = job.outputs()
                if len(outputs) > seen:
                    now = time.perf_counter()
                    self.longest, last = max(self.longest, now - last), now
                    seen, self.rounds = len(outputs), before + outputs[-1][1]["rounds"]
                time.sleep(0.1)
            if not done:
                job.cancel()
            elif job.exception():
                self.error = str(job.exception())
            else:
                before += self.kind["steps"]


def memory(pid: int) -> float:
    """Megabytes of a process that are in memory."""
    return psutil.Process(pid).memory_info().rss / 2**20


def main() -> None:
    chosen = options(__doc__, visitors=10, seconds=60.0)
    command = ["app.py", "--port", URL.rsplit(":", 1)[1], "--preload"]
    with running_app(command, URL) as process:
        before = memory(process.pid)
        until = time.perf_counter() + chosen.seconds
        visitors = [Visitor(number, until) for number in range(chosen.visitors)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        during = memory(process.pid)
        for kind in KINDS[: chosen.visitors]:  # one visitor has the first kind only
            own = [visitor for visitor in visitors if visitor.kind is kind]
            rounds = [visitor.rounds for visitor in own]
            print(f"{kind['preset']}: {len(own)} visitors, rounds {min(rounds)} to {max(rounds)}, "
                  f"longest wait {max(v.longest for v in own):.1f} s, "
                  f"errors {sum(bool(v.error) for v in own)}")  # fmt: skip
        print(f"memory {before:.0f} MB before, {during:.0f} MB with all of them; {machine()}")


if __name__ == "__main__":
    main()
