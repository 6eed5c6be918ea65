"""The knobs of style transfer, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.registry import Spec
from models.validation import ValidationError, choice, number, settle, switch

STYLE_LOSSES = ("moments", "gram", "wasserstein")
INITS = ("content", "noise")
OPTIMIZERS = ("adam", "lbfgs")
COLOR_METHODS = ("luminance", "histogram")
MIN_SIZE, MAX_SIZE = 64, 1024


@dataclass(frozen=True)
class Settings:
    """The knobs.

    Attributes:
        size: longer side of the result, pixels, 64..1024.
        steps: optimiser steps over all scales together, 1..5000.
        style_loss: "moments" (means and centred covariances of the activations), "gram", or
            "wasserstein" (the same moments, as the distance of two Gaussians).
        content_weight, style_weight, tv_weight: 0..1000; 1 is balanced.
        init: start from the "content" picture or from "noise".
        optimizer: "adam", or "lbfgs" as in the paper.
        keep_colors: keep the content's colours and take only brushwork from the style.
        seed: of the noise, 0..2**31 - 1.
        color_method: how they are kept: "luminance" paints brightness only, "histogram" first
            gives the style picture the content's colours (both Gatys et al. 2016b).
        style_scale: size of the style picture relative to the result's, 0.25..2; smaller makes
            finer strokes.
        blend: share of the second style, 0..1.
        content_layer: where content is compared; "" takes the network's own choice.
        layer_weights: one per style layer, 0..10, 0 turns the layer off; empty makes them all 1.
        coarse_to_fine: work from a small picture to the full size; False is the paper's way.

    Raises:
        ValidationError: a value out of range, or nothing left to minimise.
    """

    size: int = 384
    steps: int = 120
    style_loss: str = "moments"
    content_weight: float = 1.0
    style_weight: float = 1.0
    tv_weight: float = 1.0
    init: str = "content"
    optimizer: str = "adam"
    keep_colors: bool = False
    seed: int = 0
    color_method: str = "luminance"
    style_scale: float = 1.0
    blend: float = 0.0
    content_layer: str = ""
    layer_weights: Sequence[float] = ()
    coarse_to_fine: bool = True

    def __post_init__(self):
        for name, low, high in (
            ("size", MIN_SIZE, MAX_SIZE),
            ("steps", 1, 5000),
            ("seed", 0, 2**31 - 1),
        ):
            settle(self, name, low, high, whole=True)
        for name in ("content_weight", "style_weight", "tv_weight"):
            number(name, getattr(self, name), 0, 1000)
        number("style_scale", self.style_scale, 0.25, 2)
        number("blend", self.blend, 0, 1)
        choice("style_loss", self.style_loss, STYLE_LOSSES)
        choice("init", self.init, INITS)
        choice("optimizer", self.optimizer, OPTIMIZERS)
        choice("color_method", self.color_method, COLOR_METHODS)
        for name in ("keep_colors", "coarse_to_fine"):
            switch(name, getattr(self, name))
        weights = self.layer_weights if self.layer_weights is not None else ()
        if not isinstance(weights, list | tuple):
            raise ValidationError("not_a_number", name="layer_weights", value=weights)
        weights = tuple(number("layer_weights", weight, 0, 10) for weight in weights)
        object.__setattr__(self, "layer_weights", weights)
        if not self.content_weight + self.style_weight + self.tv_weight:
            raise ValidationError("nothing_to_minimise")
        if self.style_weight and weights and not any(weights):
            raise ValidationError("no_style_layer")

    def weights_of(self, spec: Spec) -> tuple[float, ...]:
        """One weight for each of the network's style layers.

        Raises:
            ValidationError: there are more or fewer weights than layers.
        """
        layers = spec.style_layers
        if self.layer_weights and len(self.layer_weights) != len(layers):
            given = len(self.layer_weights)
            raise ValidationError("layer_weights", title=spec.title, count=len(layers), given=given)
        return self.layer_weights or (1.0,) * len(layers)

    def content_layer_of(self, spec: Spec) -> str:
        """Where content is compared.

        Raises:
            ValidationError: the network has no such layer to choose; the message lists them.
        """
        if not self.content_layer:
            return spec.content_layer
        return choice("content_layer", self.content_layer, content_layers(spec))


def content_layers(spec: Spec) -> tuple[str, ...]:
    """The layers at which content may be compared, shallow to deep."""
    return tuple(dict.fromkeys((*spec.style_layers, spec.content_layer)))
