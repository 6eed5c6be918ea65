import asyncio
import errno
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from starlette.responses import PlainTextResponse

from demos.runtime import middleware
from demos.runtime.middleware import HEADERS, TokenBucket
from tests.browser.helpers import say

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "client": ("10.0.0.1", 1),
    "headers": [],
    "app": None,
}


def stacked(app, **options):
    """`app` behind all of our middleware."""
    for layer in reversed(middleware.stack(("/gan/",), **options)):
        app = layer.cls(app, **layer.kwargs)
    return app


def asked(behind, **scope) -> list[dict]:
    """What the ASGI app `behind` sends for one request."""
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    # In a thread: Playwright's own loop may be running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(behind(SCOPE | scope, None, send))).result()
    return sent


def full(begun: bool):
    async def app(scope, receive, send):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")

    return app


def test_a_full_disk_is_told():
    start, body = asked(stacked(full(begun=False)))
    assert start["status"] == 507
    assert body["body"].decode() == say("en", "error.disk_full")
    assert {name.decode() for name, _ in start["headers"]} >= set(HEADERS)


def test_an_answer_that_had_begun_is_not_begun_again():
    with pytest.raises(OSError, match="No space"):
        asked(stacked(full(begun=True)))


def test_an_address_has_its_share_and_no_more(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("demos.runtime.middleware.time.monotonic", lambda: now[0])
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take("a") for _ in range(4)] == [True, True, True, False]
    assert bucket.take("b")
    now[0] += 1  # two more
    assert [bucket.take("a") for _ in range(3)] == [True, True, False]
    now[0] += 1000  # no more than the burst
    assert [bucket.take("a") for _ in range(4)] == [True, True, True, False]


def test_addresses_are_forgotten(monkeypatch):
    monkeypatch.setattr("demos.runtime.middleware.MAX_ADDRESSES", 2)
    bucket = TokenBucket(rate=0.001, burst=1)
    assert all(bucket.take(name) for name in "abc")
    assert not bucket.take("c")
    assert len(bucket._left) == 2


async def fine(scope, receive, send):
    await PlainTextResponse("fine")(scope, receive, send)


def test_a_hasty_address_is_told_to_wait():
    app = stacked(fine, rate=0.2)  # one request at once
    assert asked(app)[0]["status"] == 200
    start, _ = asked(app)
    assert start["status"] == 429
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert headers["retry-after"] == "2"
    assert headers.keys() >= set(HEADERS)


@pytest.mark.parametrize(
    ("path", "root", "cookie", "status"),
    [
        ("/gan/cat.png", "", "", 401),
        ("/netglass/gan/cat.png", "/netglass", "", 401),
        ("/gan/cat.png", "", "access-token-7=right", 200),
        ("/gan/cat.png", "", "access-token-unsecure-7=right", 200),
        ("/gan/cat.png", "", "access-token-7=wrong", 401),
        ("/ui/page.css", "", "", 200),
        ("/", "", "", 200),
    ],
)
def test_protected_addresses_need_gradios_login(path, root, cookie, status):
    gradio = SimpleNamespace(auth=[("class", "cat")], cookie_id=7, tokens={"right": "class"})
    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"path": path, "root_path": root, "app": gradio, "headers": headers}
    assert asked(stacked(fine), **scope)[0]["status"] == status
