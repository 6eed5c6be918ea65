"""Forward passes by onnxruntime, for networks on the CPU that need no gradient.

A graph in weights/ has a network's operations and none of its weights
(`training/onnx_graphs.py` makes it). It gets them from the PyTorch network's tensors when it is
loaded, so that the safetensors stay the one source. CUDA and Metal keep PyTorch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from models import weights

if TYPE_CHECKING:
    import onnxruntime
    import torch

Forward: TypeAlias = Callable[["torch.Tensor"], "tuple[torch.Tensor, ...]"]


def entry_name(network: str) -> str:
    """What the manifest calls the graph of a network."""
    return f"{network}_graph"


def has_graph(network: str) -> bool:
    """Whether a graph of that network ships."""
    try:
        return entry_name(network) in weights.manifest(weights.FOLDER)
    except (OSError, ValueError):
        return False  # what can't do without the manifest says so


def forward(
    name: str,
    tensors: Mapping[str, torch.Tensor],
    device: torch.device | None = None,
    threads: int | None = None,
) -> Forward | None:
    """The forward pass of the network called `name`, or None: it has no graph, or is not on a CPU.

    It takes pictures (N, C, H, W), float32, and gives the network's outputs (N, ...), float32. Its
    batches have one size, that of the graph, and the last is filled up: so a picture's result does
    not depend on how many others are computed with it. What comes while another thread computes
    takes one core for itself: no part of it waits for a core that the other has.

    Args:
        tensors: the weights, by the names that they have in the graph; they are copied.
        device: where the network is; None is the CPU.
        threads: how many compute where nothing else does; None takes as many as PyTorch.

    Raises:
        ValidationError: the graph's file is missing or damaged.
    """
    import numpy as np
    import torch
    from torch.nn.functional import pad

    if (device and device.type != "cpu") or not has_graph(name):
        return None
    content = weights.content(entry_name(name))
    alone = session(content, threads or torch.get_num_threads(), tensors)
    beside_others = cache(lambda: session(content, 1, tensors))
    given = alone.get_inputs()[0]
    batch = given.shape[0]
    lock, running = threading.Lock(), 0

    @contextmanager
    def chosen() -> Iterator[onnxruntime.InferenceSession]:
        nonlocal running
        with lock:
            found = beside_others() if running else alone
            running += 1
        try:
            yield found
        finally:
            with lock:
                running -= 1

    def compute(pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        results = []
        for part in pictures.split(batch):
            missing = batch - len(part)
            filled = pad(part, (0, 0) * (part.dim() - 1) + (0, missing)) if missing else part
            with chosen() as loaded:
                results.append(loaded.run(None, {given.name: filled.contiguous().numpy()}))
        return tuple(
            torch.from_numpy(np.concatenate(parts) if len(parts) > 1 else parts[0])[: len(pictures)]
            for parts in zip(*results, strict=True)
        )

    return compute


def session(
    content: bytes, threads: int = 0, tensors: Mapping[str, torch.Tensor] | None = None
) -> onnxruntime.InferenceSession:
    """An onnxruntime session on the CPU.

    Args:
        content: the ONNX file.
        threads: how many compute; 0 lets onnxruntime choose.
        tensors: the weights that the file names without having them; they are copied.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    # Idle threads that spin would take the cores from PyTorch's.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if tensors:
        values = [
            onnxruntime.OrtValue.ortvalue_from_numpy(tensor.detach().contiguous().cpu().numpy())
            for tensor in tensors.values()
        ]
        options.add_external_initializers(list(tensors), values)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
