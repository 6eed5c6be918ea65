"""One pair of small networks that reaches 32 px in two ways.

Progressive growing (Karras et al. 2018): one picture, of the side reached so far; a new side is
faded in. Multi-scale gradients (MSG-GAN, Karnewar and Wang 2020): pictures of every side at once,
and a discriminator that looks at all of them.

Both use the same blocks of the same channels: two 3 x 3 convolutions at each side of 4, 8, 16 and
32 px, with leaky ReLU, equalised learning rate and, in the generator, pixel norm. Pictures are
(N, C, side, side), near [-1, 1].
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from models.gan.networks.layers import GAIN, Conv2d, Linear, leaky
from models.gan.networks.stylegan import MinibatchStd, halve
from models.gan.training.progressive_schedule import LAST, SIDES

CHANNELS = (64, 64, 32, 16)
LATENT = 64


def double(x: torch.Tensor) -> torch.Tensor:
    """Twice the height and width; each pixel becomes four."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def pixel_norm(x: torch.Tensor) -> torch.Tensor:
    """x / sqrt(mean over channels of x^2), at every pixel by itself (Karras et al. 2018)."""
    length = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x * (x.shape[1] ** 0.5 / (length + 1e-4))


def fitted(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 (N, C, side, side) -> (N, C, 32, 32): smaller ones get a black frame.

    Raises:
        ValueError: larger than 32 px.
    """
    side = pictures.shape[-1]
    if side > SIDES[LAST]:
        raise ValueError(f"pictures of {side} px; this race ends at {SIDES[LAST]}")
    before = (SIDES[LAST] - side) // 2
    after = SIDES[LAST] - side - before
    return F.pad(pictures, (before, after, before, after))


def pyramid(pictures: torch.Tensor) -> list[torch.Tensor]:
    """Pictures (N, C, 32, 32) at every side, smallest first; each pixel is the mean of four."""
    sizes = [pictures]
    for _ in range(LAST):
        sizes.insert(0, halve(sizes[0]))
    return sizes


def faded(pictures: Sequence[torch.Tensor], scale: int, alpha: float) -> torch.Tensor:
    """What a real picture looks like while side `scale` is faded in: (N, C, side, side).

    (1 - alpha) double(x_{scale - 1}) + alpha x_scale, so that the details that the generator can't
    draw yet don't give it away.

    Args:
        pictures: from `pyramid`.
    """
    if alpha == 1:
        return pictures[scale]
    return torch.lerp(double(pictures[scale - 1]), pictures[scale], alpha)


class Grow(nn.Module):
    """A block of the generator: x (N, before, h, h) -> (N, after, 2h, 2h)."""

    def __init__(self, before: int, after: int):
        super().__init__()
        self.conv0 = Conv2d(before, after, gain=GAIN)
        self.conv1 = Conv2d(after, after, gain=GAIN)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = double(pixel_norm(leaky(self.conv0(x))))
        return pixel_norm(leaky(self.conv1(x)))


class Generator(nn.Module):
    """z (N, 64) ~ N(0, I) -> pictures. z is scaled to length 8 first.

    Args:
        colours: C, 1 or 3.
    """

    def __init__(self, colours: int):
        super().__init__()
        self.start = Linear(LATENT, CHANNELS[0] * SIDES[0] ** 2, gain=GAIN / 4)
        self.conv = Conv2d(CHANNELS[0], CHANNELS[0], gain=GAIN)
        self.blocks = nn.ModuleList(map(Grow, CHANNELS, CHANNELS[1:]))
        self.to_rgb = nn.ModuleList(Conv2d(count, colours, kernel=1) for count in CHANNELS)

    def maps(self, z: torch.Tensor, scale: int = LAST) -> list[torch.Tensor]:
        """The maps at sides 0 to `scale`, before they become colours."""
        x = self.start(pixel_norm(z)).view(-1, CHANNELS[0], SIDES[0], SIDES[0])
        x = pixel_norm(leaky(x.contiguous(memory_format=torch.channels_last)))
        maps = [pixel_norm(leaky(self.conv(x)))]
        for block in self.blocks[:scale]:
            maps.append(block(maps[-1]))
        return maps

    def every(self, z: torch.Tensor, scale: int = LAST) -> list[torch.Tensor]:
        """Pictures at sides 0 to `scale`: what each map stands for by itself."""
        maps = self.maps(z, scale)
        return [paint(x) for paint, x in zip(self.to_rgb, maps, strict=False)]

    def grown(self, z: torch.Tensor, scale: int, alpha: float = 1.0) -> torch.Tensor:
        """The picture at side `scale` while it is faded in: (N, C, side, side).

        (1 - alpha) double(rgb_{scale - 1}) + alpha rgb_scale; alpha in [0, 1], and 1 at 4 px.
        """
        maps = self.maps(z, scale)
        new = self.to_rgb[scale](maps[scale])
        if alpha == 1:
            return new
        return torch.lerp(double(self.to_rgb[scale - 1](maps[scale - 1])), new, alpha)


class Shrink(nn.Module):
    """A block of the discriminator: x (N, before, h, h) -> (N, after, h/2, h/2)."""

    def __init__(self, before: int, width: int, after: int):
        super().__init__()
        self.conv0 = Conv2d(before, width, gain=GAIN)
        self.conv1 = Conv2d(width, after, gain=GAIN)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return leaky(self.conv1(halve(leaky(self.conv0(x)))))


class Verdict(nn.Module):
    """x (N, before, 4, 4) -> logits (N,); one channel more tells how alike the batch is."""

    def __init__(self, before: int, width: int):
        super().__init__()
        self.spread = MinibatchStd()
        self.conv = Conv2d(before + 1, width, gain=GAIN)
        self.dense = Linear(width * SIDES[0] ** 2, width, gain=GAIN)
        self.logit = Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = leaky(self.conv(self.spread(x)))
        return self.logit(leaky(self.dense(x.flatten(1)))).flatten()


class GrowingDiscriminator(nn.Module):
    """One picture of one side -> logits (N,)."""

    def __init__(self, colours: int):
        super().__init__()
        self.from_rgb = nn.ModuleList(
            Conv2d(colours, count, kernel=1, gain=GAIN) for count in CHANNELS
        )
        self.blocks = nn.ModuleList(map(Shrink, CHANNELS[1:], CHANNELS[1:], CHANNELS))
        self.verdict = Verdict(CHANNELS[0], CHANNELS[0])

    def forward(self, picture: torch.Tensor, scale: int, alpha: float = 1.0) -> torch.Tensor:
        """Pictures (N, C, side, side) of side `scale`, which is faded in as in the generator."""
        x = leaky(self.from_rgb[scale](picture))
        for at in range(scale, 0, -1):
            x = self.blocks[at - 1](x)
            if at == scale and alpha < 1:
                small = leaky(self.from_rgb[at - 1](halve(picture)))
                x = torch.lerp(small, x, alpha)
        return self.verdict(x)


class MultiScaleDiscriminator(nn.Module):
    """Pictures of every side at once -> logits (N,).

    The largest becomes maps; each smaller one is laid beside the maps of its side as it is, which
    is the paper's phi_simple. These C channels more are all that it has beyond the growing one,
    which has a `from_rgb` for each side instead.
    """

    def __init__(self, colours: int):
        super().__init__()
        self.from_rgb = Conv2d(colours, CHANNELS[LAST], kernel=1, gain=GAIN)
        extra = [colours] * (LAST - 1) + [0]
        self.blocks = nn.ModuleList(
            Shrink(width + more, width, after)
            for width, more, after in zip(CHANNELS[1:], extra, CHANNELS, strict=False)
        )
        self.verdict = Verdict(CHANNELS[0] + colours, CHANNELS[0])

    def forward(self, pictures: Sequence[torch.Tensor]) -> torch.Tensor:
        """Pictures (N, C, side, side) of all sides, smallest first."""
        x = leaky(self.from_rgb(pictures[LAST]))
        for at in range(LAST, 0, -1):
            x = self.blocks[at - 1](x)
            x = torch.cat([x, pictures[at - 1].to(x.dtype)], 1)
        return self.verdict(x)


def build(colours: int, every_scale: bool) -> tuple[Generator, nn.Module]:
    """(generator, discriminator), weights from PyTorch's own random numbers."""
    discriminator = MultiScaleDiscriminator if every_scale else GrowingDiscriminator
    return Generator(colours), discriminator(colours)
