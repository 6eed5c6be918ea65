"""A head of a visitor's own classes as a file, and back.

The file is a safetensors file: `weight` (K, d) and `bias` (K,), float32, and in its metadata which
network's features they take and what the classes are called. It holds numbers and text, nothing
that is executed or unpickled. It may come from anybody, so all of it is checked.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of_bytes
from safetensors.torch import save as bytes_of_tensors

from models import registry
from models.linear_probe import few_shot
from models.validation import ValidationError

FORMAT = "netglass_head"  # the one key of the metadata: several would stand in any order
MAX_BYTES = 1 << 20
# How many pooled features the networks have that heads are trained on.
FEATURES = {registry.DEFAULT_BACKBONE: 1280}


@dataclass(frozen=True)
class SavedHead:
    """A linear classifier on the pooled features of a network.

    Attributes:
        network: whose features it takes.
        names: of the K classes.
        weight: (K, d) float32.
        bias: (K,) float32.
    """

    network: str
    names: tuple[str, ...]
    weight: torch.Tensor
    bias: torch.Tensor

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Features (N, d) -> softmax(W x + b), (N, K)."""
        return torch.addmm(self.bias, features, self.weight.T).softmax(1)


def write(head: SavedHead) -> bytes:
    """The file of a head."""
    facts = json.dumps({"network": head.network, "classes": head.names}, ensure_ascii=False)
    return bytes_of_tensors({"weight": head.weight, "bias": head.bias}, metadata={FORMAT: facts})


def read(content: bytes) -> SavedHead:
    """A file, checked.

    Raises:
        ValidationError: empty, too large, not written by `write`, damaged, of another network, or
            with a size that does not fit.
    """
    if not content:
        raise ValidationError("head_empty")
    if len(content) > MAX_BYTES:
        raise ValidationError("file_too_large", limit=MAX_BYTES >> 20)
    facts = _facts(content)
    network = facts.get("network")
    if not isinstance(network, str):
        raise ValidationError("head_damaged")
    if network not in FEATURES:
        shown = network[: few_shot.MAX_LETTERS]
        raise ValidationError("head_network", value=shown, known=", ".join(FEATURES))
    names = _names(facts.get("classes"))
    try:
        found = tensors_of_bytes(content)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError):
        raise ValidationError("head_damaged") from None
    wanted = {"weight": (len(names), FEATURES[network]), "bias": (len(names),)}
    if found.keys() != wanted.keys() or any(t.dtype != torch.float32 for t in found.values()):
        raise ValidationError("head_damaged")
    for name, size in wanted.items():
        given = tuple(found[name].shape)
        if given != size:
            sizes = {"given": _size(given), "wanted": _size(size)}
            raise ValidationError("head_shapes", tensor=name, **sizes)
        if not bool(found[name].isfinite().all()):
            raise ValidationError("head_damaged")
    return SavedHead(network, names, found["weight"], found["bias"])


def _facts(content: bytes) -> dict[str, Any]:
    """What the file says of itself beside the tensors."""
    try:
        (length,) = struct.unpack_from("<Q", content)
        facts = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][FORMAT])
    except (struct.error, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise ValidationError("head_foreign") from None
    if not isinstance(facts, dict):
        raise ValidationError("head_damaged")
    return facts


def _names(given: object) -> tuple[str, ...]:
    """The names of the classes, as `few_shot` lets classes be called."""
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValidationError("head_damaged")
    try:
        if few_shot.check_names(given) != given:
            raise ValidationError("head_damaged")
    except ValidationError:
        raise ValidationError("head_damaged") from None
    return tuple(given)


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "1"
