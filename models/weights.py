"""The weight files that ship: found by name in weights/manifest.json and checked before use."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from models.validation import ValidationError

if TYPE_CHECKING:
    import torch

FOLDER = Path(__file__).resolve().parents[1] / "weights"


def entry(name: str, folder: Path | None = None) -> dict:
    """What the manifest says of `name`: file, sha256, bytes, licence, data, command, measured.

    Raises:
        ValidationError: no manifest, or no such entry.
    """
    path = (folder or FOLDER) / "manifest.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))[name]
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
