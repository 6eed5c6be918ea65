"""DCGAN for 64 x 64 pictures (Radford et al. 2015). Pictures are (N, 3, 64, 64) in [-1, 1]."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from models.style_gan import Look, unseen

LATENT = 100
WIDTH = 64


def _start(module: nn.Module) -> None:
    """The paper's initial weights: deviation 0.02 (batch norm's gain around 1)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


class DCGenerator(nn.Module):
    """z (N, 100) ~ N(0, I) -> pictures (N, 3, 64, 64), by five transposed convolutions.

    Channels 512, 256, 128, 64, 3 at 4, 8, 16, 32, 64 px; batch norm and ReLU between, tanh last.
    """

    def __init__(self, width: int = WIDTH):
        super().__init__()
        widths = (8 * width, 4 * width, 2 * width, width)
        self.convs = nn.ModuleList([nn.ConvTranspose2d(LATENT, widths[0], 4, bias=False)])
        for before, after in zip(widths, (*widths[1:], 3), strict=True):
            self.convs.append(nn.ConvTranspose2d(before, after, 4, 2, 1, bias=after == 3))
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in widths)
        self.apply(_start)

    def forward(self, z: torch.Tensor, look: Look = unseen) -> torch.Tensor:
        x = z[:, :, None, None].contiguous(memory_format=torch.channels_last)
        look("start", x)
        for index, conv in enumerate(self.convs):
            x = conv(x)
            look(f"{index}.conv", x)
            if index < len(self.norms):
                x = F.relu(self.norms[index](x))
                look(f"{index}.activate", x)
        return x.tanh()


class DCDiscriminator(nn.Module):
    """Pictures (N, 3, 64, 64) -> logits (N,): the generator's layers the other way round.

    Strided convolutions with 64, 128, 256, 512 channels at 32, 16, 8, 4 px, leaky ReLU, batch norm
    from the second on; a last convolution takes the 4 x 4 map to one number.
    """

    def __init__(self, width: int = WIDTH):
        super().__init__()
        widths = (width, 2 * width, 4 * width, 8 * width)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1, bias=index == 0)
            for index, (before, after) in enumerate(zip((3, *widths), widths, strict=False))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in widths[1:])
        self.verdict = nn.Conv2d(widths[-1], 1, 4)
        self.apply(_start)

    def forward(self, x: torch.Tensor, look: Look = unseen) -> torch.Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        for index, conv in enumerate(self.convs):
            x = conv(x)
            if index:
                x = self.norms[index - 1](x)
            look(f"{index}.conv", x)
            x = F.leaky_relu(x, 0.2)
            look(f"{index}.activate", x)
        return self.verdict(x).flatten().float()
