"""What a style transfer minimizes: the weighted losses of one pair of pictures at one scale."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from models.backbones.backbone import Backbone
from models.style_transfer.losses import (
    STYLE_LOSSES,
    ContentLoss,
    StyleLoss,
    moments,
    tempered,
    total_variation,
)
from models.style_transfer.neighbours import NeighboursLoss, matching_losses
from models.style_transfer.regions import Regions, RegionsLoss, moments_losses
from models.style_transfer.settings import StyleSettings

# What the weight 1 stands for, found by eye on Lite0 over four contents and eight styles.
CONTENT_BALANCE = 0.05
TV_BALANCE = 10.0
TERMS = ("content", "style", "variation")


class Objective:
    """The weighted losses of one pair of pictures at one scale.

    Args:
        content: (1, 3, H, W) in [0, 1].
        styles: one picture (1, 3, h, w), or two that are blended.
        settings: may be replaced at any time, as far as weights go.
        start: the picture that neighbours are found for; the content if it is not given.
        regions: inside which styles are compared.
    """

    def __init__(
        self,
        backbone: Backbone,
        content: torch.Tensor,
        styles: torch.Tensor | Sequence[torch.Tensor],
        settings: StyleSettings,
        start: torch.Tensor | None = None,
        regions: Regions | None = None,
    ):
        self.backbone, self.settings = backbone, settings
        self.layers = backbone.spec.style_layers
        self.weights = settings.weights_of(backbone.spec)
        self.content_layer = settings.content_layer_of(backbone.spec)
        styles = [styles] if isinstance(styles, torch.Tensor) else list(styles)
        shares = [1.0] if len(styles) == 1 else [1 - settings.blend, settings.blend]
        used = [layer for layer, weight in zip(self.layers, self.weights, strict=True) if weight]
        with torch.no_grad():
            found = [backbone.features(style, used, True) for style in styles] if used else []
            parts: Sequence[StyleLoss | NeighboursLoss | RegionsLoss] = []
            own: Sequence[torch.Tensor] = []
            if used and (regions is not None or settings.style_loss == "neighbours"):
                own = backbone.features(content if start is None else start, used, True)
            if used and settings.style_loss == "neighbours":
                parts = matching_losses(own, found, shares, regions)
            elif used:
                kind = STYLE_LOSSES[settings.style_loss]
                if regions is None:
                    parts = [kind(moments(maps, shares)) for maps in zip(*found, strict=True)]
                else:
                    parts = moments_losses(kind, own, found, shares, regions)
            self.style = dict(zip(used, parts, strict=True))
            (target,) = backbone.features(content, [self.content_layer], True)
            self.content = ContentLoss(target)

    def terms(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """Picture (1, 3, H, W) in [0, 1] -> the three weighted terms, scalars.

        Content and style are not computed where they have no weight. Both are `tempered`, style at
        each layer.
        """
        content_weight, style_weight, tv_weight = self.settings.loss_weights
        layers = list(self.style) if style_weight else []
        wanted = [*layers, self.content_layer] if content_weight else layers
        found = list(self.backbone.features(picture, wanted, True)) if wanted else []
        zero = picture.sum() * 0
        content, style = zero, zero
        if content_weight:
            content = content_weight * CONTENT_BALANCE * tempered(self.content(found[-1]))
        if layers:
            weight = dict(zip(self.layers, self.weights, strict=True))
            pairs = zip(layers, found, strict=False)
            parts = [weight[name] * tempered(self.style[name](maps)) for name, maps in pairs]
            style = style_weight * sum(parts, torch.zeros(())) / len(self.layers)
        smooth = tv_weight * TV_BALANCE * total_variation(picture)
        return dict(zip(TERMS, (content, style, smooth), strict=True))

    def __call__(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """The three weighted terms and their "total"."""
        terms = self.terms(picture)
        return terms | {"total": sum(terms.values(), torch.zeros(()))}

    def gradients(
        self, picture: torch.Tensor
    ) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """Losses with their "total", and the gradient of each term and of "total"."""
        with torch.enable_grad():
            losses = self(picture)
            found = {}
            for name in ("content", "variation"):
                (found[name],) = torch.autograd.grad(losses[name], picture, retain_graph=True)
            (found["total"],) = torch.autograd.grad(losses["total"], picture)
        # Gradients add up, so the last one needs no backward pass of its own.
        found["style"] = found["total"] - found["content"] - found["variation"]
        return losses, found


def gradient_shares(gradients: dict[str, torch.Tensor]) -> dict[str, float]:
    """The norm of each term's gradient over the sum of their norms; 0 where all gradients are 0."""
    norms = {name: gradients[name].norm().item() for name in TERMS}
    total = sum(norms.values())
    return {name: value / total if total else 0.0 for name, value in norms.items()}


def loss_breakdown(
    objective: Objective, picture: torch.Tensor
) -> tuple[dict[str, float], dict[str, float]]:
    """Each term's weighted value at `picture`, and its share of the gradient's norm."""
    losses, gradients = objective.gradients(picture.detach().requires_grad_(True))
    return {name: losses[name].item() for name in TERMS}, gradient_shares(gradients)
