"""What the tests marked `gpu` share: networks with random weights, and how far results differ.

Networks that are at hand with trained weights are loaded, others get random ones: on a machine
without a network the same computations run.
"""

from functools import lru_cache

import pytest
import torch
from torch import nn

from models import registry, weights
from models.backbones.backbone import Backbone
from models.classifiers import pet_classifier
from models.device import Placement, place
from models.registry import BackboneSpec
from models.validation import ValidationError

CPU = torch.device("cpu")
EXACT = Placement(CPU, torch.float32, torch.channels_last, "what the others are compared with")


@lru_cache(maxsize=2)
def _state(name: str) -> dict[str, torch.Tensor]:
    """Weights in He's scale, and lively batch norm statistics: activations keep their size."""
    rng, state = torch.Generator().manual_seed(0), {}
    for key, value in _bare(registry.backbone(name)).state_dict().items():
        if value.dim() > 1:
            fan_in = value[0].numel()
            value = torch.randn(value.shape, generator=rng) * (2 / fan_in) ** 0.5
        elif key.endswith("running_var"):
            value = 0.75 + torch.rand(value.shape, generator=rng)
        elif key.endswith("bias") or key.endswith("running_mean"):
            value = 0.1 * torch.randn(value.shape, generator=rng)
        elif key.endswith("weight"):
            value = 0.5 + torch.rand(value.shape, generator=rng) / 2
        else:
            value = torch.zeros(value.shape, dtype=value.dtype)
        state[key] = value
    return state


def _bare(spec: BackboneSpec) -> nn.Module:
    """The network of `spec` without weights; they take no time."""
    import timm
    import torchvision

    with torch.device("meta"):
        if spec.source == "wheel":
            return timm.create_model(f"tf_{spec.name}")
        return torchvision.models.get_model(spec.name, weights=None)


def backbone(name: str, at: Placement | torch.device) -> Backbone:
    """The network with random weights, the same for every placement; a device has its usual one."""
    spec = registry.backbone(name)
    network = _bare(spec)
    copied = {key: value.clone() for key, value in _state(name).items()}
    network.load_state_dict(copied, assign=True)
    at = at if isinstance(at, Placement) else place(spec.depthwise, at)
    return Backbone(spec, network, at)


def loaded(name: str, at: torch.device):
    """A pet classifier from its weight file, on a backbone with random weights if it has to be."""
    spec = registry.pet_classifier(name)
    needs(name)
    return pet_classifier.load(spec, backbone(spec.backbone, at))


def needs(*names: str) -> None:
    """Skips the test if one of these weight files is not at hand."""
    for name in names:
        try:
            weights.content(name)
        except ValidationError as error:
            pytest.skip(f"needs weights/: {error}")


def classifier(at: torch.device):
    """The robust pet classifier; where its file is not at hand, a Lite0 with random weights."""
    try:
        weights.content("pets_lite0_robust")
    except ValidationError:
        return backbone("efficientnet_lite0", at)
    return loaded("pets_lite0_robust", at)


def tolerance(dtype: torch.dtype) -> tuple[float, float]:
    """How far (activations, gradients) may differ, as `difference` counts.

    Measured on a CPU, bfloat16 against float32: up to 0.009 and 0.15. A value near 0 may lie on the
    other side of a ReLU, which turns its gradient on or off.
    """
    return (0.02, 0.25) if dtype == torch.bfloat16 else (1e-4, 0.01)


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    """|found - expected| / |expected|, Euclidean."""
    found, expected = found.detach().cpu().double(), expected.detach().cpu().double()
    assert found.shape == expected.shape
    assert found.isfinite().all()
    return float((found - expected).norm() / expected.norm().clamp_min(1e-12))
