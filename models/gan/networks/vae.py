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
# Standard deviation of p(x|z), on [-1, 1]. With 0.2 and 0.7 reconstructions were sharper, but
# q(z|x) so narrow that a random z lay outside of it, and samples were no faces.
DEVIATION = 2**0.5


class Encoder(nn.Module):
    """Pictures -> mean and log-variance of q(z | x), each (N, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1)
            for before, after in zip((3, *CHANNELS), CHANNELS, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in CHANNELS)
        self.out = nn.Linear(CHANNELS[-1] * 16, 2 * LATENT)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = x.contiguous(memory_format=torch.channels_last)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x)), 0.2)
        mean, log_variance = self.out(x.flatten(1)).float().chunk(2, 1)
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


class VAE(nn.Module):
    """Encoder and decoder, trained to raise the evidence lower bound."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pictures -> (reconstruction, mean, log-variance), with z drawn from q(z | x)."""
        mean, log_variance = self.encoder(x)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


def loss(
    x: torch.Tensor,
    reconstruction: torch.Tensor,
    mean: torch.Tensor,
    log_variance: torch.Tensor,
    beta: float = 1.0,
) -> torch.Tensor:
    """Negative evidence lower bound, up to a constant, averaged over the pictures.

    |x - reconstruction|^2 / (2 s^2) + beta KL(q(z|x) || N(0, I)), with a Gaussian p(x|z) of fixed
    deviation s = `DEVIATION`. The best answer to a squared error is the mean of all the pictures
    that z may stand for, which is why a VAE's pictures are blurred.
    """
    error = (x - reconstruction.float()).square().sum((1, 2, 3)) / (2 * DEVIATION**2)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
    return (error + beta * divergence).mean()
