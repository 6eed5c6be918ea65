"""What a dream climbs: a class's score, or what one channel of one layer answers.

A channel's objective is its mean activation over the picture (Olah et al. 2017, "Feature
visualization"); a whole layer's is the mean square of its activations, as in DeepDream
(Mordvintsev 2015). Objectives are callables (network, views) -> (climbed, shown), both (N,).
"""

from __future__ import annotations

from typing import Protocol

import torch

from models.backbones.backbone import Backbone
from models.validation import ValidationError, choice, whole_number

PROBE = 64  # side of the picture that a layer's channels are counted on


class Objective(Protocol):
    """What is climbed."""

    name: str

    def __call__(self, network, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]: ...


class ClassScore:
    """log p(class | view), or the class's logit; p is shown.

    Simonyan et al. (2014) climb the logit. Log-probability is what "plain" is about, and makes one
    clean face in "fourier"; once certain it stops, too soon for fur and stripes.
    """

    name = "class"

    def __init__(self, index: int, logit: bool = False):
        self.index, self.logit = index, logit

    def __call__(self, network, views):
        logits = network(views)
        log_probability = logits.log_softmax(1)[:, self.index]
        climbed = logits[:, self.index] if self.logit else log_probability
        return climbed, log_probability.detach().exp()


class Activation:
    """The mean activation of one channel, or the mean square of a whole layer; it is shown as is.

    What is climbed is divided by the deviation of the layer's first answer (and its square), so
    that the losses that hold the picture back weigh the same in every layer.

    Args:
        network: whose layer it is.
        layer: one of its spec's `map_layers`.
        channel: from 0 on; None takes the whole layer.

    Raises:
        ValidationError: this network shows no layers, or no such layer or channel; the message
            names the right ones.
    """

    name = "layer"

    def __init__(self, network: Backbone, layer: str, channel: int | None):
        check_layer(network.spec, layer)
        self.layer, self.channel, self.unit = layer, channel, None
        if channel is not None:
            self.channel = whole_number("channel", channel, 0, channels(network, layer) - 1)

    def __call__(self, network, views):
        (maps,) = network.features(views, [self.layer])
        maps = maps.float()
        if self.unit is None:
            self.unit = maps.detach().flatten(1).std(1).clamp_min(1e-6)
        if self.channel is None:
            answer = maps.square().flatten(1).mean(1)
            return answer / self.unit**2, answer.detach()
        answer = maps[:, self.channel].flatten(1).mean(1)
        return answer / self.unit, answer.detach()


def check_layer(spec, layer: str) -> None:
    """Whether the network of `spec` has `layer` to look at.

    Raises:
        ValidationError: it shows no layers at all, or others.
    """
    layers = getattr(spec, "map_layers", ())
    if not layers:
        raise ValidationError("no_layers", title=spec.title)
    choice("layer", layer, layers)


def channels(network: Backbone, layer: str) -> int:
    """How many channels `layer` has."""
    with torch.no_grad():
        (maps,) = network.features(torch.full((1, 3, PROBE, PROBE), 0.5), [layer])
    return maps.shape[1]
