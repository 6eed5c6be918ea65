"""What every request passes: headers that keep a browser careful, a login, a limit on haste, and a
word where an upload does not fit the disk."""

from __future__ import annotations

import time
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demos.runtime import errors, i18n

# Scripts and styles are Gradio's own and stand in its page, so they can't be forbidden; frames are
# for Hugging Face, which shows a Space in one.
HEADERS = {
    "content-security-policy": "object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
ADDRESSES = 10_000


class Bucket:
    """Requests that each address may make: `burst` at once, `rate` a second for ever."""

    def __init__(self, rate: float, burst: float):
        self.rate, self.burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether one more is within the limit; remembers the last `ADDRESSES` addresses only."""
        now = time.monotonic()
        left, then = self._left.pop(address, (self.burst, now))
        left = min(self.burst, left + (now - then) * self.rate)
        allowed = left >= 1
        self._left[address] = (left - allowed, now)
        if len(self._left) > ADDRESSES:
            self._left.popitem(last=False)
        return allowed


class Gate:
    """ASGI middleware.

    Args:
        own: paths of our own addresses; like Gradio's they need a login if there is a password.
        rate: requests a second from one address, five seconds' worth at once; a class may share
            one. 0 is no limit.
    """

    def __init__(self, app: ASGIApp, own: tuple[str, ...] = (), rate: float = 0.0):
        self.app, self.own = app, own
        self.bucket = Bucket(rate, 5 * rate) if rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]

        begun = False

        async def careful(message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    given.setdefault(name, value)
            await send(message)

        answer: ASGIApp = self.app
        if self.bucket and not self.bucket.take(address):
            answer = PlainTextResponse(
                "too many requests, wait a moment", 429, {"retry-after": "2"}
            )
        elif self._is_own(scope) and not _may_enter(scope):
            answer = PlainTextResponse("log in first", 401)
        try:
            await answer(scope, receive, careful)
        except OSError as error:
            # An upload is written before anything of ours is asked.
            if begun or error.errno not in errors.FULL:
                raise
            code = i18n.detect(Headers(scope=scope).get("accept-language"))
            text = i18n.error_message(code, errors.as_validation_error(error))
            await PlainTextResponse(text, 507)(scope, receive, careful)

    def _is_own(self, scope: Scope) -> bool:
        return scope["path"].removeprefix(scope.get("root_path", "")).startswith(self.own)


def _may_enter(scope: Scope) -> bool:
    """Whether there is no password, or the visitor has given it to Gradio's own login page."""
    app = scope["app"]
    if not getattr(app, "auth", None):
        return True
    cookies = Request(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(cookies.get(name) in app.tokens for name in names)
