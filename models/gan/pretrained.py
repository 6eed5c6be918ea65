"""Exploring a trained generator: samples, sliders, walks, style mixing, and its discriminator.

Every picture has a number: its latent z is drawn with that number as the seed. All methods are
pure: the same arguments give the same picture, bit for bit, on one machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import nn

from models import weights
from models.device import Placement, place
from models.gan.networks import client_discriminator, dcgan, layers, stylegan, vae
from models.gan.networks import client_file as generator_file
from models.gan.networks.layers import Edit, Recorder, no_edit, no_recorder
from models.gan.networks.structure import LAYER_GROUPS, SIDE
from models.gan.settings import SLIDERS, SampleSettings
from models.images import to_image
from models.registry import GanSpec
from models.validation import ValidationError

BATCH = 16
PATCH, STRIDE = 16, 8  # of the occlusion, in pixels


@dataclass(frozen=True)
class DiscriminatorScore:
    """What a discriminator says of one picture.

    Attributes:
        score: its logit d(x).
        real: sigmoid(score), in 0..1.
        sensitivity: occlusion sensitivity, (64, 64): how far the score falls when that place is
            covered, in logits.
    """

    score: float
    real: float
    sensitivity: torch.Tensor


class PretrainedGan:
    """A generator, with its discriminator or encoder if it has one: frozen, in eval mode.

    A style-based generator takes w (N, 9, 128), one style code for each of its layers. The other
    generators take z; here it is called w too and has one "layer", (N, 1, latent).

    Args:
        spec: which one it is.
        generator, discriminator, encoder: the bare networks, frozen in place.
        directions: (8, latent), one standard deviation of each slider.
        placement: where and how they compute.
    """

    def __init__(
        self,
        spec: GanSpec,
        generator: nn.Module,
        discriminator: nn.Module | None,
        directions: torch.Tensor,
        placement: Placement,
        encoder: nn.Module | None = None,
    ):
        self.spec, self.placement = spec, placement
        self.latent = directions.shape[1]
        self.styled = spec.kind == "style"
        self.layers = stylegan.StyleGenerator.LAYERS if self.styled else 1
        networks = [n for n in (generator, discriminator, encoder) if n is not None]
        for network in networks:
            self._freeze(network)
        self.generator, self.discriminator, self.encoder = generator, discriminator, encoder
        self.bytes = sum(p.numel() * p.element_size() for n in networks for p in n.parameters())
        self.directions = directions.to(placement.device)

    def _freeze(self, network: nn.Module) -> None:
        at = self.placement
        layers.fold_gains(network)
        network.eval().requires_grad_(False).to(at.device)
        network.to(memory_format=at.memory_format)  # type: ignore[call-overload]
        if isinstance(network, stylegan.StyleGenerator):
            network.freeze(at.dtype)
        else:
            network.to(at.dtype)

    def sample(
        self,
        seeds: Iterable[int] = range(16),
        truncation: float = SampleSettings.truncation,
        sliders: Sequence[float] = (),
        noise: int = SampleSettings.noise,
        layers: str = SampleSettings.layers,
    ) -> list[Image.Image]:
        """The pictures with these numbers, 64 x 64 RGB images.

            models.load("stylegan_cats64").sample(seeds=range(16), truncation=0.7)

        Args:
            seeds: number of each picture.
            truncation: 0 gives the mean face, 1 the full variety, at most 1.5.
            sliders: d_1..d_8 in standard deviations, -3 to 3; missing ones are 0.
            noise: seed of the noise maps (style-based only).
            layers: where the sliders act, "all", "coarse", "middle" or "fine".

        Raises:
            ValidationError: a value out of range.
        """
        values: dict[str, Any] = {f"d{n}": value for n, value in enumerate(sliders, 1)}
        checked = SampleSettings(truncation=truncation, noise=noise, layers=layers, **values)
        numbers = [checked.replace(seed=seed).seed for seed in seeds]
        if not numbers:
            return []
        z = self.latents(numbers)
        w = self.style_codes(z, checked.truncation, checked.sliders, checked.layers)
        return [to_image(picture) for picture in self.synthesize(w, checked.noise)]

    def latents(self, seeds: Iterable[int]) -> torch.Tensor:
        """z of the pictures with these numbers, (N, latent), each ~ N(0, I) from its own seed."""
        drawn = [
            torch.randn(self.latent, generator=torch.Generator().manual_seed(int(seed)))
            for seed in seeds
        ]
        return torch.stack(drawn).to(self.placement.device)

    @torch.inference_mode()
    def style_codes(
        self,
        z: torch.Tensor,
        truncation: float = 1.0,
        sliders: Sequence[float] = (),
        layers: str = "all",
    ) -> torch.Tensor:
        """z (N, latent) -> w (N, layers, latent), what the synthesis starts from.

        Style-based: w = mean + truncation (f(z) - mean) + sum_i d_i s_i v_i, with v_i, s_i^2 the
        principal directions and variances of w (Karras et al. 2019; Haerkoenen et al. 2020,
        GANSpace). Others: truncation z + sum_i d_i u_i, one "layer".

        Args:
            truncation: 0 gives the mean face, 1 the full variety.
            sliders: d_1..d_8 in standard deviations; missing ones are 0.
            layers: which of the nine layers the sliders move, a key of `LAYER_GROUPS`; the one
                "layer" of the others always moves.
        """
        if isinstance(self.generator, stylegan.StyleGenerator):
            mean = self.generator.mean
            # One by one: matrix products of other heights are summed in another order on some CPUs.
            mapped = torch.cat([self.generator.mapping(one) for one in torch.split(z, 1)])
            w = mean + truncation * (mapped - mean)
        else:
            w = truncation * z
        return self.moved(w[:, None].repeat(1, self.layers, 1), sliders, layers)

    def moved(
        self, codes: torch.Tensor, sliders: Sequence[float], layers: str = "all"
    ) -> torch.Tensor:
        """Codes (N, layers, latent) with what sliders add, as in `style_codes`."""
        if not any(sliders):
            return codes
        shift = torch.tensor([float(value) for value in sliders], device=codes.device)
        at = list(LAYER_GROUPS[layers]) if self.styled else [0]
        changed = codes.clone()
        changed[:, at] += shift @ self.directions[: len(shift)]
        return changed

    @torch.inference_mode()
    def synthesize(self, w: torch.Tensor, noise: int = 0, edit: Edit = no_edit) -> torch.Tensor:
        """w (N, layers, latent) -> pictures (N, 3, 64, 64) in [0, 1], float32, on the CPU.

        One picture is computed alone, more in full batches of 16: with only these two shapes a
        picture does not depend on how many others are computed with it.

        Args:
            noise: seed of the noise maps (style-based only); all pictures share them.
            edit: changes activations of style layers on their way (style-based only).
        """
        if len(w) == 1:
            return self._pictures(w, noise, edit=edit)[-1]
        parts = torch.split(w, BATCH)
        return torch.cat(
            [self._pictures(_padded(p), noise, edit=edit)[-1][: len(p)] for p in parts]
        )

    def _pictures(
        self,
        w: torch.Tensor,
        noise: int,
        record: Recorder = no_recorder,
        edit: Edit = no_edit,
    ) -> list[torch.Tensor]:
        """Pictures of every size that the generator makes, the largest last."""
        if isinstance(self.generator, stylegan.StyleGenerator):
            maps = self.generator.noise(1, torch.Generator().manual_seed(noise))
            pictures = self.generator.synthesize(w, maps, record, edit)
        else:
            pictures = [self.generator(w[:, 0].to(self.placement.dtype), record)]
        return [(p.float().clamp(-1, 1) * 0.5 + 0.5).cpu() for p in pictures]

    @torch.inference_mode()
    def resolutions(self, w: torch.Tensor, noise: int = 0) -> list[torch.Tensor]:
        """One picture at 4, 8, 16, 32 and 64 px: (1, 3, h, h) in [0, 1].

        DCGAN and VAE make it at 64 px only.
        """
        return self._pictures(w, noise)

    def mix(self, a: torch.Tensor, b: torch.Tensor, crossover: int) -> torch.Tensor:
        """Style mixing: w with the layers below `crossover` from a and the others from b.

        Crossover 0 is all b, `layers` or more is all a. Layers 0-2 draw at 4 and 8 px, 3-6 at 16
        and 32 px, 7-8 at 64 px.
        """
        return torch.cat([a[:, :crossover], b[:, crossover:]], 1)

    def swap(self, a: torch.Tensor, b: torch.Tensor, layers: Iterable[int]) -> torch.Tensor:
        """w of a with that of b in the given layers; a generator that has no styles keeps a."""
        mixed = a.clone()
        if self.styled:
            mixed[:, list(layers)] = b[:, list(layers)]
        return mixed

    def scores(self, pictures: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1] -> the discriminator's logits (N,), float32.

        Raises:
            ValidationError: this generator has no discriminator.
        """
        if self.discriminator is None:
            raise ValidationError("no_discriminator", title=self.spec.title)
        logits: torch.Tensor = self.discriminator(self._normalized(pictures), record)
        return logits

    def _normalized(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures in [0, 1] as networks take them, in [-1, 1]."""
        return (pictures * 2 - 1).to(self.placement.device, self.placement.dtype)

    @torch.inference_mode()
    def discriminate(self, picture: torch.Tensor) -> DiscriminatorScore:
        """The discriminator's score of a picture (1, 3, 64, 64) in [0, 1], and what it depends on.

        Occlusion sensitivity (Zeiler & Fergus 2014): a patch of 16 x 16 px in the picture's mean
        colour covers one place after another. Where the score falls, the patch hid what made the
        picture look real; where it rises, what made it look generated. Overlapping patches are
        averaged.

        Raises:
            ValidationError: this generator has no discriminator.
        """
        offsets = range(STRIDE - PATCH, SIDE, STRIDE)
        masks = torch.zeros(len(offsets) ** 2, 1, SIDE, SIDE)
        for index, mask in enumerate(masks):
            top, left = offsets[index // len(offsets)], offsets[index % len(offsets)]
            mask[:, max(top, 0) : top + PATCH, max(left, 0) : left + PATCH] = 1
        covered = torch.where(masks.bool(), picture.mean((2, 3), keepdim=True), picture)
        parts = torch.split(torch.cat([picture, covered]), BATCH)
        scores = torch.cat([self.scores(part) for part in parts]).cpu()
        fall = (scores[0] - scores[1:])[:, None, None]
        sensitivity = (masks[:, 0] * fall).sum(0) / masks[:, 0].sum(0)
        score = float(scores[0])
        return DiscriminatorScore(score, 1 / (1 + math.exp(-score)), sensitivity)

    @torch.inference_mode()
    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1] -> the mean of the VAE's q(z | x), (N, latent).

        Raises:
            ValidationError: this generator has no encoder.
        """
        if self.encoder is None:
            raise ValidationError("no_encoder", title=self.spec.title)
        mean: torch.Tensor = self.encoder(self._normalized(pictures))[0]
        return mean

    def reconstruct(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1], encoded and decoded by the VAE with z = its mean."""
        return self.synthesize(self.encode(pictures)[:, None])

    @torch.inference_mode()
    def generator_activations(self, w: torch.Tensor, noise: int = 0) -> dict[str, torch.Tensor]:
        """The result of every operation of the generator for one picture: (1, C, h, h), in order.

        Keys are the names in `structure.generator_operations`, and "start" before them.
        """
        found: dict[str, torch.Tensor] = {}
        self._pictures(w, noise, _into(found))
        return found

    @torch.inference_mode()
    def discriminator_activations(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """The result of every operation of the discriminator for (1, 3, 64, 64) in [0, 1].

        Keys are the names in `structure.discriminator_operations`.

        Raises:
            ValidationError: this generator has no discriminator.
        """
        found: dict[str, torch.Tensor] = {}
        self.scores(picture, _into(found))
        return found


def _padded(w: torch.Tensor) -> torch.Tensor:
    return torch.cat([w, w[-1:].expand(BATCH - len(w), -1, -1)])


def _into(found: dict[str, torch.Tensor]) -> Recorder:
    def record(name: str, value: torch.Tensor) -> None:
        found[name] = value.float().clone()  # later operations work in place

    return record


def build(spec: GanSpec, tensors: dict[str, torch.Tensor]) -> dict[str, nn.Module]:
    """The networks of a generator's file: "generator" and "discriminator" or "encoder"."""
    networks: dict[str, nn.Module]
    if spec.kind == "style":
        generator, discriminator = stylegan.StyleGenerator(), stylegan.StyleDiscriminator()
        networks = {"generator": generator, "discriminator": discriminator}
    elif spec.kind == "dcgan":
        networks = {"generator": dcgan.DCGenerator(), "discriminator": dcgan.DCDiscriminator()}
    else:
        networks = {"generator": vae.Decoder(), "encoder": vae.Encoder()}
    for part, network in networks.items():
        network.load_state_dict(weights.part(tensors, part))
    return networks


def load(spec: GanSpec, device: torch.device, placement: Placement | None = None) -> PretrainedGan:
    """The generator that `spec` describes, from its weight file.

    Args:
        placement: where and how it computes, if not as `device.place` says.

    Raises:
        ValidationError: the file is missing or damaged.
    """
    tensors = weights.load(spec.name)
    networks = build(spec, tensors)
    directions = tensors["directions"][: len(SLIDERS)]
    at = placement or place(depthwise=False, device=device, generator=spec.kind == "style")
    discriminator, encoder = networks.get("discriminator"), networks.get("encoder")
    return PretrainedGan(spec, networks["generator"], discriminator, directions, at, encoder)


def client_file(spec: GanSpec, discriminator: bool = False) -> bytes:
    """A generator, or its style-based discriminator, as a file for a browser.

    Raises:
        ValidationError: the weight file is missing or damaged, or has no such discriminator.
    """
    tensors = weights.load(spec.name)
    networks = build(spec, tensors)
    if not discriminator:
        return generator_file.pack(networks["generator"], tensors["directions"][: len(SLIDERS)])
    found = networks.get("discriminator")
    if not isinstance(found, stylegan.StyleDiscriminator):
        raise ValidationError("no_discriminator", title=spec.title)
    return client_discriminator.pack(found)
