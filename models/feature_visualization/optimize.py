"""Activation maximization: the picture of which a network is most certain that it shows a class.

Gradient ascent on a picture, from noise or a photo, in three ways. "plain" changes the pixels:
noise to us, certainty to the network (Erhan et al. 2009; Simonyan et al. 2014). "variation" adds a
total-variation loss, and noise turns into fur and stripes (Mahendran & Vedaldi 2015). "fourier"
changes a Fourier spectrum under random transforms (Olah et al. 2017, "Feature visualization"), and
a child recognizes the result. Instead of a class it may maximize a channel; from a photo, that is
DeepDream (Mordvintsev 2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image

from models import images
from models.feature_visualization.objectives import Activation, ClassScore, Network, Objective
from models.feature_visualization.parametrization import (
    FourierParametrization,
    Parametrization,
    PixelParametrization,
)
from models.feature_visualization.settings import VisualizationSettings
from models.feature_visualization.transforms import resize
from models.validation import ValidationError

BETAS = (0.95, 0.99)  # decay of the running means of the gradient and of its square
RATE_LEFT = 0.15  # part of the step length that is left at the end


@dataclass(frozen=True)
class VisualizationStep:
    """The pictures after `step` of `steps` steps.

    Attributes:
        step: 0 (the noise, or the photo) to `steps`.
        steps: how many there will be.
        score: the class's probability by the first network when it last saw the picture (for
            "fourier" randomly transformed), so one or two steps old; `class_probabilities` judges
            the picture itself. For a layer the activation, of any size. The mean over several
            pictures.
        losses: what the step minimized: "class" (-log probability in nats; for "variation" the
            negative logit) or "layer", "variation" (weighted total variation, 0 for "plain") and,
            for "fourier", "brightness"; empty at step 0.
        render: gives the pictures.
    """

    step: int
    steps: int
    score: float
    losses: dict[str, float]
    render: Callable[[], torch.Tensor]

    @cached_property
    def image(self) -> torch.Tensor:
        """(count, 3, size, size) in [0, 1], detached, on the networks' device; rendered when first
        asked for, since most steps are never shown."""
        return self.render()


def visualize(
    networks: Sequence[Network],
    settings: VisualizationSettings,
    photo: Image.Image | None = None,
) -> Generator[VisualizationStep, None, None]:
    """Changes noise or a photo until a network is certain of the class, one step at a time.

    With p the class's probability, T a random transform and TV the total variation, each step
    reduces

        loss = -log p(T(picture)) + weight * TV(picture)

    ("variation": minus the logit instead; a layer: minus its activation) by `_PictureAdam`. On one
    CPU the same networks and settings give the same picture, bit for bit; CUDA adds the gradients
    of transforms in any order. Several pictures at once start from the same noise and get the same
    transforms as each would alone with its own seed; kernels round differently in a batch, which
    many steps may turn into another whisker.

    Args:
        networks: those of `settings.networks`; "fourier" takes turns with them for a class, the
            other methods use the first alone. They are only ever differentiated by their input.
        settings: what to visualize.
        photo: where to start, with start="photo"; its centre square at the picture's size.

    Yields:
        The start at once, then the picture after each step. It may be closed at any yield.

    Raises:
        ValidationError: there is no photo to start from, or no such channel.
    """
    first = networks[0]
    objective = _objective(first, settings)
    picture, generators = _parametrization(first.placement.device, settings, photo)
    optimizer = _PictureAdam(picture.values, picture.step_length)
    alternating = settings.method == "fourier" and not settings.layer
    render = picture.snapshot()
    losses: dict[str, float] = {}
    with torch.no_grad():
        _, score = objective(first, resize(render(), input_side(first)))
    for step in range(settings.steps + 1):
        yield VisualizationStep(step, settings.steps, score.mean().item(), losses, render)
        if step == settings.steps:
            return
        progress = step / settings.steps
        network = networks[step % len(networks)] if alternating else first
        # Grad mode belongs to the thread; it must not stay switched across a yield.
        with torch.enable_grad():
            shown, regularizers = picture.shown(progress, input_side(network), generators)
            maximized, reported = objective(network, shown)
            terms = {objective.name: -maximized.mean(), **regularizers}
            loss = settings.count * sum(terms.values(), start=shown.new_zeros(()))
            (gradient,) = torch.autograd.grad(loss, picture.values)
        optimizer.step(gradient, progress)
        picture.clamp()
        render, losses = picture.snapshot(), {name: term.item() for name, term in terms.items()}
        if network is first:
            score = reported


def _objective(network: Network, settings: VisualizationSettings) -> Objective:
    if settings.layer:
        return Activation(network, settings.layer, settings.channel)
    return ClassScore(settings.class_index, logit=settings.method == "variation")


def _parametrization(
    device: torch.device, settings: VisualizationSettings, photo: Image.Image | None
) -> tuple[Parametrization, list[torch.Generator]]:
    """The pictures at the start, and the random generator of each."""
    begin = None
    if settings.start == "photo":
        if photo is None:
            raise ValidationError("no_picture")
        begin = images.to_tensor(images.square(photo, settings.size), device)
    seeds = range(settings.seed, settings.seed + settings.count)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    kind = FourierParametrization if settings.method == "fourier" else PixelParametrization
    return kind(settings, generators, device, begin), generators


def input_side(network: Network) -> int:
    """Side in pixels of the square pictures that `network` is shown."""
    return network.spec.input_size


class _PictureAdam:
    """d <- d - rate * m / (1 - b1^t) / ||g||: Adam with one second moment for a whole picture.

    Adam's own (one second moment for each number) moves every number equally far in every step; in
    a spectrum that fills the picture with murk, and broad shapes never form.

    Args:
        values: (N, ...), changed in place; each of the N by itself.
        step_length: Euclidean length of a step, while gradients agree.
    """

    def __init__(self, values: torch.Tensor, step_length: float) -> None:
        self.values, self.step_length, self.time = values, step_length, 0
        self.mean = torch.zeros_like(values)
        self.square = torch.zeros(len(values), device=values.device)

    @torch.no_grad()
    def step(self, gradient: torch.Tensor, progress: float) -> None:
        """One step down `gradient`; its length falls with `progress` (0..1) along a cosine."""
        self.time += 1
        b1, b2 = BETAS
        self.mean.lerp_(gradient, 1 - b1)
        self.square = b2 * self.square + (1 - b2) * gradient.square().flatten(1).sum(1)
        left = RATE_LEFT + (1 - RATE_LEFT) * (1 + math.cos(math.pi * progress)) / 2
        norm = (self.square / (1 - b2**self.time)).sqrt() + 1e-12
        rate = self.step_length * left / (1 - b1**self.time) / norm
        self.values.sub_(self.mean * rate.view(-1, *[1] * (gradient.ndim - 1)))


@torch.no_grad()
def class_probabilities(
    networks: Sequence[Network], pictures: torch.Tensor, class_index: int
) -> dict[str, list[float]]:
    """The class's probability in each picture as it will be saved, by the network's name.

    Args:
        pictures: (N, 3, H, W) in [0, 1]; they are rounded to 8 bits first, and each network is
            shown the whole of each at its own size (bilinear, anti-aliased).
        class_index: 0..K - 1.
    """
    saved = pictures.clamp(0, 1).mul(255).round() / 255
    return {
        network.spec.name: network(resize(saved, input_side(network)))
        .softmax(1)[:, class_index]
        .tolist()
        for network in networks
    }
