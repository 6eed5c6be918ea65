"""A small style-based GAN for 64 x 64 pictures (Karras et al. 2019, 2020).

A mapping network turns the latent z into a style w. The synthesis network starts from a learned
4 x 4 constant and doubles its size four times; at every convolution w scales the input channels.
Pictures are (N, 3, 64, 64) in [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from models.gan.networks.layers import (
    GAIN,
    Conv2d,
    Edit,
    Linear,
    Recorder,
    leaky,
    no_edit,
    no_recorder,
    prefixed,
)
from models.gan.networks.structure import SIZES, STYLE_CHANNELS, STYLE_LAYERS

LATENT = 128


def double(x: torch.Tensor) -> torch.Tensor:
    """Twice the height and width, bilinear."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Mapping(nn.Module):
    """z (N, 128) ~ N(0, I) -> w (N, 128): z is scaled to length sqrt(128), then three layers."""

    def __init__(self, layers: int = 3):
        super().__init__()
        self.layers = nn.ModuleList(
            Linear(LATENT, LATENT, lr_multiplier=0.01, gain=GAIN) for _ in range(layers)
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers:
            w = leaky(layer(w))
        return w


class StyledConv(nn.Module):
    """One modulated convolution with noise: x (N, inputs, h, w) -> (N, outputs, h', w').

    y = leaky(sqrt(2) d * (K * (s x)) + strength noise + b), with the scales s = A(w), w (N, 128),
    per input channel and the demodulation d_o = 1 / sqrt(sum_i,k (s_i K_oik)^2) per output one.
    """

    # Departure from Karras et al. 2020: activations are scaled before and after one shared kernel
    # instead of scaling a kernel per picture: the same sum, without grouped convolutions.
    # Departure: upsampling is bilinear after the convolution, not a transposed convolution.
    def __init__(self, inputs: int, outputs: int, upsample: bool):
        super().__init__()
        self.style = Linear(LATENT, inputs, bias=1.0)
        self.conv = Conv2d(inputs, outputs, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(()))
        self.upsample = upsample
        self.squared_kernel: torch.Tensor | None = None

    def freeze(self) -> None:
        """Computes once what depends on the weights alone; for inference."""
        self.squared_kernel = self._squared_kernel()

    def _squared_kernel(self) -> torch.Tensor:
        """sum_k K_oik^2, (outputs, inputs)."""
        return (self.conv.weight * self.conv.gain).square().sum((2, 3))

    def forward(
        self,
        x: torch.Tensor,
        w: torch.Tensor,
        noise: torch.Tensor,
        record: Recorder = no_recorder,
    ) -> torch.Tensor:
        scale = self.style(w)
        squared = self._squared_kernel() if self.squared_kernel is None else self.squared_kernel
        demodulation = GAIN * (scale.square() @ squared.T + 1e-8).rsqrt()
        x = self.conv(x * scale[:, :, None, None].to(x.dtype))
        record("conv", x)
        if self.upsample:
            x = double(x)
            record("double", x)
        shift = noise * self.strength + self.bias[:, None, None]
        shift = shift.to(x.dtype, memory_format=torch.channels_last)
        x = leaky(torch.addcmul(shift, x, demodulation[:, :, None, None].to(x.dtype)))
        record("activate", x)
        return x


class ToRGB(nn.Module):
    """What x (N, inputs, h, w) adds to the picture under the style w: (N, 3, h, w)."""

    def __init__(self, inputs: int):
        super().__init__()
        self.style = Linear(LATENT, inputs, bias=1.0)
        self.conv = Conv2d(inputs, 3, kernel=1)

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        picture: torch.Tensor = self.conv(x * self.style(w)[:, :, None, None].to(x.dtype))
        return picture


class StyleGenerator(nn.Module):
    """z (N, 128) -> w (N, 128) -> pictures (N, 3, 64, 64).

    Nine styled convolutions: one at 4 px, two at each of 8, 16, 32 and 64 px. `mean` is the average
    w, towards which truncation moves.
    """

    LAYERS = STYLE_LAYERS
    mean: torch.Tensor

    def __init__(self, channels: Sequence[int] = STYLE_CHANNELS):
        super().__init__()
        self.mapping = Mapping()
        self.start = nn.Parameter(torch.randn(1, channels[0], 4, 4))
        self.convs = nn.ModuleList([StyledConv(channels[0], channels[0], upsample=False)])
        for before, after in pairwise(channels):
            self.convs.append(StyledConv(before, after, upsample=True))
            self.convs.append(StyledConv(after, after, upsample=False))
        self.rgb = nn.ModuleList(ToRGB(count) for count in channels)
        self.register_buffer("mean", torch.zeros(LATENT))

    @staticmethod
    def noise_sizes() -> tuple[int, ...]:
        """Side of the noise map of each convolution: 4, 8, 8, 16, 16, 32, 32, 64, 64."""
        return (4, *(size for size in SIZES[1:] for _ in range(2)))

    def noise(self, count: int, generator: torch.Generator | None = None) -> list[torch.Tensor]:
        """Random noise, one (count, 1, h, h) map per convolution."""
        device = generator.device if generator else self.start.device
        return [
            torch.randn(count, 1, size, size, generator=generator, device=device).to(
                self.start.device
            )
            for size in self.noise_sizes()
        ]

    def freeze(self, dtype: torch.dtype) -> None:
        """For inference: synthesis in `dtype`, mapping in float32, demodulation prepared."""
        for layer in self.modules():
            if isinstance(layer, StyledConv):
                layer.freeze()
            if isinstance(layer, StyledConv | ToRGB):
                layer.conv.to(dtype)
        self.start.data = self.start.data.to(dtype)

    def synthesize(
        self,
        styles: torch.Tensor,
        noise: Sequence[torch.Tensor],
        record: Recorder = no_recorder,
        edit: Edit = no_edit,
    ) -> list[torch.Tensor]:
        """Pictures at 4, 8, 16, 32 and 64 px, each (N, 3, h, h).

        Args:
            styles: (N, 9, 128), the w of each convolution.
            noise: from `noise`; a map with N = 1 is used for all pictures.
            record: receives the name and the result of every operation, in order.
            edit: changes what a convolution has made, before anything reads it.
        """
        x = self.start.expand(len(styles), -1, -1, -1)
        x = x.contiguous(memory_format=torch.channels_last)
        record("start", x)
        picture: torch.Tensor | None = None
        pictures: list[torch.Tensor] = []
        for index, conv in enumerate(self.convs):
            x = edit(index, conv(x, styles[:, index], noise[index], prefixed(record, str(index))))
            if index % 2 == 0:
                rgb = self.rgb[index // 2](x, styles[:, index])
                picture = rgb if picture is None else double(picture) + rgb
                pictures.append(picture)
        return pictures

    def forward(self, styles: torch.Tensor, noise: Sequence[torch.Tensor]) -> torch.Tensor:
        """Styles (N, 9, 128) -> pictures (N, 3, 64, 64)."""
        return self.synthesize(styles, noise)[-1]


class _Halve(torch.autograd.Function):
    # On a CPU several times as fast as avg_pool2d's own backward, which zeroes a buffer and then
    # adds to it.
    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        halved: torch.Tensor = F.avg_pool2d(x, 2)
        return halved

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return F.interpolate(gradient * 0.25, scale_factor=2, mode="nearest")


def halve(x: torch.Tensor) -> torch.Tensor:
    """Half the height and width, each pixel the mean of four."""
    halved: torch.Tensor = _Halve.apply(x)
    return halved


class ResidualDown(nn.Module):
    """(N, inputs, h, w) -> (N, outputs, h/2, w/2): two convolutions beside a 1 x 1 shortcut."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv0 = Conv2d(inputs, inputs, gain=GAIN)
        self.conv1 = Conv2d(inputs, outputs, gain=GAIN)
        self.skip = Conv2d(inputs, outputs, kernel=1, bias=False)

    def forward(self, x: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        # Departure from Karras et al. 2020: average pooling before the second convolution instead
        # of a blurred strided one, at a quarter of its cost.
        y = leaky(self.conv0(x))
        record("conv", y)
        y = halve(y)
        record("halve", y)
        shortcut: torch.Tensor = self.skip(halve(x))
        y = (leaky(self.conv1(y)) + shortcut) * math.sqrt(0.5)
        record("add", y)
        return y


class MinibatchStd(nn.Module):
    """Minibatch standard deviation (Karras et al. 2018): x (N, C, h, w) -> (N, C + 1, h, w).

    The new channel is the mean over features of their standard deviation within a group of
    pictures: it lets the discriminator see that all pictures look the same.
    """

    usual: torch.Tensor

    # Departure: in eval mode the channel is `usual`, its value on real pictures, so that the score
    # of a picture does not depend on the others in its batch.
    def __init__(self, group: int = 4):
        super().__init__()
        self.group = group
        self.register_buffer("usual", torch.zeros(()))

    def measure(self, x: torch.Tensor) -> torch.Tensor:
        """The deviation within each group, (groups,)."""
        n = len(x)
        group = self.group if n % self.group == 0 else n
        grouped = x.float().reshape(group, n // group, -1)
        return (grouped.var(0, correction=0) + 1e-8).sqrt().mean(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, _, h, w = x.shape
        if self.training:
            deviation = self.measure(x)
            deviation = deviation.repeat(n // len(deviation))
        else:
            deviation = self.usual.expand(n)
        return torch.cat([x, deviation.view(n, 1, 1, 1).expand(n, 1, h, w).to(x.dtype)], 1)


class StyleDiscriminator(nn.Module):
    """Pictures (N, 3, 64, 64) in [-1, 1] -> logits (N,): above 0 means "from the data"."""

    def __init__(self, channels: Sequence[int] = STYLE_CHANNELS):
        super().__init__()
        widths = tuple(reversed(channels))
        self.rgb = Conv2d(3, widths[0], kernel=1, gain=GAIN)
        self.blocks = nn.ModuleList(
            ResidualDown(before, after) for before, after in pairwise(widths)
        )
        self.spread = MinibatchStd()
        self.conv = Conv2d(widths[-1] + 1, widths[-1], gain=GAIN)
        self.hidden = Linear(widths[-1] * 16, widths[-1], gain=GAIN)
        self.verdict = Linear(widths[-1], 1)

    def forward(self, x: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        x = leaky(self.rgb(x.contiguous(memory_format=torch.channels_last)))
        record("rgb", x)
        for index, block in enumerate(self.blocks):
            x = block(x, prefixed(record, str(index)))
        x = leaky(self.conv(self.spread(x)))
        record("last", x)
        logits: torch.Tensor = self.verdict(leaky(self.hidden(x.flatten(1))))
        return logits.squeeze(1).float()
