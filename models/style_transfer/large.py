"""The scales above 1,024 pixels: Adam on a picture that is computed tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from models.backbones.backbone import Backbone
from models.style_transfer.losses import (
    DEVIATION_FLOOR,
    STYLE_LOSSES,
    Moments,
    MomentsLoss,
    StyleLoss,
    blended,
    tempered,
    total_variation,
)
from models.style_transfer.objective import CONTENT_BALANCE, TERMS, TV_BALANCE
from models.style_transfer.regions import Regions
from models.style_transfer.settings import StyleSettings
from models.style_transfer.tiles import Sums, Tile, add, add_up, send_back, tiles
from models.validation import ValidationError

LARGE = 1024  # the largest side that is computed in one pass


def check(settings: StyleSettings, regions: Regions | None) -> None:
    """Refuses regions above 1,024 pixels, where statistics are of the whole picture.

    Raises:
        ValidationError: it says so.
    """
    if regions is not None and settings.size > LARGE:
        raise ValidationError("masks_large", limit=LARGE)


class LargeObjective:
    """As `objective.Objective`, for a picture of any size.

    Neighbours, whose targets would fill the memory, are compared by moments.

    Args:
        content: (1, 3, H, W) in [0, 1].
        styles: one picture (1, 3, h, w), or two that are blended.
        settings: may be replaced at any time, as far as weights go.

    Attributes:
        gradient: of the total, after `step`.
        losses: the weighted terms and their "total", after `step`.
    """

    def __init__(
        self,
        backbone: Backbone,
        content: torch.Tensor,
        styles: Sequence[torch.Tensor],
        settings: StyleSettings,
    ):
        self.backbone, self.settings = backbone, settings
        layers, weights = backbone.spec.style_layers, settings.weights_of(backbone.spec)
        self.count = len(layers)
        self.weights = {n: w for n, w in zip(layers, weights, strict=True) if w}
        self.layers = [*self.weights]
        self.content_layer = settings.content_layer_of(backbone.spec)
        self.parts = tiles(content.shape[-2], content.shape[-1])
        self.shares = [1.0] if len(styles) == 1 else [1 - settings.blend, settings.blend]
        self.pictures = content, styles
        self.style: list[StyleLoss] = []
        self.targets: dict[Tile, torch.Tensor] = {}
        self.content_scale = torch.ones(())
        self.gradient = torch.zeros_like(content)
        self.losses: dict[str, torch.Tensor] = {}

    def prepare(self) -> Iterator[None]:
        """Reads content and styles, before the first `step`; yields after each tile."""
        content, styles = self.pictures
        found = []
        for style in styles:
            sums: list[Sums] = []
            parts = tiles(style.shape[-2], style.shape[-1])
            yield from add_up(self.backbone, style, self.layers, parts, sums)
            found.append([Moments(*each.moments) for each in sums])
        kind = STYLE_LOSSES.get(self.settings.style_loss, MomentsLoss)
        self.style = [kind(blended(each, self.shares)) for each in zip(*found, strict=True)]
        size, layer = (content.shape[-2], content.shape[-1]), [self.content_layer]
        spread: list[Sums] = []
        for tile in self.parts:
            with torch.no_grad():
                (maps,) = self.backbone.features(tile.of(content), layer, True)
            self.targets[tile] = tile.inside(maps, size).float()
            add(spread, 0, self.targets[tile])
            yield
        deviations = spread[0].moments[0].diagonal().clamp(min=0).sqrt()
        self.content_scale = (1 / (deviations + DEVIATION_FLOOR)).view(1, -1, 1, 1)

    def step(self, picture: torch.Tensor) -> Iterator[None]:
        """Computes `losses` and `gradient` at a picture (1, 3, H, W); may be closed after any
        tile."""
        content_weight, style_weight, tv_weight = self.settings.loss_weights
        with torch.enable_grad():
            leaf = picture.detach().requires_grad_(True)
            smooth = tv_weight * TV_BALANCE * total_variation(leaf)
            (self.gradient,) = torch.autograd.grad(smooth, leaf)
        style, content, slopes = smooth.detach() * 0, smooth.detach() * 0, []
        layers = self.layers if style_weight else []
        sums: list[Sums] = []
        if layers:
            yield from add_up(self.backbone, picture, layers, self.parts, sums)
        for layer, loss, known in zip(layers, self.style, sums, strict=False):
            with torch.enable_grad():
                at = [value.requires_grad_(True) for value in known.moments]
                weight = style_weight * self.weights[layer] / self.count
                one = weight * tempered(loss.of(*at))
                second, first = torch.autograd.grad(one, at)
            slopes.append((second, first))
            style = style + one.detach()
        # Content, whose loss is a plain sum, goes along in the second pass.
        places = sum(target[0].numel() for target in self.targets.values())
        apart: list[torch.Tensor] = []

        def of_tile(tile: Tile, maps: torch.Tensor) -> torch.Tensor:
            difference = (maps.float() - self.targets[tile]) * self.content_scale
            found = content_weight * CONTENT_BALANCE * difference.square().sum() / places
            apart.append(found.detach())
            return found

        if layers or content_weight:
            yield from send_back(
                self.backbone, picture, layers, self.parts, sums, slopes, self.gradient,
                (self.content_layer, of_tile) if content_weight else None,
            )  # fmt: skip
        content = sum(apart, content)
        terms = dict(zip(TERMS, (content, style, smooth.detach()), strict=True))
        self.losses = terms | {"total": content + style + smooth.detach()}
