"""Activation maximization: the picture of which a network is most certain that it shows a class.

Gradient ascent on a picture, from noise or a photo, in five ways. "plain" changes the pixels:
noise to us, certainty to the network (Erhan et al. 2009; Simonyan et al. 2014). "variation" adds a
total-variation loss, and noise turns into fur and stripes (Mahendran & Vedaldi 2015). "fourier"
changes a Fourier spectrum under random transforms (Olah et al. 2017, "Feature visualization"), and
fur gets a face; "maco" lets phases climb before the spectrum (Fel et al. 2023; see `maco.py`), and
a child recognizes the result. "accentuate" begins with a photo and pays for leaving it: what in it
the network responds to (Hamblin et al. 2024, "Feature accentuation"). Instead of a class it may
maximize a channel; from a photo, that is DeepDream (Mordvintsev 2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image

from models import images
from models.feature_visualization import spectrum
from models.feature_visualization.fourier import FourierParametrization
from models.feature_visualization.maco import MacoParametrization, natural_magnitudes
from models.feature_visualization.objectives import (
    Accentuated,
    Activation,
    ClassScore,
    Network,
    Objective,
)
from models.feature_visualization.parametrization import Parametrization, Start
from models.feature_visualization.pixels import NOISE, PixelParametrization
from models.feature_visualization.settings import VisualizationSettings
from models.feature_visualization.transforms import resize
from models.validation import ValidationError

PROBES, PROBE_SIDE = 32, 96  # pictures that may excite a channel which the start leaves silent
PROBE_CONTRAST = 3.0  # of them, in logits
PHOTO_BALANCE = 30.0  # weight of the distance from the photo beside a logit


@dataclass(frozen=True)
class VisualizationStep:
    """The pictures after `step` of `steps` steps.

    Attributes:
        step: 0 (the noise, or the photo) to `steps`.
        steps: how many there will be.
        score: the class's probability by the first network when it last saw the picture (except for
            "plain" and "variation" randomly transformed), so one or two steps old;
            `class_probabilities` judges the picture itself. For a layer the activation, of any
            size. The mean over several pictures.
        losses: what the step minimized: "class" (-log probability in nats; for "variation" the
            negative logit) or "layer", "variation" (weighted total variation, 0 for "plain") and,
            except for "plain" and "variation", "brightness"; empty at step 0.
        render: gives the pictures; of candidates the one that leads.
        overview: gives the candidates of each picture in a square, (count, 3, size, size), while
            "maco" chooses among them; None otherwise.
    """

    step: int
    steps: int
    score: float
    losses: dict[str, float]
    render: Callable[[], torch.Tensor]
    overview: Callable[[], torch.Tensor] | None = None

    @cached_property
    def image(self) -> torch.Tensor:
        """(count, 3, size, size) in [0, 1], detached, on the networks' device; rendered when first
        asked for, since most steps are never shown."""
        return self.render()

    @property
    def view(self) -> torch.Tensor:
        """What is worth watching while it goes on: the candidates, or the pictures."""
        return self.overview() if self.overview else self.image


def visualize(
    networks: Sequence[Network],
    settings: VisualizationSettings,
    photo: Image.Image | None = None,
) -> Generator[VisualizationStep, None, None]:
    """Changes noise or a photo until a network is certain of the class, one step at a time.

    With p the class's probability, T a random transform and TV the total variation, each step
    reduces

        loss = -log p(T(picture)) + weight * TV(picture)

    ("variation", "maco", "accentuate": minus the logit instead; a layer: minus its activation) by
    `PictureAdam`; "maco" lets phases climb first, by `Adam`. On one CPU the same networks and
    settings give the same picture, bit for bit; CUDA adds the gradients of transforms in any order.
    Several pictures at once start from the same noise and get the same transforms as each would
    alone with its own seed; kernels round differently in a batch, which many steps may turn into
    another whisker.

    Args:
        networks: those of `settings.networks`, which take turns. They are only ever differentiated
            by their input.
        settings: what to visualize.
        photo: where to start, with `settings.from_photo`; its centre square at the picture's size.

    Yields:
        The start at once, then the picture after each step. It may be closed at any yield.

    Raises:
        ValidationError: there is no photo to start from, or no such channel, or nothing excites it.
    """
    climbed = networks[: len(settings.networks)]
    first, device = climbed[0], climbed[0].placement.device
    judged = _objective(first, settings)
    begin = _begin(first, judged, settings, photo)
    objective: Objective = judged
    if settings.method == "accentuate":
        objective = Accentuated(judged, PHOTO_BALANCE * settings.photo_weight)
    seeds = range(settings.seed, settings.seed + settings.count)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    start = Start(settings, generators, device, begin)
    picture = PARAMETRIZATIONS[settings.method](start)
    losses: dict[str, float] = {}
    score = torch.zeros(())

    def merit(pictures: torch.Tensor) -> torch.Tensor:
        shown = [(net, one) for net in climbed for one in (pictures, pictures.flip(3))]
        found = [judged(net, resize(one, input_side(net)))[1] for net, one in shown]
        return torch.stack([judged.merit(each) for each in found]).sum(0)

    for step in range(settings.steps + 1):
        progress = step / settings.steps
        picture.enter(progress, merit)
        render, overview = picture.snapshot(), picture.overview()
        if step == 0:
            with torch.no_grad():
                _, score = judged(first, resize(render(), input_side(first)))
        yield VisualizationStep(step, settings.steps, score.mean().item(), losses, render, overview)
        if step == settings.steps:
            return
        network = climbed[step % len(climbed)]
        # Grad mode belongs to the thread; it must not stay switched across a yield.
        with torch.enable_grad():
            shown, regularizers = picture.shown(progress, input_side(network), generators)
            maximized, reported = objective(network, shown)
            terms = {objective.name: -maximized.mean(), **regularizers}
            loss = len(picture.values) * sum(terms.values(), start=shown.new_zeros(()))
            (gradient,) = torch.autograd.grad(loss, picture.values)
        picture.step(gradient, progress)
        losses = {name: term.item() for name, term in terms.items()}
        if network is first:
            score = picture.scores(reported)


PARAMETRIZATIONS: dict[str, Callable[[Start], Parametrization]] = {
    "plain": PixelParametrization,
    "variation": PixelParametrization,
    "fourier": FourierParametrization,
    "maco": MacoParametrization,
    "accentuate": FourierParametrization,
}


def _objective(network: Network, settings: VisualizationSettings) -> ClassScore | Activation:
    if settings.layer:
        return Activation(network, settings.layer, settings.channel)
    return ClassScore(settings.class_index, logit=settings.method not in ("plain", "fourier"))


def _begin(
    network: Network,
    objective: Objective,
    settings: VisualizationSettings,
    photo: Image.Image | None,
) -> torch.Tensor | None:
    """What to begin with, (1, 3, size, size) in [0, 1]: the photo, or for a channel that grey and
    faint noise leave silent the random picture that excites it most; None for noise.

    Raises:
        ValidationError: there is no photo, or neither it nor any of the random pictures excites
            the channel.
    """
    device = network.placement.device
    begin = None
    if settings.from_photo:
        if photo is None:
            raise ValidationError("no_picture")
        begin = images.to_tensor(images.square(photo, settings.size), device)
    if not isinstance(objective, Activation):
        return begin
    rng = torch.Generator().manual_seed(settings.seed)
    if begin is None:
        faint = torch.randn(1, 3, settings.size, settings.size, generator=rng).to(device)
        looked_at = 0.5 + NOISE * faint
    else:
        looked_at = begin
    if not objective.silent(network, resize(looked_at, input_side(network))).any():
        return begin
    loudest = None if settings.from_photo else objective.loudest(network, _probes(rng).to(device))
    if loudest is None:
        raise ValidationError("silent_channel", layer=settings.layer, channel=settings.channel)
    return resize(loudest, settings.size)


def _probes(rng: torch.Generator) -> torch.Tensor:
    """Random pictures of strong contrast with the magnitudes of natural ones: (N, 3, h, h)."""
    magnitudes = natural_magnitudes(PROBE_SIDE)
    turns = torch.randn(PROBES, *magnitudes.shape[1:], generator=rng)
    waves = torch.polar(PROBE_CONTRAST * magnitudes.expand_as(turns), turns * math.pi)
    return spectrum.render(waves, torch.tensor(spectrum.COLOR_AXES), PROBE_SIDE)


def input_side(network: Network) -> int:
    """Side in pixels of the square pictures that `network` is shown."""
    return network.spec.input_size


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
