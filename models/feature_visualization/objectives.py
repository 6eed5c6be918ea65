"""What is maximized: a class's score, or the activation of a layer or of one of its channels.

A channel's objective is its mean activation over the picture (Olah et al. 2017, "Feature
visualization"); a whole layer's is the mean square of its activations, as in DeepDream
(Mordvintsev 2015).
"""

from __future__ import annotations

import math
from typing import Protocol

import torch

from models.backbones.backbone import Backbone
from models.classifiers.pet_classifier import PetClassifier
from models.feature_visualization.settings import check_layer
from models.validation import whole_number

Network = Backbone | PetClassifier
TEST_SIDE = 64  # of the picture that a layer's channels are counted on
LEAST_LOG = -8.0  # of a candidate's log-probability


class Objective(Protocol):
    """(network, pictures (N, 3, H, W)) -> (what is maximized (N,), what is reported (N,))."""

    name: str

    def __call__(
        self, network: Network, pictures: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]: ...

    def merit(self, reported: torch.Tensor) -> torch.Tensor:
        """What candidates are compared by; sums over networks and views mean something."""
        return reported


class ClassScore(Objective):
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

    def merit(self, reported: torch.Tensor) -> torch.Tensor:
        """log p, at least -8, so that one network's no does not outweigh all others' yes."""
        return reported.log().clamp_min(LEAST_LOG)


class Activation(Objective):
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
        # Of a picture there may be several views, or candidates.
        scale = self.scale.repeat_interleave(len(maps) // len(self.scale))
        if self.channel is None:
            activation = maps.square().flatten(1).mean(1)
            return activation / scale**2, activation.detach()
        activation = maps[:, self.channel].flatten(1).mean(1)
        return activation / scale, activation.detach()

    def silent(self, network: Network, pictures: torch.Tensor) -> torch.Tensor:
        """Which of the pictures (N, 3, h, h) leave the channel without any gradient, so that
        nothing leads away from them: (N,), never for a whole layer."""
        if self.channel is None:
            return torch.zeros(len(pictures), dtype=torch.bool)
        with torch.enable_grad():
            shown = pictures.detach().requires_grad_()
            means = self._mean(network, shown)
            (gradient,) = torch.autograd.grad(means.sum(), shown)
        return gradient.flatten(1).abs().amax(1) == 0

    def loudest(self, network: Network, pictures: torch.Tensor) -> torch.Tensor | None:
        """The one of the pictures (N, 3, h, h) that excites the channel most, (1, 3, h, h); None if
        it is silent for all."""
        silent = self.silent(network, pictures)
        if silent.all():
            return None
        with torch.no_grad():
            means = self._mean(network, pictures).masked_fill(silent, -math.inf)
        best = int(means.argmax())
        return pictures[best : best + 1]

    def _mean(self, network: Network, pictures: torch.Tensor) -> torch.Tensor:
        return _maps(network, pictures, self.layer).float()[:, self.channel].flatten(1).mean(1)


class Accentuated(Objective):
    """Another objective, less what it costs to leave the photo (Hamblin et al. 2024).

    maximized(T x) - weight * |A(T x) - A(T photo)|^2 / |A(T photo)|^2, with the activations A of a
    layer in the middle of the network and the same transform T for both. Departure: the paper
    measures the distance in several layers and not relative to the photo's own activations.

    Args:
        objective: what else is maximized.
        weight: of the distance; 0 lets the picture go.
    """

    def __init__(self, objective: Objective, weight: float):
        self.objective, self.weight, self.name = objective, weight, objective.name

    def __call__(
        self, network: Network, pictures: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As `Objective`, for pictures (2N, 3, H, W), the photos being the second half."""
        now, photo = pictures.chunk(2)
        maximized, reported = self.objective(network, now)
        if not self.weight:
            return maximized, reported
        with torch.no_grad():
            before = _middle(network, photo).float()
        change = (_middle(network, now).float() - before).square().flatten(1).sum(1)
        size = before.square().flatten(1).sum(1).clamp_min(1e-12)
        return maximized - self.weight * change / size, reported

    def merit(self, reported: torch.Tensor) -> torch.Tensor:
        """The other objective's."""
        return self.objective.merit(reported)


def _middle(network: Network, pictures: torch.Tensor) -> torch.Tensor:
    """Activations half-way through the network; of a pet classifier what its stages share."""
    if isinstance(network, PetClassifier):
        return network.network.shared(pictures)
    layers = network.spec.map_layers
    (maps,) = network.features(pictures, [layers[len(layers) // 2]])
    return maps


def channels(network: Network, layer: str) -> int:
    """How many channels `layer` has."""
    with torch.no_grad():
        maps = _maps(network, torch.full((1, 3, TEST_SIDE, TEST_SIDE), 0.5), layer)
    return maps.shape[1]


def _maps(network: Network, pictures: torch.Tensor, layer: str) -> torch.Tensor:
    assert not isinstance(network, PetClassifier)  # see `check_layer`
    (maps,) = network.features(pictures, [layer])
    return maps
