"""The methods by name."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch

from models.explanations import activation_map, integrated_gradients, occlusion, smoothgrad
from models.explanations.gradients import MapStep, Network
from models.explanations.settings import ExplanationSettings

# (network, picture (1, 3, H, W) in [0, 1] on its device, class number, settings) -> steps
Method = Callable[[Network, torch.Tensor, int, ExplanationSettings], Generator[MapStep]]
STEPS: dict[str, Method] = {
    "cam": activation_map.steps,
    "integrated_gradients": integrated_gradients.steps,
    "occlusion": occlusion.steps,
    "smoothgrad": smoothgrad.steps,
}
