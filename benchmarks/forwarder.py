"""A connection that can be cut: forwards TCP to a server on this machine, until told otherwise.

A browser's own "offline" leaves open streams running; here the connection itself ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Forwarder:
    """Forwards what comes to a port of its own to `target`.

    Attributes:
        port: where it listens, on 127.0.0.1.
    """

    def __init__(self, target: int):
        self.target, self.port = target, 0
        self._loop = asyncio.new_event_loop()
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def cut(self) -> None:
        """Ends all connections, and lets nobody in."""
        asyncio.run_coroutine_threadsafe(self._set(True), self._loop).result()

    def mend(self) -> None:
        """Lets connections in again."""
        asyncio.run_coroutine_threadsafe(self._set(False), self._loop).result()

    def close(self) -> None:
        """Ends it."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._forward, "127.0.0.1")
        self.port = server.sockets[0].getsockname()[1]

    async def _set(self, is_cut: bool) -> None:
        self._is_cut = is_cut
        if is_cut:
            for writer in self._open:
                writer.transport.abort()

    async def _forward(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self._is_cut:
            back.transport.abort()
            return
        there, on = await asyncio.open_connection("127.0.0.1", self.target)
        self._open |= {back, on}
        await asyncio.gather(self._pump(here, on), self._pump(there, back))
        self._open -= {back, on}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()


@contextmanager
def forwarded(target: int) -> Iterator[Forwarder]:
    """A forwarder to a port of this machine, ended at last."""
    forwarder = Forwarder(target)
    try:
        yield forwarder
    finally:
        forwarder.close()
