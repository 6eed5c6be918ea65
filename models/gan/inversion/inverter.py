"""The whole way from a photograph's face to the generator's version of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from models import registry, weights
from models.backbones.backbone import Backbone
from models.device import Placement
from models.gan import pretrained
from models.gan.inversion import tuning
from models.gan.inversion.encoder import CodeEncoder
from models.gan.inversion.face_finder import FaceFinder, Template
from models.gan.inversion.objective import JUDGE_SIDE, FeatureDistance, Likeness, psnr
from models.gan.inversion.optimize import Fit, fit_codes, noise_maps
from models.gan.inversion.settings import SLIDER_GAIN, WEIGHTS
from models.gan.inversion.whitening import Whitening
from models.gan.networks.stylegan import StyleGenerator
from models.gan.settings import SLIDERS


@dataclass(frozen=True)
class Inversion:
    """A photograph in one of the spaces.

    Attributes:
        styles: w+, (1, layers, latent).
        noise: one map for each layer.
        generator: the shared one, or a tuned copy.
    """

    styles: torch.Tensor
    noise: Sequence[torch.Tensor]
    generator: StyleGenerator

    @torch.inference_mode()
    def draw(self, shift: torch.Tensor | None = None) -> torch.Tensor:
        """The picture (1, 3, 64, 64) in [0, 1], float32, on the CPU.

        Args:
            shift: what is added to the code, (1, layers, latent), or to each layer's, (latent,).
        """
        styles = self.styles if shift is None else self.styles + shift
        return (self.generator(styles, self.noise) * 0.5 + 0.5).clamp(0, 1).cpu()


@dataclass(frozen=True)
class InversionStep:
    """A step of an inversion.

    Attributes:
        step, steps: which one of how many, over all stages.
        stage: "w+", "tuned", "w" or "noise": what is changed.
        picture: (1, 3, 64, 64) in [0, 1].
        loss: 10 squared error + feature distance.
        found: the inversion of each stage that is done, or was stopped.
    """

    step: int
    steps: int
    stage: str
    picture: torch.Tensor
    loss: float
    found: dict[str, Inversion]


def slider_directions(network: pretrained.PretrainedGan) -> torch.Tensor:
    """What one unit of each slider adds to the code of an inverted picture, (sliders, latent)."""
    return SLIDER_GAIN * network.directions[: len(SLIDERS)]


class Inverter:
    """Inverts photographs with one generator; everything shared is frozen.

    Args:
        network: the generator, in float32.
        distance: of features that are optimized.
        whitening, encoder, finder: from the generator's weight file.
    """

    def __init__(
        self,
        network: pretrained.PretrainedGan,
        distance: FeatureDistance,
        whitening: Whitening,
        encoder: CodeEncoder,
        finder: FaceFinder,
    ) -> None:
        assert isinstance(network.generator, StyleGenerator)
        self.network = network
        self.generator: StyleGenerator = network.generator
        self.device = network.placement.device
        self.directions = slider_directions(network)
        self.distance, self.finder = distance, finder
        self.whitening = whitening.to(self.device)
        self.encoder = encoder.eval().requires_grad_(False).to(self.device)

    def steps(
        self, target: torch.Tensor, stages: Sequence[str], steps: int, seed: int = 0
    ) -> Iterator[InversionStep]:
        """The steps of all stages, one after the other; may be closed at any yield.

        Args:
            target: the face, (1, 3, 64, 64) in [0, 1].
            stages: such as `STAGES["tuned"]`; "tuned" and "noise" begin where "w+" ended.
            steps: of each stage.
            seed: of the noise maps.
        """
        target = target.to(self.device)
        likeness = Likeness(self.distance, target)
        with torch.no_grad():
            guess = self.encoder(target)
        noise = noise_maps(self.generator, seed)
        found: dict[str, Inversion] = {}
        total, done = steps * len(stages), 0
        for stage in stages:
            generator = self.generator
            if stage == "tuned":
                generator = tuning.private_copy(generator)
                before = found["w+"]
                fits = tuning.tune(generator, likeness, before.styles, list(before.noise), steps)
            else:
                begin = guess
                if stage == "noise":
                    begin = self.whitening.to_u(found["w+"].styles)
                fits = fit_codes(generator, self.whitening, likeness, begin, noise, steps, stage)
            for number, fit in enumerate(fits):
                if number == 0 and done:
                    continue  # the start of a later stage was the end of one before
                last = number == steps
                if last and stage == "tuned":
                    tuning.freeze(generator)
                reached = Inversion(fit.styles, fit.noise, generator)
                if last:
                    found[stage] = reached
                yield self._step(done + number, total, stage, fit, found | {stage: reached})
            done += steps

    @staticmethod
    def _step(
        step: int, steps: int, stage: str, fit: Fit, found: dict[str, Inversion]
    ) -> InversionStep:
        return InversionStep(step, steps, stage, fit.picture.cpu(), fit.loss, found)

    def inversion(self, styles: torch.Tensor, seed: int = 0) -> Inversion:
        """Of a code (1, layers, latent) that is known already."""
        return Inversion(styles, noise_maps(self.generator, seed), self.generator)

    def codes_of_drawn(self, count: int, first: int = 0) -> list[torch.Tensor]:
        """w+ (1, layers, latent) of the pictures with numbers from `first` on."""
        codes = self.network.style_codes(self.network.latents(range(first, first + count)))
        return list(codes.split(1))


# What is done for each space, in order.
STAGES = {"w": ("w",), "w+": ("w+",), "noise": ("w+", "noise"), "tuned": ("w+", "tuned")}


def load(name: str, lite0: Backbone) -> Inverter:
    """The inverter of the generator called `name`.

    Args:
        lite0: the shared EfficientNet-Lite0; the inverter computes where that does.

    Raises:
        ValidationError: a weight file is missing or damaged.
    """
    device = lite0.placement.device
    layout = lite0.placement.memory_format
    placement = Placement(device, torch.float32, layout, "gradients of a loss, and small steps")
    network = pretrained.load(registry.gan(name), device, placement)
    tensors = weights.load(WEIGHTS.format(name))
    encoder = CodeEncoder(network.layers, network.latent)
    encoder.load_state_dict(weights.part(tensors, "encoder"))
    finder, scorer = (
        Template(tensors[f"{part}.weight"], tensors[f"{part}.bias"])
        for part in ("finder", "scorer")
    )
    return Inverter(
        network,
        FeatureDistance(lite0),
        Whitening.from_tensors(tensors),
        encoder,
        FaceFinder(lite0, finder, scorer),
    )


@torch.no_grad()
def judged(lite2: Backbone, target: torch.Tensor, picture: torch.Tensor) -> tuple[float, float]:
    """PSNR in dB, and the distance in the features of EfficientNet-Lite2, never optimized, at 128
    px: how near a picture (1, 3, 64, 64) is to its target."""
    device = lite2.placement.device
    target, picture = target.to(device), picture.to(device)
    distance = FeatureDistance(lite2, JUDGE_SIDE)(picture, target)
    return float(psnr(picture, target)), float(distance)
