"""What a parametrization under test begins with."""

import torch

from models.feature_visualization.parametrization import Start
from models.feature_visualization.settings import VisualizationSettings
from tests.models.gpu import CPU


def seeds(*numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def start(photo=None, device=CPU, **settings):
    """The settings, 64 pixels unless said otherwise, with seeds from 0 on."""
    chosen = VisualizationSettings(**{"size": 64, **settings})
    return Start(chosen, seeds(*range(chosen.count)), device, photo)
