import asyncio
import errno

import pytest

from demos.gate import HEADERS, Bucket, Gate
from tests.browsing import say

SCOPE = {"type": "http", "path": "/", "client": ("10.0.0.1", 1), "headers": []}


def asked(app, **options) -> list[dict]:
    """What a gate before `app` sends for one request."""
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    asyncio.run(Gate(app, **options)(dict(SCOPE), None, send))
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
    assert body["body"].decode() == say("en", "refusal.disk_full")
    assert {name.decode() for name, _ in start["headers"]} >= set(HEADERS)


def test_an_answer_that_had_begun_is_not_begun_again():
    with pytest.raises(OSError, match="No space"):
        asked(full(begun=True))


def test_haste_is_limited_for_each_address():
    bucket = Bucket(rate=0.001, burst=2)
    assert [bucket.take("anna") for _ in range(3)] == [True, True, False]
    assert bucket.take("ben")
