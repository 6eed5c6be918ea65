"""Ideal-class pictures: from noise, or a photo, uphill to what a network takes for a class.

Gradient ascent on the picture, three ways. "plain" climbs on pixels: noise to us, certainty to the
network (Erhan et al. 2009; Simonyan et al. 2014). "variation" adds a total-variation loss, and
noise turns into fur and stripes (Mahendran & Vedaldi 2015). "fourier" climbs on a Fourier spectrum
seen through random views (Olah et al. 2017, "Feature visualization"), and a child recognises it.
Instead of a class it may climb a channel; from a photo, that is DeepDream (Mordvintsev 2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image

from models import images, registry
from models.backbones.backbone import Backbone
from models.classifiers.pet_classifier import PetClassifier
from models.feature_visualization.objectives import Activation, ClassScore, Objective, check_layer
from models.feature_visualization.parametrization import Pixels, Spectrum
from models.feature_visualization.transforms import resize
from models.validation import ValidationError, choice, number, switch, whole_number

Network = Backbone | PetClassifier
METHODS = ("fourier", "variation", "plain")
STARTS = ("noise", "photo")
MOMENTS, LAST_RATE = (0.95, 0.99), 0.15  # decay of the two running means; the last rate, in rates


@dataclass(frozen=True)
class Settings:
    """What to dream of, and how.

    Raises:
        ValidationError: a value is of the wrong kind or out of its range, or the network has no
            such class or layer.
    """

    class_name: str = "Siamese cat"  # any class of the network; capitals don't matter
    method: str = "fourier"  # one of METHODS
    size: int = 224  # side of the picture in pixels, 64..512; 224 is what Lite0 was trained on
    steps: int = 256  # 1..2000; fewer is rougher, more adds detail and contrast
    tv_weight: float = 1.0  # 0..10 times the method's own weight: 0 rough, 10 smooth; not for plain
    seed: int = 0  # 0..2**31 - 1; the noise it starts from and the views: another picture
    model: str = registry.DEFAULT_BACKBONE  # the lead, any of registry.CLASSIFIERS
    layer: str = ""  # one of the network's map_layers: climb it instead of the class
    channel: int | None = None  # of that layer, from 0 on; None is the whole layer
    start: str = "noise"  # one of STARTS
    octaves: int = 1  # 1..4 sizes at which pixels are seen, small to large; "fourier" has its own
    decorrelated: bool = True  # the colour axes of natural pictures, or red, green, blue; "fourier"
    count: int = 1  # 1..6 pictures at once, from `seed` on

    def __post_init__(self):
        spec = registry.classifier(self.model)
        if self.layer:
            # The registry knows an ImageNet network's layers; pet classifiers show none.
            known = registry.backbone(self.model) if self.model in registry.BACKBONES else spec
            check_layer(known, self.layer)
        else:
            spec.class_index(self.class_name)
        choice("method", self.method, METHODS)
        choice("start", self.start, STARTS)
        for name, low, high in (
            ("size", 64, 512),
            ("steps", 1, 2000),
            ("seed", 0, 2**31 - 1),
            ("octaves", 1, 4),
            ("count", 1, 6),
        ):
            whole = whole_number(name, getattr(self, name), low, high)
            object.__setattr__(self, name, whole)
        if self.channel is not None:
            whole = whole_number("channel", self.channel, 0, 4095)
            object.__setattr__(self, "channel", whole)
        switch("decorrelated", self.decorrelated)
        object.__setattr__(self, "tv_weight", number("tv_weight", self.tv_weight, 0, 10))

    @property
    def index(self) -> int:
        """The class's place among the network's logits."""
        return registry.classifier(self.model).class_index(self.class_name)


@dataclass(frozen=True)
class Step:
    """The pictures after `step` of `steps` steps.

    Attributes:
        step: 0 (the noise, or the photo) to `steps`.
        steps: how many there will be.
        probability: of the class, as the lead network last saw the picture (for "fourier" through
            a random view), so one or two steps old; `probabilities` judges the picture itself. For
            a layer what it answered instead, of any size. The mean over several pictures.
        losses: what the step went down on: "class" (-log probability in nats; for "variation" the
            negative logit) or "layer", "variation" (weighted total variation, 0 for "plain") and,
            for "fourier", "grey" (against darkness); empty at step 0.
        draw: what draws the picture.
    """

    step: int
    steps: int
    probability: float
    losses: dict[str, float]
    draw: Callable[[], torch.Tensor]

    @cached_property
    def image(self) -> torch.Tensor:
        """(count, 3, size, size) in [0, 1], detached, on the networks' device; drawn when first
        asked for, since most steps are never shown."""
        return self.draw()


PARTNERS = {
    "efficientnet_lite0": "efficientnet_lite2",
    "efficientnet_lite1": "efficientnet_lite2",
    "pets_lite0": "pets_lite2",
}


def partner(name: str) -> str:
    """The network that "fourier" takes turns with when the network called `name` leads."""
    pet = name in registry.PET_CLASSIFIERS
    return PARTNERS.get(name, "pets_lite0" if pet else "efficientnet_lite0")


def dream(
    networks: Sequence[Network], settings: Settings, photo: Image.Image | None = None
) -> Iterator[Step]:
    """Climbs from noise or a photo to the class, one `Step` at a time.

    With p the class's probability and TV the total variation, each step goes down on

        loss = -log p(view of the picture) + weight * TV(picture)

    ("variation": minus the logit instead; a layer: minus its answer) by momentum over the
    gradient's length (`_Descent`). On one CPU the same networks and settings give the same picture,
    bit for bit; CUDA adds gradients of the views in any order. Several pictures at once start from
    the same noise and see the same views as each would alone with its own seed; kernels round
    otherwise in company, which a long climb may turn into another whisker.

    Args:
        networks: the lead, then those that "fourier" takes turns with (see `partner`) for a class;
            the rest uses the lead alone. They are only ever differentiated by their input.
        settings: what to dream of.
        photo: where to start, with start="photo"; its centre square at the picture's size.

    Yields:
        The start at once, then the picture after each step. It may be closed at any yield.

    Raises:
        ValidationError: there is no photo to start from, or no such channel.
    """
    lead = networks[0]
    placement = getattr(lead, "placement", None)
    device = placement.device if placement else torch.device("cpu")
    begin = None
    if settings.start == "photo":
        if photo is None:
            raise ValidationError("no_picture")
        begin = images.to_tensor(images.square(photo, settings.size), device)
    seeds = range(settings.seed, settings.seed + settings.count)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    fourier, goal = settings.method == "fourier", _objective(lead, settings)
    canvas = (Spectrum if fourier else Pixels)(settings, generators, device, begin)
    descent = _Descent(canvas.values, canvas.rate)
    turns = networks if fourier and goal.name == "class" else [lead]
    draw, losses = canvas.frozen(), {}
    with torch.no_grad():
        _, shown = goal(lead, resize(draw(), side(lead)))
    for step in range(settings.steps + 1):
        yield Step(step, settings.steps, shown.mean().item(), losses, draw)
        if step == settings.steps:
            return
        done = step / settings.steps
        network = turns[step % len(turns)]
        # Grad mode belongs to the thread; it must not stay switched across a yield.
        with torch.enable_grad():
            view, priors = canvas.look(done, side(network), generators)
            climbed, answer = goal(network, view)
            terms = {goal.name: -climbed.mean(), **priors}
            loss = settings.count * sum(terms.values())
            (gradient,) = torch.autograd.grad(loss, canvas.values)
        descent.step(gradient, done)
        canvas.clamp()
        draw, losses = canvas.frozen(), {name: term.item() for name, term in terms.items()}
        if network is lead:
            shown = answer


def _objective(lead: Network, settings: Settings) -> Objective:
    if settings.layer:
        return Activation(lead, settings.layer, settings.channel)
    return ClassScore(settings.index, logit=settings.method == "variation")


def side(network: Network) -> int:
    """Of the square pictures that `network` is shown, in pixels."""
    return network.spec.input_size


class _Descent:
    """d <- d - rate * m / (1 - b1^t) / ||g||: Adam with one second moment for a whole picture.

    Adam's own (one second moment a number) moves every number equally far at every step; in a
    spectrum that fills the picture with murk, and broad shapes never form.

    Args:
        values: (N, ...), what is moved, in place; each of the N by itself.
        rate: Euclidean length of a step, while gradients agree.
    """

    def __init__(self, values: torch.Tensor, rate: float):
        self.values, self.rate, self.time = values, rate, 0
        self.mean, self.square = torch.zeros_like(values), 0.0

    @torch.no_grad()
    def step(self, gradient: torch.Tensor, done: float) -> None:
        """One step down `gradient`; `done` (0..1) of all steps lie behind, and the rate falls."""
        self.time += 1
        b1, b2 = MOMENTS
        self.mean.lerp_(gradient, 1 - b1)
        self.square = b2 * self.square + (1 - b2) * gradient.square().flatten(1).sum(1)
        rate = self.rate * (LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2)
        length = (self.square / (1 - b2**self.time)).sqrt() + 1e-12
        pace = rate / (1 - b1**self.time) / length
        self.values.sub_(self.mean * pace.view(-1, *[1] * (gradient.ndim - 1)))


@torch.no_grad()
def certainties(network: Network, pictures: torch.Tensor, class_index: int) -> list[float]:
    """How sure a network is of each picture as it will be saved.

    Args:
        pictures: (N, 3, H, W) in [0, 1]; they are rounded to 8 bits first, and the network is shown
            the whole of each at its own size (bilinear, anti-aliased).
        class_index: 0..K - 1.
    """
    saved = pictures.clamp(0, 1).mul(255).round() / 255
    return network(resize(saved, side(network))).softmax(1)[:, class_index].tolist()


def probabilities(
    networks: Sequence[Network], image: torch.Tensor, class_index: int
) -> dict[str, float]:
    """The network's name -> `certainties`, of the mean over the pictures."""
    found = {n.spec.name: certainties(n, image, class_index) for n in networks}
    return {name: sum(values) / len(values) for name, values in found.items()}
