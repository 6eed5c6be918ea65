"""Fetching torchvision's weight files into torch.hub's cache, with progress and a checked hash."""

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

TIMEOUT_SECONDS = 10
CHUNK = 1 << 20


def reachable(url: str) -> bool:
    """Whether a server answers for `url` within three seconds; nothing is downloaded."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=3):
            return True
    except OSError:
        return False


def fetch(url: str, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Downloads `url` to `path`; the file appears only when it is whole and its hash is right.

    torchvision's file names end in the first eight digits of the sha256 (name-1234abcd.pth).

    Raises:
        OSError: the server can't be reached, or sent something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, done = hashlib.sha256(), 0
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with (
            open(handle, "wb") as file,
            urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as reply,
        ):
            total = int(reply.headers.get("Content-Length") or 0)
            while chunk := reply.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(done, total)
        if not digest.hexdigest().startswith(path.stem.rsplit("-", 1)[-1]):
            raise OSError(f"{url} sent a file whose hash is wrong")
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
