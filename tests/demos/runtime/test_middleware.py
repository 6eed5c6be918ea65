import asyncio
import errno
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos.runtime.middleware import HEADERS, Bucket, Gate
from tests.browser.helpers import say

SCOPE = {"type": "http", "path": "/", "client": ("10.0.0.1", 1), "headers": []}


def asked(app, **options) -> list[dict]:
    """What a gate before `app` sends for one request."""
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    # In a thread: Playwright's own loop may be running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(Gate(app, **options)(dict(SCOPE), None, send))).result()
    return sent


def full(begun: bool):
    async def app(scope, receive, send):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")

    return app


def test_a_full_disk_is_told():
    start, body = asked(full(begun=False))
    assert start["status"] == 507
    assert body["body"].decode() == say("en", "error.disk_full")
    assert {name.decode() for name, _ in start["headers"]} >= set(HEADERS)


def test_an_answer_that_had_begun_is_not_begun_again():
    with pytest.raises(OSError, match="No space"):
        asked(full(begun=True))


def test_an_address_has_its_share_and_no_more(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("demos.runtime.middleware.time.monotonic", lambda: now[0])
    bucket = Bucket(rate=2, burst=3)
    assert [bucket.take("a") for _ in range(4)] == [True, True, True, False]
    assert bucket.take("b")
    now[0] += 1  # two more
    assert [bucket.take("a") for _ in range(3)] == [True, True, False]
    now[0] += 1000  # no more than the burst
    assert [bucket.take("a") for _ in range(4)] == [True, True, True, False]


def test_addresses_are_forgotten(monkeypatch):
    monkeypatch.setattr("demos.runtime.middleware.ADDRESSES", 2)
    bucket = Bucket(rate=0.001, burst=1)
    assert all(bucket.take(name) for name in "abc")
    assert not bucket.take("c")
    assert len(bucket._left) == 2
