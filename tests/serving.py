"""The real app, started as a user would start it, and plain HTTP requests to it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEACHER_KEY = "SESAME"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(
    folder: Path, port: int, *options: str, **environment: str
) -> tuple[subprocess.Popen, Path]:
    """Starts the app and waits until it serves on `port`; gives its process and its log file."""
    log = folder / "log.txt"
    usual = {
        "NETGLASS_PORT": str(port), "PYTHONUNBUFFERED": "1", "NETGLASS_TEACHER_KEY": TEACHER_KEY,
    }  # fmt: skip
    environment = os.environ | usual | environment
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--device", "cpu", *options],
            cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    deadline = time.monotonic() + 120
    while f"://127.0.0.1:{port}" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(log.read_text())
        time.sleep(0.2)
    return process, log


@contextmanager
def app(folder: Path, *options: str, port: int | None = None, quiet: bool = True) -> Iterator[str]:
    """Its address while it runs; a `quiet` one fails if it wrote a traceback into its log."""
    port = port or free_port()
    process, log = start_app(folder, port, *options)
    try:
        yield f"{'https' if '--https' in options else 'http'}://127.0.0.1:{port}"
        assert not quiet or "Traceback" not in log.read_text(), log.read_text()
    finally:
        print(log.read_text())  # shown with a failure
        process.terminate()
        process.wait(20)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as reply:
        assert reply.status == 200
        return reply.read()


def post(app_url: str, endpoint: str, data: str, **headers: str) -> str:
    """Calls an endpoint over plain HTTP and gives its event stream.

    Args:
        data: the arguments as JSON text, so that NaN can be sent.
    """
    url = f"{app_url}/gradio_api/call/{endpoint}"
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, f'{{"data": {data}}}'.encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        event = json.loads(reply.read())["event_id"]
    return get(f"{url}/{event}").decode()
