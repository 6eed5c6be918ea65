"""What Netglass changes in the script that Gradio sends to the browser; read in Gradio 6.31.0.

Gradio's page looks for what belongs to a component by going through all there is, again and again:

- for the events of each of 1,600 components through the targets of all 360 events,
- for each target of each event through the tree of components, even where nothing is wanted of it,
- for the value of each input of an event through that tree, even where the component is known.

All of it goes through Svelte's proxies; together it was two of every five milliseconds that scripts
took before the page stood (`benchmarks/page_load.py`). A file is sent as Gradio has it where the
code that was read isn't in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ASSETS = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
# Files by the start of their names; in each: (code that was read, what stands in its place).
CHANGES = {
    "core": (
        (
            "postprocess(e){this.root=this.traverse(e,[",
            "postprocess(e){const events=new Map;for(const{targets}of this.#n){const seen=new Set;"
            "for(const[id,name]of targets){if(seen.has(id))continue;seen.add(id);"
            "if(name)events.set(id,[...(events.get(id)??[]),name])}}this.root=this.traverse(e,[",
        ),
        (
            "e=>this.find_attached_events(e,this.#n)",
            "e=>this.find_attached_events(e,events)",
        ),
        (
            "find_attached_events(e,t){let n=t.filter(t=>t.targets.find(([t])=>t===e.id)).map("
            "t=>{let n=t.targets.find(([t])=>t===e.id);return n?n[1]:null}).filter(Boolean);"
            "return e.props.shared_props.attached_events=n,e}",
            "find_attached_events(e,t){"
            "return e.props.shared_props.attached_events=t.get(e.id)??[],e}",
        ),
        (
            "async get_state(e){let t=this.#s.get(e),n=Z(this.root,e);",
            "async get_state(e){let t=this.#s.get(e),n=t?null:Z(this.root,e);",
        ),
    ),
    "Blocks": (
        (
            "async set_event_args(e,t){let n={},",
            "async set_event_args(e,t){if(Object.keys(t).length===0)return()=>{};let n={},",
        ),
    ),
}


def changed(script: str, changes: Sequence[tuple[str, str]]) -> str | None:
    """The script with all changes; None where it isn't the one that was read."""
    for read, new in changes:
        if script.count(read) != 1:
            return None
        script = script.replace(read, new)
    return script


def routes(folder: Path = ASSETS) -> list[Route]:
    """The changed scripts at Gradio's own addresses, for `app_kwargs` of `launch`."""
    found = []
    for start, changes in CHANGES.items():
        for path in sorted(folder.glob(f"{start}-*.js")):
            if script := changed(path.read_text("utf-8"), changes):
                found.append(_route(path.name, script))
    return found


def _route(name: str, script: str) -> Route:
    content = script.encode()
    headers = {"etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}

    async def serve(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="text/javascript", headers=headers)

    return Route(f"/assets/{name}", serve)
