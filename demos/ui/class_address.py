"""Where the class opens the page, with a code to scan, on the teacher's page.

The script (`demos/lessons.js`) knows what the browser calls this page; a page opened on the
server's own computer asks here what others call it. Codes are drawn here.
"""

from __future__ import annotations

import io
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demos.runtime import network
from demos.ui import panel
from demos.ui.page import Page

WORDS = ("title", "code", "scan", "copy", "copied", "alone", "http", "warning", "others")
MAX_LETTERS = 500
LIGHT = "#fff"  # the quiet zone, too: in the dark a code without it isn't found


def build(page: Page) -> None:
    """The panel; the script fills it."""
    panel.build(page, "class-address", "class_address", WORDS)


def routes(urls: list[str], warns: bool) -> list[Route]:
    """The addresses' route and the codes', for `app_kwargs` of `launch`.

    Args:
        urls: where others open the page, the likeliest first.
        warns: browsers do there, because the certificate is of this computer's own making.
    """

    async def addresses(request: Request) -> Response:
        # Who comes from elsewhere knows an address that works, and need not learn the others.
        here = request.client is not None and network.is_loopback(request.client.host)
        return JSONResponse({"addresses": urls if here else [], "warns": warns})

    async def code(request: Request) -> Response:
        text = request.query_params.get("text", "")
        if not text.startswith(("http://", "https://")) or len(text) > MAX_LETTERS:
            return PlainTextResponse(f"text must be an address of up to {MAX_LETTERS} letters", 400)
        return Response(svg(text), media_type="image/svg+xml")

    return [Route("/class/addresses", addresses), Route("/class/code.svg", code)]


def svg(text: str) -> bytes:
    """A QR code of `text` as SVG, dark on light."""
    import segno

    stream = io.BytesIO()
    options: dict[str, Any] = {"kind": "svg", "light": LIGHT, "omitsize": True, "xmldecl": False}
    segno.make(text, micro=False).save(stream, **options)
    return stream.getvalue()
