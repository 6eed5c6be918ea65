"""Seconds from `python app.py` to a served page, without --preload.

python -m benchmarks.startup --rounds 5
"""

import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

from benchmarks.common import machine, options
from benchmarks.over_http import ROOT


def start_seconds(port: int) -> float:
    """Starts the app, waits until GET / answers 200, stops it; the seconds until then."""
    start = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
                    reply.read()
                    return time.perf_counter() - start
            except urllib.error.URLError:
                if app.poll() is not None:
                    raise SystemExit("the app ended before it served a page") from None
                time.sleep(0.02)
    finally:
        app.terminate()
        app.wait()


def main() -> None:
    chosen = options(__doc__, rounds=5, port=7991)
    taken = [start_seconds(chosen.port + number) for number in range(chosen.rounds)]
    print(
        f"python app.py to a served page: median {statistics.median(taken):.1f} s, "
        f"{min(taken):.1f} to {max(taken):.1f} over {chosen.rounds} starts"
    )
    print(machine())


if __name__ == "__main__":
    main()
