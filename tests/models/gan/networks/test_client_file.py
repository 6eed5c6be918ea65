"""A generator's file for a browser: what its description says of it, and that no weight is lost."""

import json

import pytest
import torch
from safetensors.torch import load
from torch import nn

from models import registry, weights
from models.gan import pretrained
from models.gan.networks import client_file, dcgan
from models.gan.networks.stylegan import StyleGenerator


def read(content):
    """The description and the tensors of a file."""
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    return json.loads(metadata["network"]), load(content)


def unpacked(kernel, outputs, side):
    """(outputs / 8, inputs, taps, 8) -> (outputs, inputs, side, side)."""
    return kernel.permute(0, 3, 1, 2).flatten(0, 1)[:outputs].unflatten(2, (side, side))


@pytest.mark.parametrize("name", registry.GANS)
def test_the_same_weights_give_the_same_small_file(name):
    content = pretrained.client_file(registry.gan(name))
    assert content == pretrained.client_file(registry.gan(name))
    described, tensors = read(content)
    assert len(described["layers"]) == {"style": 9, "dcgan": 4, "vae": 5}[registry.gan(name).kind]
    assert tensors["directions"].shape == (8, described["latent"])
    assert len(content) < 7.3e6


def test_kernels_are_those_of_the_weight_file():
    tensors = weights.load("stylegan_cats64")
    described, found = read(pretrained.client_file(registry.gan("stylegan_cats64")))
    for index, layer in enumerate(described["layers"]):
        kernel = unpacked(found[layer["weight"]], layer["outputs"], 3).float()
        assert torch.equal(kernel, tensors[f"generator.convs.{index}.conv.weight"])
    sides = [layer["side"] * (2 if layer["after"] else 1) for layer in described["layers"]]
    assert tuple(sides) == StyleGenerator.noise_sizes()


def test_a_generator_of_another_width_is_described_as_it_is():
    network = dcgan.DCGenerator(width=16, latent=24).eval()
    described, tensors = read(client_file.pack(network, torch.zeros(8, 24)))
    shapes = [(layer["inputs"], layer["outputs"], layer["side"]) for layer in described["layers"]]
    assert shapes == [(128, 64, 8), (64, 32, 16), (32, 16, 32), (16, 3, 64)]
    assert tensors["start.weight"].shape == (128 * 16, 24)
    last = unpacked(tensors["layers.4.weight"], 3, 4)
    assert torch.equal(last, network.convs[4].weight.detach().transpose(0, 1).half())


def test_batch_norm_is_a_scale_and_a_bias():
    network = dcgan.DCGenerator(width=16, latent=24).eval()
    norm = network.norms[1]
    norm.running_mean.fill_(0.5)
    norm.running_var.fill_(4.0)
    _, tensors = read(client_file.pack(network, torch.zeros(8, 24)))
    x = torch.randn(1, 64, 2, 2)
    scale, bias = (tensors[f"layers.1.{key}"][:, None, None] for key in ("scale", "bias"))
    torch.testing.assert_close(norm(x), x * scale + bias)


def test_an_inverted_picture_comes_along_with_code_and_noise():
    network = StyleGenerator()
    styles, noise = torch.randn(9, 128), network.noise(1)
    described, tensors = read(client_file.pack(network, torch.zeros(8, 128), (styles, noise)))
    assert torch.equal(tensors[described["own"]["styles"]], styles)
    maps = [tensors[name] for name in described["own"]["noise"]]
    assert all(torch.equal(a, b.flatten()) for a, b in zip(maps, noise, strict=True))


def test_what_a_browser_can_not_draw_is_refused():
    with pytest.raises(TypeError, match="Linear"):
        client_file.pack(nn.Linear(2, 2), torch.zeros(8, 2))
    with pytest.raises(TypeError, match="starts at"):  # 7, 14 and 28 px
        client_file.pack(dcgan.DCGenerator(width=8, side=28, channels=1), torch.zeros(8, 100))
