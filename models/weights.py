"""Weight files: those that ship, checked against weights/manifest.json, and torchvision's, fetched
into torch.hub's cache."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

FOLDER = Path(__file__).resolve().parents[1] / "weights"
TIMEOUT_SECONDS = 10
CHUNK_BYTES = 1 << 20
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """What `folder`/manifest.json says of each weight file, by name.

    Raises:
        OSError: there is none, or it can't be read.
        ValueError: it is no JSON, or something is missing in it.
    """
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("it must be an object with an entry for each file")
    for name, known in found.items():
        if not (isinstance(known, dict) and {"file", "sha256"} <= known.keys()):
            raise ValueError(f"the entry {name} must have a file and a sha256")
    return found


def is_whole(known: dict[str, Any], folder: Path) -> bool:
    """Whether the file of a manifest's entry is there and as long as it says; costs no reading."""
    try:
        length = (folder / known["file"]).stat().st_size
    except OSError:
        return False
    return length == known.get("bytes", length)


def entry(name: str, folder: Path | None = None) -> dict[str, Any]:
    """What the manifest says of `name`: file, sha256, bytes, licence, data, command, measured.

    Raises:
        ValidationError: no manifest, or no such entry.
    """
    path = (folder or FOLDER) / "manifest.json"
    try:
        return manifest(path.parent)[name]
    except (OSError, ValueError, KeyError) as error:
        raise ValidationError("weights_missing", title=name, file=path) from error


def content(name: str, folder: Path | None = None, title: str | None = None) -> bytes:
    """The bytes of file `name`, after their sha256 has been checked.

    Args:
        title: what an error calls it, if not by its name.

    Raises:
        ValidationError: the file is missing, or is not the one that the manifest describes.
    """
    known = entry(name, folder)
    path = (folder or FOLDER) / known["file"]
    try:
        found = path.read_bytes()
    except OSError as error:
        raise ValidationError("weights_missing", title=title or name, file=path) from error
    if hashlib.sha256(found).hexdigest() != known["sha256"]:
        raise ValidationError("weights_damaged", title=title or name, file=path)
    return found


def load(name: str, folder: Path | None = None) -> dict[str, torch.Tensor]:
    """The tensors of weight file `name`, float32, after its sha256 has been checked.

    Raises:
        ValidationError: the file is missing, or is not the one that the manifest describes.
    """
    import torch
    from safetensors.torch import load as read

    return {
        key: value.to(torch.float32) if value.is_floating_point() else value
        for key, value in read(content(name, folder)).items()
    }


def part(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    """Those of a weight file's tensors that are called `name.*`, without that prefix."""
    return {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}


def reachable(url: str) -> bool:
    """Whether a server answers for `url` within three seconds; nothing is downloaded."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=3):
            return True
    except OSError:
        return False


def download(url: str, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Downloads `url` to `path`; the file appears only when it is complete and its hash is right.

    Args:
        path: its name ends in the first digits of its sha256 (name-1234abcd.pth), as torchvision's
            files do.
        progress: told (bytes so far, bytes in all).

    Raises:
        OSError: the server can't be reached, or sent something else.
        ValidationError: the file can't be written.
    """
    check_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, done = hashlib.sha256(), 0
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with (
            open(handle, "wb") as file,
            urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as reply,
        ):
            total = int(reply.headers.get("Content-Length") or 0)
            while chunk := reply.read(CHUNK_BYTES):
                try:
                    file.write(chunk)
                except OSError as error:
                    raise unwritable(path.parent, error) from error
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(done, total)
        if not digest.hexdigest().startswith(hash_in_name(path)):
            raise OSError(f"{url} sent a file whose hash is wrong")
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


def try_writing(folder: Path, size: int = 1) -> None:
    """Writes a file of `size` bytes into `folder` and deletes it; while there is no such folder,
    into the nearest one above it, where it would be made.

    Raises:
        OSError: that can't be done.
    """
    place = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    with tempfile.TemporaryFile(dir=place, buffering=0) as file:
        left = size
        while left:  # the last bytes before a full disk are written without an error
            left -= file.write(bytes(left))


def check_folder(folder: Path) -> None:
    """Raises a `ValidationError` if nothing can be downloaded into `folder`."""
    try:
        try_writing(folder)
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> ValidationError:
    """What to say of `error`, which came when something was written to `folder`."""
    if error.errno in DISK_FULL:
        return ValidationError("disk_full")
    return ValidationError("folder_unwritable", folder=folder)


def hash_in_name(path: Path) -> str:
    """The first digits of a file's sha256, which its name ends in (name-1234abcd.pth)."""
    return path.stem.rsplit("-", 1)[-1]
