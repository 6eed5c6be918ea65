"""Ideal-class pictures: from noise, uphill, to what a network takes for a class.

Gradient ascent on the picture, three ways. "plain" climbs on pixels: noise to us, certainty to the
network (Erhan et al. 2009; Simonyan et al. 2014). "variation" adds a total-variation loss, and
noise turns into fur and stripes (Mahendran & Vedaldi 2015). "fourier" climbs on a Fourier spectrum
seen through random views (Olah et al. 2017, "Feature visualization"), and a child recognises it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from models.backbones import Backbone
from models.refusals import choice, number
from models.registry import class_index

METHODS = ("fourier", "variation", "plain")


@dataclass(frozen=True)
class Settings:
    """What to dream of, and how.

    Raises:
        Refusal: a value is of the wrong kind or out of its range, or there is no such class.
    """

    class_name: str = "Siamese cat"  # any ImageNet class; capitals don't matter
    method: str = "fourier"  # one of METHODS
    size: int = 224  # side of the picture in pixels, 64..512; 224 is what Lite0 was trained on
    steps: int = 256  # 1..2000; fewer is rougher, more adds detail and contrast
    tv_weight: float = 1.0  # 0..10 times the method's own weight: 0 rough, 10 smooth; not for plain
    seed: int = 0  # 0..2**31 - 1; the noise it starts from and the views: another picture

    def __post_init__(self):
        class_index(self.class_name)
        choice("method", self.method, METHODS)
        for name, low, high in (("size", 64, 512), ("steps", 1, 2000), ("seed", 0, 2**31 - 1)):
            whole = number(name, getattr(self, name), low, high, whole=True)
            object.__setattr__(self, name, whole)
        object.__setattr__(self, "tv_weight", number("tv_weight", self.tv_weight, 0, 10))


@dataclass(frozen=True)
class Step:
    """The picture after `step` of `steps` steps.

    Attributes:
        step: 0 (the noise) to `steps`.
        steps: how many there will be.
        image: (1, 3, size, size) in [0, 1], detached, on the networks' device.
        probability: of the class, as the lead network last saw the picture (for "fourier" through
            a random view), so one or two steps old; `probabilities` judges the picture itself.
        losses: what the step went down on: "class" (-log probability, in nats) and "variation"
            (weighted total variation); empty at step 0.
    """

    step: int
    steps: int
    image: torch.Tensor
    probability: float
    losses: dict[str, float]


def partner(name: str) -> str:
    """The network that "fourier" takes turns with when the network called `name` leads."""
    lites = {"efficientnet_lite0": "efficientnet_lite2", "efficientnet_lite1": "efficientnet_lite2"}
    return lites.get(name, "efficientnet_lite0")


def dream(networks: Sequence[Backbone], settings: Settings) -> Iterator[Step]:
    """Climbs from noise to the class, one `Step` at a time.

    With p the class's probability and TV the total variation, each step goes down on

        loss = -log p(views(picture)) + weight * TV(picture)

    by d <- d - rate * m / sqrt(v): momentum over a running length of the gradient (`_Descent`).
    Reproducible: on one device, the same networks and settings give the same picture, bit for bit.

    Args:
        networks: the lead, then those that "fourier" takes turns with (see `partner`); the other
            methods use the lead alone. They are only ever differentiated by their input.
        settings: what to dream of.

    Yields:
        The noise at once, then the picture after each step. It may be closed at any yield.
    """
    lead, target = networks[0], class_index(settings.class_name)
    placement = getattr(lead, "placement", None)
    device = placement.device if placement else torch.device("cpu")
    generator = torch.Generator().manual_seed(settings.seed)
    kind = _Spectrum if settings.method == "fourier" else _Pixels
    canvas = kind(settings, generator, device)
    descent = _Descent(canvas.values, canvas.rate)
    probability, losses = _class_probability(lead, canvas.picture(), target), {}
    for step in range(settings.steps + 1):
        yield Step(step, settings.steps, canvas.picture(), probability, losses)
        if step == settings.steps:
            return
        done = step / settings.steps
        network = networks[step % len(networks)] if settings.method == "fourier" else lead
        # Grad mode belongs to the thread; it must not stay switched across a yield.
        with torch.enable_grad():
            picture, view = canvas.look(done, network.spec.size, generator)
            class_loss = -network(view).log_softmax(1)[0, target]
            variation = canvas.variation_weight * total_variation(picture)
            gradient = torch.autograd.grad(class_loss + variation, canvas.values)[0]
        descent.step(gradient, done)
        canvas.clamp()
        losses = {"class": class_loss.item(), "variation": variation.item()}
        if network is lead:
            probability = math.exp(-losses["class"])


@torch.no_grad()
def probabilities(
    networks: Sequence[Backbone], image: torch.Tensor, class_index: int
) -> dict[str, float]:
    """How sure each network is of the picture as it will be saved.

    Args:
        networks: any number of them.
        image: (1, 3, H, W) in [0, 1]; it is rounded to 8 bits first, and each network is shown
            the whole of it at its own size (bilinear, anti-aliased).
        class_index: 0..999.

    Returns:
        The network's name -> the class's probability.
    """
    saved = image.clamp(0, 1).mul(255).round() / 255
    return {
        network.spec.name: _class_probability(
            network, _resize(saved, network.spec.size), class_index
        )
        for network in networks
    }


@torch.no_grad()
def _class_probability(network: Backbone, picture: torch.Tensor, index: int) -> float:
    return network(picture).softmax(1)[0, index].item()


def _resize(picture: torch.Tensor, side: int) -> torch.Tensor:
    if picture.shape[-2:] == (side, side):
        return picture
    return F.interpolate(picture, (side, side), mode="bilinear", antialias=True)


def total_variation(picture: torch.Tensor) -> torch.Tensor:
    """TV = mean (x[i, j+1] - x[i, j])^2 + mean (x[i+1, j] - x[i, j])^2: how rough a picture is.

    Mahendran & Vedaldi's (2015) with their beta = 2, as means instead of sums.

    Args:
        picture: (N, C, H, W), H and W at least 2.

    Returns:
        A scalar, 0 for a uniform picture.
    """
    across = picture[..., :, 1:] - picture[..., :, :-1]
    down = picture[..., 1:, :] - picture[..., :-1, :]
    return across.square().mean() + down.square().mean()
