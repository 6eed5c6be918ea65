"""Where a network runs, in which precision and memory format, and why.

The choice is a fixed rule per (kind of network, device), taken from `benchmarks/precision.py`, so
that the same input gives the same picture every time: nothing is tuned while visitors wait.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from models.validation import choice

DEVICES = ("auto", "cpu", "cuda", "mps")
# On a CPU, four pictures of 224 px: with more the activations of a layer leave the cache before the
# next one reads them.
PIXELS_AT_ONCE = 4 * 224 * 224
PICTURES_AT_ONCE = 32  # elsewhere


@dataclass(frozen=True)
class Placement:
    """Where and how one network computes.

    Attributes:
        device: the torch device.
        dtype: what convolutions and matrix products compute in; weights stay float32.
        memory_format: layout of pictures and weights.
        why: one sentence.
    """

    device: torch.device
    dtype: torch.dtype
    memory_format: torch.memory_format
    why: str


def pick(name: str = "auto") -> torch.device:
    """The device called `name`; "auto" takes CUDA, then MPS, then the CPU.

    Raises:
        ValidationError: unknown name.
        RuntimeError: the device is not there.
    """
    choice("device", name, DEVICES)
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
    if (name == "cuda" and not cuda) or (name == "mps" and not mps):
        raise RuntimeError(f"--device {name}: PyTorch finds no such device on this machine.")
    if name == "cuda":
        exact_convolutions()
    return torch.device(name)


def batch_size(pictures: torch.Tensor) -> int:
    """How many pictures of the size of these (N, C, H, W) go through a network together."""
    if pictures.device.type != "cpu":
        return PICTURES_AT_ONCE
    return max(1, PIXELS_AT_ONCE // pictures[0, 0].numel())


def exact_convolutions() -> None:
    """Makes float32 mean float32 in cuDNN's convolutions, and the same inputs give the same sums.

    By default they round float32 to TensorFloat-32, ten bits, and may add gradients in any order.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def has_bf16_units() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (AMX or AVX512-BF16)."""
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()


def place(depthwise: bool, device: torch.device, generator: bool = False) -> Placement:
    """The placement measured best for a kind of network on `device`.

    Args:
        depthwise: the network is built on depthwise convolutions (EfficientNet, MobileNet).
        device: from `pick`.
        generator: the network makes pictures that people look at.
    """
    if device.type == "cpu":
        if depthwise:
            why = "depthwise convolutions are slower in bfloat16 on CPUs"
            return Placement(device, torch.float32, torch.channels_last, why)
        if generator and not torch.cpu._is_amx_tile_supported():
            why = "bfloat16 moves a generator's pictures by up to 9 grey levels"
            return Placement(device, torch.float32, torch.channels_last, why)
        if has_bf16_units():
            why = "this CPU has bfloat16 matrix units"
            return Placement(device, torch.bfloat16, torch.channels_last, why)
        return Placement(device, torch.float32, torch.channels_last, "no bfloat16 matrix units")
    if device.type == "cuda":
        if not depthwise and torch.cuda.is_bf16_supported(including_emulation=False):
            return Placement(device, torch.bfloat16, torch.channels_last, "tensor cores")
        return Placement(device, torch.float32, torch.channels_last, "exact gradients")
    why = "Metal's convolutions are fastest in their own layout"
    return Placement(device, torch.float32, torch.contiguous_format, why)
