"""Layers with an equalized learning rate, and how activations inside a network are recorded.

Equalized learning rate (Karras et al. 2018, Progressive Growing of GANs): weights are kept at unit
standard deviation and scaled by 1 / sqrt(fan in) when they are used, so that Adam, which ignores
the size of gradients, moves every layer at the same relative speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

NEGATIVE_SLOPE = 0.2
# A leaky ReLU lowers the standard deviation; larger weights make up for it (He et al. 2015).
GAIN = math.sqrt(2)
# Receives the name of an operation inside a network (see `structure.Operation`) and its result.
Recorder = Callable[[str, torch.Tensor], None]


# Receives the index of a style layer and its activation, and gives what goes on in its place.
Edit = Callable[[int, torch.Tensor], torch.Tensor]


def no_edit(layer: int, x: torch.Tensor) -> torch.Tensor:
    """The default edit: leaves every activation as it is."""
    return x


def no_recorder(name: str, value: torch.Tensor) -> None:
    """The default recorder: does nothing."""


def prefixed(record: Recorder, prefix: str) -> Recorder:
    """A recorder that puts `prefix` and a dot before every name."""
    if record is no_recorder:
        return no_recorder
    return lambda name, value: record(f"{prefix}.{name}", value)


def leaky(x: torch.Tensor) -> torch.Tensor:
    """Leaky ReLU with slope 0.2, in place."""
    return F.leaky_relu(x, NEGATIVE_SLOPE, inplace=True)


class Linear(nn.Module):
    """y = gain x W^T / sqrt(inputs) + b, (N, inputs) -> (N, outputs).

    Args:
        lr_multiplier: learning rate relative to the other layers (weights are kept that much larger
            and used that much smaller).
        bias: initial value of the bias.
        gain: `GAIN` where a leaky ReLU follows.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        lr_multiplier: float = 1.0,
        bias: float = 0.0,
        gain: float = 1.0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), bias / lr_multiplier))
        self.gain, self.lr_multiplier = gain * lr_multiplier / math.sqrt(inputs), lr_multiplier

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.gain == 1:  # folded
            return F.linear(x, self.weight, self.bias)
        return F.linear(x, self.weight * self.gain, self.bias * self.lr_multiplier)


class Conv2d(nn.Module):
    """A convolution that keeps the picture's size, (N, inputs, H, W) -> (N, outputs, H, W)."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, bias: bool = True, gain: float = 1.0
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain, self.padding = gain / math.sqrt(inputs * kernel * kernel), kernel // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight if self.gain == 1 else self.weight * self.gain
        return F.conv2d(x, weight, self.bias, padding=self.padding)


def fold_gains(network: nn.Module) -> None:
    """Multiplies the runtime scales of all layers into their weights, for inference, in place."""
    for layer in network.modules():
        if isinstance(layer, Linear | Conv2d):
            layer.weight.data.mul_(layer.gain)
            layer.gain = 1.0
            if isinstance(layer, Linear):
                layer.bias.data.mul_(layer.lr_multiplier)
                layer.lr_multiplier = 1.0
