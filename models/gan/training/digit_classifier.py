"""A small classifier of the digits that a generator draws; the manifest has its accuracy."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

from models import onnx_runtime, weights
from models.backbones.graph import Tracer, fold_batch_norm

NAME = "digit_counter"
CHANNELS = (16, 32, 64)


class DigitClassifier(nn.Module):
    """Digits (N, 1, 28, 28) in [-1, 1] -> logits (N, 10).

    Three 3 x 3 convolutions with batch norm and ReLU, max pooling after the first two, average
    pooling to 2 x 2 and one linear layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, bias=False)
            for before, after in zip((1, *CHANNELS), CHANNELS, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in CHANNELS)
        self.head = nn.Linear(4 * CHANNELS[-1], 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.relu(norm(conv(x)))
            if index < 2:
                x = F.max_pool2d(x, 2)
        return self.head(F.adaptive_avg_pool2d(x, 2).flatten(1))


@cache
def load() -> DigitClassifier:
    """The trained classifier, frozen, its batch norms folded, shared by all callers.

    Raises:
        ValidationError: its weight file is missing or damaged.
    """
    network = DigitClassifier()
    network.load_state_dict(weights.load(NAME))
    fold_batch_norm(network.eval(), Tracer().trace(network))
    return network.requires_grad_(False)


@cache
def _forward() -> onnx_runtime.Forward:
    network = load()
    # Live trainings, which ask for it, compute on one core.
    compute = onnx_runtime.forward(NAME, network.state_dict(), threads=1)
    return compute or (lambda pictures: (network(pictures),))


@torch.inference_mode()
def classify(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(most likely digit of each picture (N,), its probability (N,)).

    Args:
        pictures: (N, 1, 28, 28) in [-1, 1].
    """
    (logits,) = _forward()(pictures.float().cpu())
    probabilities, digits = logits.softmax(1).max(1)
    return digits, probabilities
