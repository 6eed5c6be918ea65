"""Who asks an https port in plain http, as a browser does that is given an address without
"https://", is sent there, instead of seeing a broken connection.

A browser is first told about the warning that a certificate of our own making brings.
"""

from __future__ import annotations

import re
import ssl
from html import escape
from typing import Any
from urllib.parse import parse_qs

from demos.runtime import i18n

TLS_HANDSHAKE = 0x16  # the first byte of whoever speaks TLS
MAX_HEAD = 16 << 10
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
TARGET = re.compile(r"/[!-~]*")
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>Netglass</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  :root {{ color-scheme: light dark; }}
  body {{ max-width: 34rem; margin: 12vh auto; padding: 0 20px; font: 1.25rem/1.5 system-ui, sans-serif; }}
  a {{ display: block; padding: 14px; border-radius: 8px; background: CanvasText; color: Canvas;
       font-weight: 600; text-align: center; text-decoration: none; }}
</style></head>
<body><h1>Netglass</h1><p>{why}</p><p>{warning}</p><p><a href="{address}">{open}</a></p></body></html>
"""  # noqa: E501


class Connection(ssl.SSLObject):
    """One connection; TLS from its first byte on, or a request in plain http that is answered.

    Attributes:
        context: the `Context` that made it.
        incoming, outgoing: what came, and what is to be sent.
    """

    context: Context
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    _head = b""
    _speaks_tls = _answered = False

    def do_handshake(self) -> None:
        """Called whenever something came, until the handshake is over."""
        if not self._speaks_tls:
            self._head += self.incoming.read()
            self._speaks_tls = self._head[:1] == bytes([TLS_HANDSHAKE])
            if not self._speaks_tls:
                self._answer()
                raise ssl.SSLWantReadError  # nothing more is wanted, but what was written is sent
            self.incoming.write(self._head)
        super().do_handshake()

    def _answer(self) -> None:
        if self._answered or len(self._head) > MAX_HEAD:
            raise ssl.SSLError("plain http")  # closes the connection
        if b"\r\n\r\n" in self._head:
            self._answered = True
            self.outgoing.write(answer(self._head, self.context.warns))


class Context(ssl.SSLContext):
    """As `ssl.SSLContext`, and knows plain http.

    Attributes:
        warns: whether browsers do, because the certificate is of our own making.
    """

    warns = False

    def wrap_bio(self, incoming, outgoing, *given, **options):
        """A `Connection`."""
        made: Any = super().wrap_bio(incoming, outgoing, *given, **options)
        made.context, made.incoming, made.outgoing = self, incoming, outgoing
        return made


def answer(head: bytes, warns: bool) -> bytes:
    """The whole answer to a request in plain http, by its head."""
    first, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    method, _, rest = first.partition(" ")
    target, host = rest.partition(" ")[0], fields.get("host", "")
    if not HOST.fullmatch(host):
        return _response("400 Bad Request", "text/plain", "this port is served by https only\n")
    address = f"https://{host}{target if TARGET.fullmatch(target) else '/'}"
    if not warns or method != "GET" or "text/html" not in fields.get("accept", ""):
        said = f"this page is at {address}\n"
        return _response("308 Permanent Redirect", "text/plain", said, f"location: {address}\r\n")
    query = parse_qs(target.partition("?")[2])
    language = i18n.settle(query.get("lang", [""])[0], None, fields.get("accept-language"))
    page = PAGE.format(
        language=language,
        address=escape(address),
        why=escape(i18n.say(language, "class_address.why")),
        warning=escape(i18n.say(language, "class_address.warning")),
        open=escape(i18n.say(language, "class_address.open")),
    )
    return _response("200 OK", "text/html", page)


def _response(status: str, kind: str, text: str, more: str = "") -> bytes:
    body = text.encode()
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncache-control: no-store\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n{more}\r\n"
    ).encode() + body


def context(certfile, keyfile, warns: bool) -> Context:
    """The context of a server, for TLS 1.2 and newer."""
    made = Context(ssl.PROTOCOL_TLS_SERVER)
    made.sslobject_class = Connection
    made.warns = warns
    made.load_cert_chain(certfile, keyfile)
    return made


def install(warns: bool) -> None:
    """Makes uvicorn, which Gradio starts, serve https with a `Context`."""
    import uvicorn.config

    def create(certfile, keyfile, *_given, **_options) -> ssl.SSLContext:
        return context(certfile, keyfile, warns)

    uvicorn.config.create_ssl_context = create  # type: ignore[assignment]
