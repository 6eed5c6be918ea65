"""The style-based networks: worked out by hand, and against the paper's formula."""

import torch
import torch.nn.functional as F

from models.gan.networks import stylegan
from models.gan.networks.stylegan import (
    MinibatchStd,
    StyledConv,
    StyleDiscriminator,
    StyleGenerator,
)

SMALL = (8, 8, 4, 4, 4)


def test_scaled_activations_are_the_papers_modulated_kernels():
    torch.manual_seed(0)
    layer = StyledConv(3, 5, upsample=False)
    x, w = torch.randn(2, 3, 6, 6), torch.randn(2, stylegan.LATENT)
    got = layer(x, w, torch.zeros(1, 1, 6, 6))
    for n in range(2):
        scale = layer.style(w)[n]
        kernel = layer.conv.weight * layer.conv.gain * scale[None, :, None, None]
        kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        plain = F.conv2d(x[n : n + 1], kernel, padding=1)
        torch.testing.assert_close(got[n : n + 1], F.leaky_relu(plain, 0.2) * 2**0.5)


def test_noise_enters_with_its_strength():
    layer = StyledConv(2, 2, upsample=False)
    layer.conv.weight.data.zero_()
    layer.strength.data.fill_(0.5)
    layer.bias.data.fill_(1.0)
    x, w = torch.zeros(1, 2, 2, 2), torch.zeros(1, stylegan.LATENT)
    noise = torch.tensor([[[[2.0, 0.0], [0.0, -4.0]]]])
    assert layer(x, w, noise)[0, 0].tolist()[0] == [2.0, 1.0]
    assert torch.allclose(layer(x, w, noise)[0, 1, 1], torch.tensor([1.0, -0.2]))


def test_shapes_and_growth():
    network = StyleGenerator(SMALL).eval()
    styles = network.mapping(torch.randn(2, stylegan.LATENT))[:, None].expand(-1, 9, -1)
    pictures = network.synthesize(styles, network.noise(1))
    assert [tuple(p.shape) for p in pictures] == [(2, 3, n, n) for n in (4, 8, 16, 32, 64)]
    assert network.noise_sizes() == (4, 8, 8, 16, 16, 32, 32, 64, 64)


def test_mapping_ignores_the_length_of_z():
    mapping = stylegan.Mapping()
    z = torch.randn(1, stylegan.LATENT)
    torch.testing.assert_close(mapping(z), mapping(7 * z))


def test_halving_and_its_gradient():
    x = torch.arange(16.0).reshape(1, 1, 4, 4).requires_grad_()
    y = stylegan.halve(x)
    assert y.flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    (gradient,) = torch.autograd.grad((y * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum(), x)
    assert gradient[0, 0, 0].tolist() == [0.25, 0.25, 0.5, 0.5]
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(stylegan.halve, x)


def test_minibatch_deviation_by_hand():
    layer = MinibatchStd(group=2)
    x = torch.tensor([0.0, 2.0]).view(2, 1, 1, 1)
    # Values 0 and 2 lie 1 from their mean.
    assert torch.allclose(layer(x)[:, 1].flatten(), torch.ones(2))
    same = torch.ones(2, 1, 1, 1)
    assert layer(same)[:, 1].max() < 1e-3


def test_a_score_does_not_depend_on_the_rest_of_the_batch():
    torch.manual_seed(0)
    discriminator = StyleDiscriminator(SMALL).eval()
    pictures = torch.rand(4, 3, 64, 64)
    torch.testing.assert_close(discriminator(pictures)[:1], discriminator(pictures[:1]))


def test_recording_changes_nothing_and_covers_every_operation():
    network = StyleGenerator(SMALL).eval()
    styles, noise = torch.randn(1, 9, stylegan.LATENT), network.noise(1)
    names = []
    recorded = network.synthesize(styles, noise, lambda name, value: names.append(name))[-1]
    assert torch.equal(recorded, network(styles, noise))
    assert names[:5] == ["start", "0.conv", "0.activate", "1.conv", "1.double"]
