"""Exploring a trained generator: draw, slide, walk, mix, watch it grow, and ask its judge.

Every cat has a number: its latent z is drawn with that number as the seed. All functions are pure:
the same arguments give the same picture, bit for bit, on one machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from models import weights
from models.device import Placement, place
from models.gan.networks import dcgan, stylegan, vae
from models.gan.networks import layers as equalized
from models.gan.networks.stylegan import unseen
from models.gan.specs import MAX_COUNT, MAX_SEED, MAX_SHIFT, MAX_TRUNCATION, SIDE, SLIDERS
from models.registry import GanSpec
from models.validation import ValidationError, number, whole_number

SHEET = 16
NETWORKS = {
    "style": (stylegan.StyleGenerator, stylegan.StyleDiscriminator),
    "dcgan": (dcgan.DCGenerator, dcgan.DCDiscriminator),
    "vae": (vae.Decoder, None),
}


@dataclass(frozen=True)
class Verdict:
    """What a discriminator says of one picture.

    Attributes:
        score: its logit d(x).
        real: sigmoid(score), in 0..1.
        heat: (64, 64), how much the score falls when that place is covered, in logits.
    """

    score: float
    real: float
    heat: torch.Tensor


class Gan:
    """A generator, and its discriminator if it has one: frozen, in eval mode.

    Args:
        spec: which one it is.
        generator, discriminator: the bare networks, frozen in place.
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
        self.generator, self.discriminator, self.encoder = (
            self._ready(network) for network in (generator, discriminator, encoder)
        )
        self.directions = directions.to(placement.device)

    def _ready(self, network: nn.Module | None) -> nn.Module | None:
        if network is None:
            return None
        equalized.bake(network)
        at = self.placement
        network.eval().requires_grad_(False).to(at.device, memory_format=at.memory_format)
        if isinstance(network, stylegan.StyleGenerator):
            network.freeze(at.dtype)
        else:
            network.to(at.dtype)
        return network

    @property
    def bytes(self) -> int:
        """Memory held by the weights."""
        networks = (self.generator, self.discriminator, self.encoder)
        return sum(
            p.numel() * p.element_size() for n in networks if n is not None for p in n.parameters()
        )

    def latents(self, numbers: Sequence[int]) -> torch.Tensor:
        """z of the cats with these numbers, (N, latent), each ~ N(0, I) and its number's own."""
        drawn = [
            torch.randn(self.latent, generator=torch.Generator().manual_seed(int(n)))
            for n in numbers
        ]
        return torch.stack(drawn).to(self.placement.device)

    @torch.inference_mode()
    def codes(
        self, z: torch.Tensor, truncation: float = 1.0, sliders: Sequence[float] = ()
    ) -> torch.Tensor:
        """z (N, latent) -> what the synthesis starts from, (N, layers, latent).

        Style-based: w = mean + truncation (f(z) - mean) + sum_i d_i s_i v_i, the same for all nine
        layers, with v_i, s_i^2 the principal directions and variances of w (Karras et al. 2019;
        Haerkoenen et al. 2020, GANSpace). Others: truncation z + sum_i d_i u_i, one "layer".

        Args:
            truncation: 0 gives the mean face, 1 the full variety.
            sliders: d_1..d_8 in standard deviations; missing ones are 0.
        """
        if self.styled:
            mean = self.generator.mean
            # One by one: matrix products of other heights are summed in another order on some CPUs.
            found = torch.cat([self.generator.mapping(one) for one in z.split(1)])
            base = mean + truncation * (found - mean)
        else:
            base = truncation * z
        if any(sliders):
            shift = torch.tensor([float(value) for value in sliders], device=base.device)
            base = base + shift @ self.directions[: len(shift)]
        return base[:, None].repeat(1, self.layers, 1)

    @torch.inference_mode()
    def draw(self, codes: torch.Tensor, noise: int = 0) -> torch.Tensor:
        """Codes (N, layers, latent) -> pictures (N, 3, 64, 64) in [0, 1], float32, on the CPU.

        One is computed alone, more are computed in full sheets of 16: with these two shapes only, a
        picture never depends on what else is wanted at the same time.

        Args:
            noise: seed of the noise maps (style-based only); all pictures share them.
        """
        if len(codes) == 1:
            return self._synthesize(codes, noise)[-1]
        out = []
        for part in codes.split(SHEET):
            out.append(self._synthesize(self._pad(part), noise)[-1][: len(part)])
        return torch.cat(out)

    @staticmethod
    def _pad(codes: torch.Tensor) -> torch.Tensor:
        return torch.cat([codes, codes[-1:].expand(SHEET - len(codes), -1, -1)])

    def _synthesize(self, codes: torch.Tensor, noise: int, look=unseen) -> list[torch.Tensor]:
        if self.styled:
            maps = self.generator.noise(1, torch.Generator().manual_seed(noise))
            pictures = self.generator.synthesize(codes, maps, look)
        else:
            pictures = [self.generator(codes[:, 0].to(self.placement.dtype), look)]
        return [(p.float().clamp(-1, 1) * 0.5 + 0.5).cpu() for p in pictures]

    @torch.inference_mode()
    def growth(self, codes: torch.Tensor, noise: int = 0) -> list[torch.Tensor]:
        """One cat at every size on the way: (1, 3, h, h) in [0, 1]; DCGAN and VAE only know 64."""
        return self._synthesize(codes, noise)

    def mix(self, a: torch.Tensor, b: torch.Tensor, crossover: int) -> torch.Tensor:
        """Codes with layers below `crossover` from a and the others from b.

        Crossover 0 is all b, `layers` is all a. Layers 0-2 draw at 4 and 8 px, 3-6 at 16 and 32 px,
        7-8 at 64 px.
        """
        return torch.cat([a[:, :crossover], b[:, crossover:]], 1)

    def swap(self, a: torch.Tensor, b: torch.Tensor, layers: Sequence[int]) -> torch.Tensor:
        """Codes of a with those of b in the given layers; a generator without layers keeps a."""
        mixed = a.clone()
        if self.styled:
            mixed[:, list(layers)] = b[:, list(layers)]
        return mixed

    def walk(self, a: int, b: int, frames: int, truncation: float, sliders=()) -> torch.Tensor:
        """Pictures on the great circle from cat a to cat b, (frames, 3, 64, 64) in [0, 1]."""
        start, end = self.latents([a, b])
        steps = torch.linspace(0, 1, frames)
        z = torch.stack([slerp(start, end, float(t)) for t in steps])
        return self.draw(self.codes(z, truncation, sliders))

    def scores(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1] -> the discriminator's logits (N,), float32.

        Raises:
            ValidationError: this generator has no discriminator.
        """
        if self.discriminator is None:
            raise ValidationError("no_discriminator", title=self.spec.title)
        return self.discriminator(self._shown(pictures))

    def _shown(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures in [0, 1] as networks take them."""
        return (pictures * 2 - 1).to(self.placement.device, self.placement.dtype)

    @torch.inference_mode()
    def judge(self, picture: torch.Tensor, patch: int = 16, stride: int = 8) -> Verdict:
        """The discriminator's verdict on a picture (1, 3, 64, 64) in [0, 1].

        The heat map is occlusion sensitivity (Zeiler & Fergus 2014): a patch in the picture's mean
        colour covers one place after another; where the score falls, the patch hid what made the
        picture look real, where it rises, what gave it away.
        """
        offsets = range(stride - patch, SIDE, stride)
        mean = picture.mean((2, 3), keepdim=True)
        covered, masks = [picture], []
        for top in offsets:
            for left in offsets:
                mask = torch.zeros(1, 1, SIDE, SIDE)
                mask[..., max(top, 0) : top + patch, max(left, 0) : left + patch] = 1
                covered.append(torch.where(mask.bool(), mean, picture))
                masks.append(mask)
        scores = torch.cat([self.scores(part) for part in torch.cat(covered).split(SHEET)]).cpu()
        masks = torch.cat(masks)[:, 0]
        fall = scores[0] - scores[1:]
        heat = (masks * fall[:, None, None]).sum(0) / masks.sum(0)
        score = float(scores[0])
        return Verdict(score, 1 / (1 + math.exp(-score)), heat)

    @torch.inference_mode()
    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1] -> the mean of the VAE's q(z | x), (N, latent).

        Raises:
            ValidationError: this generator has no encoder.
        """
        if self.encoder is None:
            raise ValidationError("no_encoder", title=self.spec.title)
        mean, _ = self.encoder(self._shown(pictures))
        return mean

    def reconstruct(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1] through the VAE's code and back, with z = its mean."""
        return self.draw(self.encode(pictures)[:, None])

    @torch.inference_mode()
    def activations(self, codes: torch.Tensor, noise: int = 0) -> dict[str, torch.Tensor]:
        """What every step of the generator made of one cat, by name: (1, C, h, h), in order."""
        seen: dict[str, torch.Tensor] = {}
        self._synthesize(codes, noise, _keep(seen))
        return seen

    @torch.inference_mode()
    def judged_activations(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """What every step of the discriminator made of a picture (1, 3, 64, 64) in [0, 1]."""
        seen: dict[str, torch.Tensor] = {}
        self.discriminator(self._shown(picture), _keep(seen))
        return seen


def _keep(seen: dict[str, torch.Tensor]):
    def look(step: str, value: torch.Tensor) -> None:
        seen[step] = value.float().clone()  # later steps work in place

    return look


def slerp(a: torch.Tensor, b: torch.Tensor, t: float) -> torch.Tensor:
    """Spherical interpolation between vectors a and b, (latent,); exactly a at t = 0 and b at 1.

    sin((1 - t) o) / sin o a + sin(t o) / sin o b with o the angle between them (Shoemake 1985;
    White 2016). A straight line would pass through shorter vectors, which the generator never saw:
    in d dimensions N(0, I) lives near the sphere of radius sqrt(d).
    """
    if t in (0.0, 1.0):
        return a.clone() if t == 0 else b.clone()
    cosine = F.cosine_similarity(a, b, dim=0).clamp(-1, 1)
    angle = torch.acos(cosine)
    if angle < 1e-4:
        return torch.lerp(a, b, t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def check(seed=0, truncation=1.0, count=1, sliders=()) -> tuple[int, float, int, list[float]]:
    """The arguments of a sheet, each in its range.

    Raises:
        ValidationError: seed not a whole number in 0..2^31 - 1 - 64, truncation not in 0..1.5,
            count not in 1..64, or a slider not in -3..3.
    """
    return (
        whole_number("seed", seed, 0, MAX_SEED - MAX_COUNT),
        number("truncation", truncation, 0, MAX_TRUNCATION),
        whole_number("count", count, 1, MAX_COUNT),
        [number(f"d{i}", value, -MAX_SHIFT, MAX_SHIFT) for i, value in enumerate(sliders, 1)],
    )


def load(spec: GanSpec, device: torch.device, progress=None) -> Gan:
    """The generator that `spec` describes, from its weight file.

    Raises:
        ValidationError: the file is missing or damaged.
    """
    tensors = weights.load(spec.name)
    make_generator, make_discriminator = NETWORKS[spec.kind]

    def part(name: str, make) -> nn.Module | None:
        if make is None:
            return None
        network = make()
        network.load_state_dict(weights.part(tensors, name))
        return network

    encoder = part("encoder", vae.Encoder) if spec.kind == "vae" else None
    return Gan(
        spec,
        part("generator", make_generator),
        part("discriminator", make_discriminator),
        tensors["directions"][:SLIDERS],
        place(depthwise=False, device=device),
        encoder,
    )
