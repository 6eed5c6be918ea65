"""A small convolutional variational autoencoder for 64 x 64 pictures (Kingma & Welling 2014).

Pictures are (N, 3, 64, 64) in [-1, 1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from models.gan.networks.stylegan import Look, unseen

LATENT = 128
CHANNELS = (32, 64, 128, 256)
# Of p(x|z), on [-1, 1]. Smaller: sharper copies, but codes so narrow that a random z is no code and
# samples are no faces (tried: 0.2 and 0.7).
DEVIATION = 2**0.5


class Encoder(nn.Module):
    """Pictures -> mean and log-variance of q(z | x), each (N, 128)."""

    def __init__(self):
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
    """z (N, 128) -> pictures: a linear layer to 4 x 4, then four times doubling and convolving."""

    def __init__(self):
        super().__init__()
        widths = tuple(reversed(CHANNELS))
        self.start = nn.Linear(LATENT, widths[0] * 16)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, 1, 1)
            for before, after in zip(widths, (*widths[1:], widths[-1]), strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.out_channels) for conv in self.convs)
        self.rgb = nn.Conv2d(widths[-1], 3, 3, 1, 1)

    def forward(self, z: torch.Tensor, look: Look = unseen) -> torch.Tensor:
        x = self.start(z).view(len(z), -1, 4, 4).contiguous(memory_format=torch.channels_last)
        look("start", x)
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.interpolate(x, scale_factor=2.0)
            look(f"{index}.double", x)
            x = conv(x)
            look(f"{index}.conv", x)
            x = F.leaky_relu(norm(x), 0.2)
            look(f"{index}.activate", x)
        return self.rgb(x).tanh()


class VAE(nn.Module):
    """Encoder and decoder, trained to raise the evidence lower bound."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pictures -> (reconstruction, mean, log-variance), with z drawn from q(z | x)."""
        mean, log_variance = self.encoder(x)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


def loss(x, reconstruction, mean, log_variance, beta: float = 1.0) -> torch.Tensor:
    """Negative evidence lower bound per picture, up to a constant.

    |x - reconstruction|^2 / (2 s^2) + beta KL(q(z|x) || N(0, I)), with a Gaussian p(x|z) of fixed
    deviation s = `DEVIATION`: this square error, averaged over all the pictures that z may stand
    for, is what blurs.
    """
    error = (x - reconstruction.float()).square().sum((1, 2, 3)) / (2 * DEVIATION**2)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
    return (error + beta * divergence).mean()
