"""The autoencoder's loss by hand, and its shapes."""

import torch

from models.gan.networks.vae import LATENT
from training import vae


def test_loss_by_hand():
    x, given = torch.zeros(1, 3, 1, 1), torch.full((1, 3, 1, 1), 2**0.5)
    mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2)
    # 3 * 2 / (2 * 2) + (1 + 1 - 1 - 0) / 2
    assert torch.isclose(vae.loss(x, given, mean, log_variance), torch.tensor(2.0))
    assert torch.isclose(vae.loss(x, given, mean, log_variance, beta=0), torch.tensor(1.5))


def test_the_perfect_code_costs_nothing():
    x = torch.zeros(2, 3, 4, 4)
    assert vae.loss(x, x, torch.zeros(2, 5), torch.zeros(2, 5)) == 0


def test_shapes():
    network = vae.VAE().eval()
    given, mean, log_variance = network(torch.zeros(2, 3, 64, 64))
    assert given.shape == (2, 3, 64, 64)
    assert mean.shape == log_variance.shape == (2, LATENT)
