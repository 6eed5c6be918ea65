"""An endpoint's events as a browser asks for them: upload, join the queue, follow the stream."""

from __future__ import annotations

import json
import time

import httpx


async def called(
    client: httpx.AsyncClient, url: str, name: str, data: list, session: str,
    gaps: list[float] | None = None,
) -> list:  # fmt: skip
    """The last outputs of an endpoint; the seconds between two of them go into `gaps`.

    A visitor keeps one session, as a browser does: Gradio takes long to make a new one.
    """
    address = f"{url}/gradio_api/call/{name}"
    joined = await client.post(address, json={"data": data, "session_hash": session})
    joined.raise_for_status()
    kind, outputs, last = "", None, time.perf_counter()
    async with client.stream("GET", f"{address}/{joined.json()['event_id']}") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                kind = line.split(":", 1)[1].strip()
            elif line.startswith("data:") and kind in ("generating", "complete"):
                now = time.perf_counter()
                if gaps is not None:
                    gaps.append(now - last)
                last = now
                outputs = json.loads(line[5:]) or outputs
                if kind == "complete":
                    return outputs
            elif kind == "error":
                raise RuntimeError(f"{name}: {line}")
    raise RuntimeError(f"{name}: the stream ended early")


async def uploaded(client: httpx.AsyncClient, url: str, content: bytes) -> dict:
    """A photograph as endpoints take it."""
    files = {"files": ("photo.jpg", content, "image/jpeg")}
    answer = await client.post(f"{url}/gradio_api/upload", files=files)
    answer.raise_for_status()
    return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


async def fetched(client: httpx.AsyncClient, address: str) -> bytes:
    """What lies at an address."""
    answer = await client.get(address)
    answer.raise_for_status()
    return answer.content
