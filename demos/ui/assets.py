"""The page's styles and scripts: static files beside what they belong to.

Every .css and .js file below `demos/` is part of the page, those of `ui/static/` first. Its address
holds a hash of its content: a browser may keep it for ever, and a new version has a new address.
Scripts in a folder called `worker` are not the page's: a Web Worker imports them, so that they stay
together in a folder whose name has the hash of all of them.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demos.runtime import i18n
from demos.ui import class_lists

ROOT = Path(__file__).parents[1]
FOLDER = "ui"  # in addresses; `assets` and `static` are Gradio's
WORKER = "worker"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
CACHE_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@cache
def files() -> dict[str, Path]:
    """The files by name with hash, in the order in which the page loads them."""
    shared = ROOT / "ui" / "static"
    found = [path for suffix in MEDIA_TYPES for path in sorted(ROOT.rglob(f"*{suffix}"))]
    found = [path for path in found if path.parent.name != WORKER]
    found.sort(key=lambda path: path.parent != shared)
    return {_hashed_name(path): path for path in found}


def _hashed_name(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"{path.stem}.{digest}{path.suffix}"


@cache
def worker_files() -> dict[str, Path]:
    """The scripts of Web Workers by folder and name; the folder's name has their hash."""
    found: dict[str, Path] = {}
    for folder in sorted(ROOT.rglob(WORKER)):
        scripts = sorted(folder.glob("*.js"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in scripts)).hexdigest()[:12]
        name = f"{folder.parent.name}_{WORKER}.{digest}"
        found |= {f"{name}/{path.name}": path for path in scripts}
    return found


def worker_address(package: str) -> str:
    """The address of a package's worker, `demos/<package>/worker/worker.js`."""
    wanted = ROOT / package / WORKER / "worker.js"
    return next(f"{FOLDER}/{name}" for name, path in worker_files().items() if path == wanted)


@cache
def tags() -> str:
    """What the head of the page holds; relative addresses, for a proxy may show it at a sub-path.

    Deferred scripts run in this order, before those that come after them in the page.
    """
    # No "<" inside: it could end the element.
    said = json.dumps(i18n.fixed_texts(), ensure_ascii=False).replace("<", "\\u003c")
    texts = f'<script type="application/json" id="netglass-texts">{said}</script>\n'
    return f"<style>{i18n.style()}</style>\n{texts}" + "".join(
        f'<link rel="stylesheet" href="{FOLDER}/{name}">\n'
        if name.endswith(".css")
        else f'<script defer src="{FOLDER}/{name}"></script>\n'
        for name in files()
    )


def routes() -> list[Route]:
    """The addresses of the files, for `app_kwargs` of `launch`."""
    served = files() | worker_files()
    contents = {name: path.read_bytes() for name, path in served.items()}

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in contents:
            return PlainTextResponse("there is no such file", 404)
        media_type = MEDIA_TYPES[Path(name).suffix]
        return Response(contents[name], media_type=media_type, headers=CACHE_FOREVER)

    return [Route(f"/{FOLDER}/{{name:path}}", serve)]


class AssetTagsMiddleware:
    """ASGI middleware: puts `tags` into the page, before the first script of Gradio's, says which
    language it is in, and the list of classes once.

    Gradio's own option `head` leaves it to the browser to add them, and does not wait for them:
    the page would be seen without its styles, and its events could come before our scripts. The
    page is sent compressed: it names every component, in 1.7 MB.
    """

    def __init__(self, app: ASGIApp):
        self.app, self.page = app, GZipMiddleware(self._page, compresslevel=4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and self._is_page(scope)
        await (self.page if is_page else self.app)(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def insert(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            content = bytes(body).replace(b"<script", tags().encode() + b"<script", 1)
            language = f'lang="{i18n.requested.get()}"'.encode()
            content = content.replace(b'lang="en"', language, 1)  # of <html>
            content = class_lists.write_once(content, i18n.requested.get())
            headers = MutableHeaders(scope=start)
            headers.add_vary_header("accept-language, cookie")
            headers["content-length"] = str(len(content))
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await self.app(scope, receive, insert)

    @staticmethod
    def _is_page(scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return scope["method"] == "GET" and path in ("", "/")
