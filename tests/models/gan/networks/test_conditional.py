"""Class-conditional networks: the projection worked out by hand, and what a label can change."""

import pytest
import torch
from torch import nn

from models.gan.networks.conditional import (
    EMBEDDING,
    ConditionalGenerator,
    ProjectionDiscriminator,
)
from models.gan.networks.dcgan import DCDiscriminator
from models.gan.networks.toy import DenseDiscriminator


class Doubling:
    """phi(x) = 2 x, psi(phi) = phi_1 - phi_2 + 1."""

    def features(self, x):
        return 2 * x

    def judge(self, features):
        return features[:, 0] - features[:, 1] + 1


class Toy(Doubling, nn.Module):
    pass


def projecting(vectors):
    network = ProjectionDiscriminator(Toy(), 2, len(vectors))
    network.embedding.weight.data = torch.tensor(vectors)
    return network


def test_the_projection_by_hand():
    network = projecting([[0.0, 0.0], [1.0, 3.0], [-1.0, 0.5]])
    x = torch.tensor([[1.0, 2.0]]).repeat(3, 1)
    # phi = (2, 4), psi = 2 - 4 + 1 = -1; v_1 phi = 2 + 12, v_2 phi = -2 + 2.
    assert network(x, torch.tensor([0, 1, 2])).tolist() == [-1, 13, -1]


def test_a_class_that_is_not_asked_for_learns_nothing():
    network = projecting([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    network(torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([0, 2])).sum().backward()
    # The gradient of a class's vector is phi of its examples.
    assert network.embedding.weight.grad.tolist() == [[2, 4], [0, 0], [6, 0]]


def test_the_slope_has_both_parts():
    """d(x, y) = 2 (1 + v_1) x_1 + 2 (v_2 - 1) x_2 + 1."""
    network = projecting([[0.5, 3.0]])
    x = torch.tensor([[1.0, 1.0]], requires_grad=True)
    network(x, torch.tensor([0])).sum().backward()
    assert x.grad.tolist() == [[3, 4]]


def test_the_generator_is_given_z_and_the_embedding_of_its_class():
    network = ConditionalGenerator(nn.Identity(), 2)
    assert network.embedding.weight.shape == (2, EMBEDDING)
    z = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    made = network(z, torch.tensor([1, 0]))
    assert made.shape == (2, 2 + EMBEDDING)
    assert torch.equal(made[:, :2], z)
    assert torch.equal(made[:, 2:], network.embedding.weight[[1, 0]])


@pytest.mark.parametrize(
    ("discriminator", "features"),
    [(DenseDiscriminator(4, 1, 28), 4), (DCDiscriminator(4, 1, 28), 8 * 49)],
)
def test_the_parts_of_a_discriminator_are_the_whole(discriminator, features):
    x = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    found = discriminator.features(x)
    assert found.flatten(1).shape == (3, features)
    assert torch.equal(discriminator.judge(found), discriminator(x))
    network = ProjectionDiscriminator(discriminator, features, 10)
    nn.init.zeros_(network.embedding.weight)
    assert torch.equal(network(x, torch.tensor([0, 5, 9])), discriminator(x))
