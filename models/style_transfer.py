"""Neural style transfer by optimising a picture (Gatys, Ecker & Bethge, CVPR 2016).

The picture x minimises   content_weight * L_content + style_weight * L_style + tv_weight * L_tv,
each term scaled so that the weight 1 is balanced for any backbone and any pair of pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from PIL import Image
from torch.nn import functional as F

from models import images
from models.backbones import Backbone
from models.refusals import choice, number

STYLE_LOSSES = ("moments", "gram")
INITS = ("content", "noise")
OPTIMIZERS = ("adam", "lbfgs")
MIN_SIZE, MAX_SIZE = 64, 1024
SMALLEST_SCALE = 128

# What the weight 1 stands for, found by eye on Lite0 over four contents and eight styles.
CONTENT_BALANCE = 0.05
TV_BALANCE = 5.0
# A channel that hardly varies in the style picture must not outweigh the others.
DEVIATION_FLOOR = 0.05
AVERAGING = 0.9
# Adam's rate at the start of a scale, and the part of it that is left at the end. Larger steps
# drown faces and strong styles in high-frequency noise; noise has a longer way to go.
RATE, RATE_LEFT = {"content": 0.018, "noise": 0.05}, 0.2
# Parts of the steps from the coarsest scale to the finest.
SHARES = (0.55, 0.3, 0.15)


@dataclass(frozen=True)
class Settings:
    """The knobs.

    Attributes:
        size: longer side of the result, pixels, 64..1024.
        steps: optimiser steps over all scales together, 1..5000.
        style_loss: "moments" (means and centred covariances of the activations) or "gram".
        content_weight, style_weight, tv_weight: 0..1000; 1 is balanced.
        init: start from the "content" picture or from "noise".
        optimizer: "adam", or "lbfgs" as in the paper.
        keep_colors: paint brightness only and keep the content's colours (Gatys et al. 2016b).
        seed: of the noise, 0..2**31 - 1.

    Raises:
        Refusal: a value out of range.
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

    def __post_init__(self):
        for name, low, high in (
            ("size", MIN_SIZE, MAX_SIZE),
            ("steps", 1, 5000),
            ("seed", 0, 2**31 - 1),
        ):
            # Web forms send whole numbers as 384.0.
            whole = number(name, getattr(self, name), low, high, whole=True)
            object.__setattr__(self, name, whole)
        for name in ("content_weight", "style_weight", "tv_weight"):
            number(name, getattr(self, name), 0, 1000)
        choice("style_loss", self.style_loss, STYLE_LOSSES)
        choice("init", self.init, INITS)
        choice("optimizer", self.optimizer, OPTIMIZERS)


@dataclass(frozen=True)
class Step:
    """One moment of a run.

    Attributes:
        step, steps: steps done, steps in all.
        image: the picture so far, (1, 3, H, W) in [0, 1]; its size grows from scale to scale.
        progress: share of the work done, 0..1 (fine scales take longer than coarse ones).
        losses: weighted "content", "style", "variation", and their "total"; empty at step 0.
    """

    step: int
    steps: int
    progress: float
    image: torch.Tensor
    losses: dict[str, float]


class _Moments(torch.autograd.Function):
    """Mean m and centred covariance S of points X (n, C), with the gradient in one pass over X:
    dX = (X - 1 m^T)(G + G^T) / n + 1 g^T / n for G = dS, g = dm.

    Autograd's own chain of mean, product and difference would write five arrays of X's size.
    """

    @staticmethod
    def forward(context, points):
        mean = points.mean(0)
        covariance = (points.T @ points).div_(len(points)).addr_(mean, mean, alpha=-1)
        context.save_for_backward(points, mean)
        return covariance, mean

    @staticmethod
    def backward(context, d_covariance, d_mean):
        points, mean = context.saved_tensors
        both = (d_covariance + d_covariance.T) / len(points)
        return torch.addmm(d_mean / len(points) - mean @ both, points, both)


