"""Backbones on a GPU against the CPU in float32."""

import pytest
import torch

from models import registry
from tests.models.gpu import EXACT, backbone, difference, tolerance

SIDE = 96


def judged(network, pictures, layers):
    """Logits, activations, and the gradient of the activations' mean squares."""
    leaf = pictures.to(network.placement.device).requires_grad_()
    maps = network.features(leaf, layers, replicate=True)
    loss = sum(layer.float().square().mean() for layer in maps)
    (gradient,) = torch.autograd.grad(loss, leaf)
    with torch.no_grad():
        return network(pictures), [layer.float() for layer in maps], gradient


@pytest.mark.gpu
@pytest.mark.parametrize("name", registry.BACKBONES)
def test_backbones_agree_with_the_cpu(name, gpu):
    spec = registry.backbone(name)
    layers = list(dict.fromkeys([*spec.style_layers, spec.content_layer, *spec.map_layers]))
    pictures = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    there = backbone(name, gpu)
    logits, maps, gradient = judged(there, pictures, layers)
    expected, expected_maps, expected_gradient = judged(backbone(name, EXACT), pictures, layers)
    within, gradient_within = tolerance(there.placement.dtype)
    assert logits.device.type == gpu.type
    assert logits.dtype == torch.float32
    far = {
        layer: apart
        for layer, a, b in zip(layers, maps, expected_maps, strict=True)
        if (apart := difference(a, b)) > within
    }
    assert not far, f"{name}: {far}"
    assert difference(logits, expected) <= within
    assert difference(gradient, expected_gradient) <= gradient_within


@pytest.mark.gpu
def test_the_same_pictures_give_the_same_bits(gpu):
    network = backbone("efficientnet_lite0", gpu)
    pictures = torch.rand(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    first, second = (judged(network, pictures, network.spec.style_layers) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[2], second[2])
