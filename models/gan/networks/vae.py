"""A small convolutional variational autoencoder for 64 x 64 pictures (Kingma & Welling 2014).

Pictures are (N, 3, 64, 64) in [-1, 1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from models.gan.networks.layers import Recorder, no_recorder

LATENT = 128
CHANNELS = (32, 64, 128, 256)


class Encoder(nn.Module):
    """Pictures -> mean and log-variance of q(z | x), each (N, 128).

    Args:
        outputs: numbers of `code`, if another network is to be trained on the same convolutions.
    """

    def __init__(self, outputs: int = 2 * LATENT) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1)
            for before, after in zip((3, *CHANNELS), CHANNELS, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in CHANNELS)
        self.out = nn.Linear(CHANNELS[-1] * 16, outputs)

    def code(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures -> what the last layer gives, (N, outputs), float32."""
        x = x.contiguous(memory_format=torch.channels_last)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x)), 0.2)
        code: torch.Tensor = self.out(x.flatten(1)).float()
        return code

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = self.code(x).chunk(2, 1)
        return mean, log_variance


class Decoder(nn.Module):
    """z (N, 128) -> pictures: a linear layer to 4 x 4, then four upsampled convolutions."""

    def __init__(self) -> None:
        super().__init__()
        widths = tuple(reversed(CHANNELS))
        outputs = (*widths[1:], widths[-1])
        self.start = nn.Linear(LATENT, widths[0] * 16)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, 1, 1) for before, after in zip(widths, outputs, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in outputs)
        self.rgb = nn.Conv2d(widths[-1], 3, 3, 1, 1)

    def forward(self, z: torch.Tensor, record: Recorder = no_recorder) -> torch.Tensor:
        x = self.start(z).view(len(z), -1, 4, 4).contiguous(memory_format=torch.channels_last)
        record("start", x)
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.interpolate(x, scale_factor=2.0)
            record(f"{index}.double", x)
            x = conv(x)
            record(f"{index}.conv", x)
            x = F.leaky_relu(norm(x), 0.2)
            record(f"{index}.activate", x)
        picture: torch.Tensor = self.rgb(x)
        return picture.tanh()
