"""The exponential moving average of a generator's weights (Karras et al. 2018, section 6)."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


class EMA(AveragedModel):
    """average <- decay * average + (1 - decay) * network, in `module`, a frozen copy of `network`.

    Statistics of batch norm are averaged too; counts are copied.

    Args:
        network: what to average; its weights now are where the average begins.
    """

    module: nn.Module

    def __init__(self, network: nn.Module):
        super().__init__(network, multi_avg_fn=self._average, use_buffers=True)
        self.module.eval().requires_grad_(False)
        self.decay = 0.0
        # The first call copies instead of averaging.
        self.update_parameters(network)

    def update(self, network: nn.Module, decay: float) -> None:
        """One step of the average towards `network`, with `decay` in [0, 1]."""
        self.decay = decay
        self.update_parameters(network)

    def _average(self, averages: Tensors, currents: Tensors, _count: object) -> None:
        # Each list holds tensors of one type; on a GPU one call for all needs few kernel launches.
        if averages[0].is_floating_point():
            torch._foreach_lerp_(averages, currents, 1 - self.decay)
        else:
            torch._foreach_copy_(averages, currents)


def warmed_up(decay: float, steps: int) -> float:
    """min(decay, (1 + steps) / (10 + steps)): early weights are soon forgotten."""
    return min(decay, (1 + steps) / (10 + steps))
