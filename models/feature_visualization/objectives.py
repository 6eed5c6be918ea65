"""What is maximized: a class's score, or the activation of a layer or of one of its channels.

A channel's objective is its mean activation over the picture (Olah et al. 2017, "Feature
visualization"); a whole layer's is the mean square of its activations, as in DeepDream
(Mordvintsev 2015).
"""

from __future__ import annotations

from typing import Protocol

import torch

from models.backbones.backbone import Backbone
from models.classifiers.pet_classifier import PetClassifier
from models.feature_visualization.settings import check_layer
from models.validation import whole_number

Network = Backbone | PetClassifier
TEST_SIDE = 64  # of the picture that a layer's channels are counted on


class Objective(Protocol):
    """(network, pictures (N, 3, H, W)) -> (what is maximized (N,), what is reported (N,))."""

    name: str

    def __call__(
        self, network: Network, pictures: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]: ...


class ClassScore:
    """log p(class | x), or the class's logit; p is reported.

    Simonyan et al. (2014) maximize the logit. The log-probability suits "plain", which is about
    certainty, and gives one clean face in "fourier"; but its gradient vanishes when the network is
    certain, too soon for the fur and stripes of "variation".

    Args:
        index: of the class, 0..K - 1.
        logit: maximize the logit.
    """

    name = "class"

    def __init__(self, index: int, logit: bool = False):
        self.index, self.logit = index, logit

    def __call__(
        self, network: Network, pictures: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        logits = network(pictures)
        log_probability = logits.log_softmax(1)[:, self.index]
        maximized = logits[:, self.index] if self.logit else log_probability
        return maximized, log_probability.detach().exp()


class Activation:
    """The mean activation of one channel, or the mean square of a whole layer; reported as it is.

    What is maximized is divided by the standard deviation of the layer's first activations (or its
    square), so that the regularizers weigh the same in every layer.

    Args:
        network: whose layer it is.
        layer: one of its spec's `map_layers`.
        channel: from 0 on; None takes the whole layer.

    Raises:
        ValidationError: the network shows no layers, or has no such layer or channel; the message
            names the right ones.
    """

    name = "layer"

    def __init__(self, network: Network, layer: str, channel: int | None):
        check_layer(network.spec, layer)
        self.layer, self.channel = layer, channel
        self.scale: torch.Tensor | None = None
        if channel is not None:
            self.channel = whole_number("channel", channel, 0, channels(network, layer) - 1)

    def __call__(
        self, network: Network, pictures: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        maps = _maps(network, pictures, self.layer).float()
        if self.scale is None:
            self.scale = maps.detach().flatten(1).std(1).clamp_min(1e-6)
        if self.channel is None:
            activation = maps.square().flatten(1).mean(1)
            return activation / self.scale**2, activation.detach()
        activation = maps[:, self.channel].flatten(1).mean(1)
        return activation / self.scale, activation.detach()


def channels(network: Network, layer: str) -> int:
    """How many channels `layer` has."""
    with torch.no_grad():
        maps = _maps(network, torch.full((1, 3, TEST_SIDE, TEST_SIDE), 0.5), layer)
    return maps.shape[1]


def _maps(network: Network, pictures: torch.Tensor, layer: str) -> torch.Tensor:
    assert not isinstance(network, PetClassifier)  # see `check_layer`
    (maps,) = network.features(pictures, [layer])
    return maps
