"""ASGI middleware that every request passes: careful headers, a rate limit, the login of our own
addresses, the visitor's language, and an answer that says so when the disk is full."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.runtime import errors, i18n

# Hugging Face shows a Space in a frame.
FRAMES = ("https://huggingface.co", "https://*.hf.space")
# Gradio's page has scripts and styles in its text, so they can't be forbidden.
POLICY = "object-src 'none'; base-uri 'self'; frame-ancestors 'self' {}"
HEADERS = {
    "content-security-policy": POLICY.format(" ".join(FRAMES)),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
MAX_ADDRESSES = 10_000

# The parameters in the address of the request being answered.
query: ContextVar[Mapping[str, str]] = ContextVar("query", default={})  # noqa: B039


def stack(
    protected: tuple[str, ...] = (), rate: float = 0.0, frames: tuple[str, ...] = ()
) -> list[Middleware]:
    """All of them, for `app_kwargs` of `launch`.

    Args:
        protected: beginnings of our own paths that need a login if there is a password.
        rate: requests a second from one address, five seconds' worth at once; a class may share
            one. 0 is no limit.
        frames: origins of other sites that may show the page in a frame.
    """
    limit = [Middleware(RateLimitMiddleware, rate=rate)] if rate else []
    login = Middleware(LoginMiddleware, protected=protected)
    language = Middleware(LanguageMiddleware)
    disk_full = Middleware(DiskFullMiddleware)
    return [
        Middleware(SecurityHeadersMiddleware, frames=frames),
        *limit,
        login,
        language,
        disk_full,
    ]


class SecurityHeadersMiddleware:
    """Adds `HEADERS` to every answer that does not set them itself; `frames` are origins that may
    show the page in a frame, beside `FRAMES`."""

    def __init__(self, app: ASGIApp, frames: tuple[str, ...] = ()):
        self.app = app
        policy = POLICY.format(" ".join((*FRAMES, *frames)))
        self.headers = HEADERS | {"content-security-policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class TokenBucket:
    """Requests that each address may make: `burst` at once, `rate` a second for ever."""

    def __init__(self, rate: float, burst: float):
        self.rate, self.burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether one more is within the limit; remembers the last `MAX_ADDRESSES` only."""
        now = time.monotonic()
        left, then = self._left.pop(address, (self.burst, now))
        left = min(self.burst, left + (now - then) * self.rate)
        allowed = left >= 1
        self._left[address] = (left - allowed, now)
        if len(self._left) > MAX_ADDRESSES:
            self._left.popitem(last=False)
        return allowed

    def give_back(self, address: str) -> None:
        """Undoes a `take`: that one does not count."""
        if address in self._left:
            left, then = self._left[address]
            self._left[address] = (min(self.burst, left + 1), then)


class RateLimitMiddleware:
    """Answers 429 to an address that asks more than `rate` times a second."""

    def __init__(self, app: ASGIApp, rate: float):
        self.app, self.bucket = app, TokenBucket(rate, burst=5 * rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self.app
        address = (scope.get("client") or ("",))[0]
        if scope["type"] == "http" and not self.bucket.take(address):
            wait = {"retry-after": "2"}
            app = PlainTextResponse("too many requests, wait a moment", 429, wait)
        await app(scope, receive, send)


class LoginMiddleware:
    """Answers 401 at `protected` addresses if there is a password and it was not given.

    Gradio guards its own addresses, not those that `app_kwargs` adds.
    """

    def __init__(self, app: ASGIApp, protected: tuple[str, ...]):
        self.app, self.protected = app, protected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self.app
        if scope["type"] == "http" and self._is_protected(scope) and not _logged_in(scope):
            app = PlainTextResponse("log in first", 401)
        await app(scope, receive, send)

    def _is_protected(self, scope: Scope) -> bool:
        return scope["path"].removeprefix(scope.get("root_path", "")).startswith(self.protected)


def _logged_in(scope: Scope) -> bool:
    """Whether there is no password, or the visitor has given it to Gradio's own login page."""
    app = scope["app"]
    if not getattr(app, "auth", None):
        return True
    cookies = Request(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(cookies.get(name) in app.tokens for name in names)


class LanguageMiddleware:
    """Notes the address's parameters, and settles the language before anything answers, see
    `i18n.settle`."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers, address = Headers(scope=scope), QueryParams(scope.get("query_string", b""))
            query.set(address)
            chosen = address.get("lang"), Request(scope).cookies.get(i18n.COOKIE)
            i18n.requested.set(i18n.settle(*chosen, headers.get("accept-language")))
        await self.app(scope, receive, send)


class DiskFullMiddleware:
    """Answers 507, in the visitor's language, to an upload that the disk has no room for.

    Gradio writes an upload to the disk before it calls anything of ours.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except OSError as error:
            if started or scope["type"] != "http" or error.errno not in errors.DISK_FULL:
                raise
            text = i18n.error_message(i18n.requested.get(), errors.as_validation_error(error))
            await PlainTextResponse(text, 507)(scope, receive, send)