def covariance_and_mean(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations (1, C, h, w) -> centred covariance (C, C) and mean (C) over the h * w places."""
    # A view, no copy, when maps are channels-last.
    return _Moments.apply(maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]).float())


def gram(maps: torch.Tensor) -> torch.Tensor:
    """Activations (1, C, h, w) -> Gram matrix (C, C): G_ij = mean over places of F_i * F_j."""
    covariance, mean = covariance_and_mean(maps)
    return covariance + torch.outer(mean, mean)


class MomentsLoss:
    """Distance between the first two moments of activations.

    With F divided by the style's deviation per channel (+ 0.05), covariance S and mean m:
    |S - S*|^2 / |S*|^2 + mean((m - m*)^2).

    Departure from Gatys et al. 2016, who compare Gram matrices: on rectified maps those are ruled
    by the means, while centred covariances carry the strokes (Li et al. 2017, "Demystifying neural
    style transfer", on matching moments).
    """

    def __init__(self, style_maps: torch.Tensor):
        covariance, mean = covariance_and_mean(style_maps)
        inverse = 1 / (covariance.diagonal().clamp(min=0).sqrt() + DEVIATION_FLOOR)
        # Scaling the C x C matrix is scaling the maps, at a fraction of the cost.
        self.scale, self.scales = inverse, torch.outer(inverse, inverse)
        self.covariance, self.mean = covariance * self.scales, mean * inverse
        self.norm = self.covariance.square().sum().clamp(min=1e-8)

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        covariance, mean = covariance_and_mean(maps)
        second = (covariance * self.scales - self.covariance).square().sum() / self.norm
        return second + (mean * self.scale - self.mean).square().mean()


class GramLoss:
    """|G - G*|^2 / |G*|^2 on activations divided by the style's deviation per channel (+ 0.05).

    Departure from Gatys et al. 2016: relative to the style's own Gram matrix instead of
    1/(4 N^2 M^2), so that every layer and every style weighs the same.
    """

    def __init__(self, style_maps: torch.Tensor):
        covariance, _ = covariance_and_mean(style_maps)
        inverse = 1 / (covariance.diagonal().clamp(min=0).sqrt() + DEVIATION_FLOOR)
        self.scales = torch.outer(inverse, inverse)
        self.gram = gram(style_maps) * self.scales
        self.norm = self.gram.square().sum().clamp(min=1e-8)

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        return (gram(maps) * self.scales - self.gram).square().sum() / self.norm


class ContentLoss:
    """Mean squared distance of activations, each channel in units of the content's deviation."""

    def __init__(self, content_maps: torch.Tensor):
        maps = content_maps.float()
        self.scale = 1 / (maps.std((2, 3), keepdim=True, correction=0) + DEVIATION_FLOOR)
        self.target = maps

    def __call__(self, maps: torch.Tensor) -> torch.Tensor:
        return ((maps.float() - self.target) * self.scale).square().mean()


def variation(picture: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of neighbours, down plus across (Mahendran & Vedaldi 2015)."""
    down = (picture[..., 1:, :] - picture[..., :-1, :]).square().mean()
    return down + (picture[..., 1:] - picture[..., :-1]).square().mean()


STYLE = {"moments": MomentsLoss, "gram": GramLoss}


class Objective:
    """The weighted losses of one pair of pictures at one scale."""

    def __init__(
        self, backbone: Backbone, content: torch.Tensor, style: torch.Tensor, settings: Settings
    ):
        spec = backbone.spec
        self.backbone, self.settings = backbone, settings
        self.layers = (*spec.style_layers, spec.content_layer)
        with torch.no_grad():
            maps = backbone.features(style, spec.style_layers)
            self.style = [STYLE[settings.style_loss](layer) for layer in maps]
            self.content = ContentLoss(backbone.features(content, [spec.content_layer])[0])

    def __call__(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """Picture (1, 3, H, W) in [0, 1] -> the weighted terms and their total, scalars."""
        *maps, content_map = self.backbone.features(picture, self.layers)
        style = sum(loss(layer) for loss, layer in zip(self.style, maps, strict=True)) / len(maps)
        terms = {
            "content": self.settings.content_weight * CONTENT_BALANCE * self.content(content_map),
            "style": self.settings.style_weight * style,
            "variation": self.settings.tv_weight * TV_BALANCE * variation(picture),
        }
        return terms | {"total": sum(terms.values())}


class _Average:
    """Exponential average of the iterates, unbiased from the first step on (Kingma & Ba 2015)."""

    def __init__(self):
        self.sum, self.weight = 0.0, 0.0

    def update(self, picture: torch.Tensor) -> torch.Tensor:
        self.sum = AVERAGING * self.sum + (1 - AVERAGING) * picture
        self.weight = AVERAGING * self.weight + (1 - AVERAGING)
        return (self.sum / self.weight).clamp(0, 1)  # rounding may step out


def scales(size: int) -> list[int]:
    """Longer sides from coarse to fine, a factor of sqrt(2) apart, at most three."""
    sides = [round(size * 0.5 ** (index / 2)) for index in (2, 1, 0)]
    return [side for side in sides if side >= SMALLEST_SCALE] or [size]


def _shares(count: int, steps: int) -> list[int]:
    """After how many steps each of `count` scales ends; coarse ones are cheap and get more."""
    weights = SHARES[-count:]
    ends = [round(steps * sum(weights[: index + 1]) / sum(weights)) for index in range(count)]
    # However few the steps are, every scale gets one.
    return [max(i + 1, min(end, steps - (count - 1 - i))) for i, end in enumerate(ends)]


def rate(settings: Settings, done: float) -> float:
    """Adam's rate when the part `done` (0..1) of a scale's steps is behind: half a cosine."""
    left = RATE_LEFT + (1 - RATE_LEFT) * (1 + math.cos(math.pi * done)) / 2
    return RATE[settings.init] * left


def _optimizer(name: str, picture: torch.Tensor) -> torch.optim.Optimizer:
    if name == "lbfgs":
        return torch.optim.LBFGS([picture], max_iter=1, history_size=20)
    return torch.optim.Adam([picture], betas=(0.9, 0.99))


def transfer(
    backbone: Backbone, content: Image.Image, style: Image.Image, settings: Settings
) -> Iterator[Step]:
    """Paints `content` in the manner of `style`.

    Yields the start picture at once, then a `Step` after every optimiser step; may be closed at any
    yield. The result is the last `Step.image`.

    Args:
        backbone: shared and frozen; gradients are taken with respect to the picture only.
        content, style: RGB pictures of any size.
        settings: the knobs.
    """
    device = backbone.placement.device
    content, style = (images.fit(picture, settings.size) for picture in (content, style))
    colours = content if settings.keep_colors else None
    if settings.keep_colors:
        content, style = _brightness(content), _brightness(style)
        style = _match_levels(style, content)
    else:
        # Departure from Gatys et al. 2016: the photo starts out in the style's colours, so that the
        # steps go into strokes; there the optimiser has to move every pixel's colour first.
        content = recolour(content, style)
    sides = scales(settings.size)[-settings.steps :]
    shares = _shares(len(sides), settings.steps)
    turns = zip(sides, [0, *shares], shares, strict=False)
    total = sum(side**2 * (until - since) for side, since, until in turns)
    done, work, picture = 0, 0.0, None
    for side, until in zip(sides, shares, strict=True):
        target = images.to_tensor(images.fit(content, side), device)
        reference = images.to_tensor(images.fit(style, side), device)
        if picture is None:
            picture = target.clone() if settings.init == "content" else _noise(target, settings)
            yield Step(0, settings.steps, 0.0, _coloured(picture, colours), {})
        else:
            picture = F.interpolate(picture, target.shape[-2:], mode="bicubic").clamp(0, 1)
        objective = Objective(backbone, target, reference, settings)
        for smooth, losses in descend(objective, picture, settings, until - done):
            picture = smooth
            done += 1
            work += side**2 / total
            yield Step(done, settings.steps, min(work, 1.0), _coloured(picture, colours), losses)


def descend(
    objective: Objective, start: torch.Tensor, settings: Settings, steps: int
) -> Iterator[tuple[torch.Tensor, dict[str, float]]]:
    """Optimises at one scale: after each of `steps`, the averaged picture and the losses."""
    picture = start.clone().requires_grad_(True)
    optimizer, average = _optimizer(settings.optimizer, picture), _Average()
    losses: dict[str, torch.Tensor] = {}

    def closure() -> torch.Tensor:
        with torch.enable_grad():
            losses.update(objective(picture))
            (picture.grad,) = torch.autograd.grad(losses["total"], picture)
        return losses["total"]

    for done in range(steps):
        if settings.optimizer == "adam":
            optimizer.param_groups[0]["lr"] = rate(settings, done / steps)
        optimizer.step(closure)
        with torch.no_grad():
            picture.clamp_(0, 1)
            smooth = average.update(picture)
        yield smooth, {name: value.item() for name, value in losses.items()}


def _noise(like: torch.Tensor, settings: Settings) -> torch.Tensor:
    generator = torch.Generator().manual_seed(settings.seed)
    noise = torch.rand(like.shape, generator=generator).to(like.device)
    return 0.25 + 0.5 * noise


def recolour(image: Image.Image, palette: Image.Image) -> Image.Image:
    """`image` with the mean and covariance of the colours of `palette`.

    y = A (x - mean) + mean*, with A = R (R S R)^(-1/2) R and R = S*^(1/2), the linear map that
    moves colours least (Monge's; Pitie & Kokaram 2007); values are cut to [0, 1].
    """
    own, wanted = (images.to_tensor(picture)[0].flatten(1).double() for picture in (image, palette))
    floor = 1e-4 * torch.eye(3, dtype=torch.double)
    spread, goal = torch.cov(own) + floor, torch.cov(wanted) + floor
    root = _power(goal, 0.5)
    inverse = _power(root @ spread @ root, -0.5)
    moved = root @ inverse @ root @ (own - own.mean(1, keepdim=True)) + wanted.mean(1, keepdim=True)
    return images.to_image(moved.view(3, image.height, image.width))


def _power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=1e-12).pow(exponent) @ vectors.T


def _brightness(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


def _match_levels(image: Image.Image, reference: Image.Image) -> Image.Image:
    """`image` with the mean and deviation of `reference` (Gatys et al. 2016b, section 3)."""
    own, wanted = images.to_tensor(image), images.to_tensor(reference)
    gain = wanted.std() / own.std().clamp(min=1e-3)
    return images.to_image((own - own.mean()) * gain + wanted.mean())


def _coloured(picture: torch.Tensor, colours: Image.Image | None) -> torch.Tensor:
    """The picture's brightness with the colours of the content, where those are kept."""
    if colours is None:
        return picture.detach()
    size = (picture.shape[-1], picture.shape[-2])
    _, blue, red = colours.resize(size, Image.Resampling.BICUBIC).convert("YCbCr").split()
    painted = images.to_image(picture).convert("L")
    merged = Image.merge("YCbCr", (painted, blue, red)).convert("RGB")
    return images.to_tensor(merged, picture.device)
