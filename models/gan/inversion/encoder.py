"""A small encoder: a first guess of w+ in one pass."""

from __future__ import annotations

import torch
from torch import nn

from models.gan.networks import vae


class CodeEncoder(nn.Module):
    """Pictures (N, 3, 64, 64) in [0, 1] -> u (N, layers, latent), whitened w+ (see `Whitening`).

    u_l = b + o_l - mean_k o_k: one code for all layers and each layer's offset, whose mean is 0.
    The convolutions are a VAE's, on which one linear layer is put. It is trained through the frozen
    generator, as pSp is (Richardson et al. 2021, Encoding in Style).
    """

    # Departure from Richardson et al. 2021: no pyramid and no identity loss; a picture of 64 px
    # needs neither, and optimization follows.
    def __init__(self, layers: int, latent: int) -> None:
        super().__init__()
        self.layers, self.latent = layers, latent
        self.network = vae.Encoder(outputs=latent * (layers + 1))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        code = self.network.code(pictures * 2 - 1).unflatten(1, (self.layers + 1, self.latent))
        common, offsets = code[:, :1], code[:, 1:]
        return common + offsets - offsets.mean(1, keepdim=True)
