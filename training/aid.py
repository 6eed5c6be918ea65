"""A second judge that looks through a pretrained network (Kumari et al. 2022, Vision-aided GAN).

On 16,000 pictures a discriminator takes long to learn what an eye is; one that reads the frozen
features of an ImageNet network starts from there. It only helps in training and is not shipped.
EfficientNet-Lite2 is used and never Lite0, whose features the Frechet distance is measured in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from models import registry
from models.backbones import backbone

BACKBONE = "efficientnet_lite2"
LAYERS = ("blocks.1", "blocks.2", "blocks.4", "blocks.6")
WIDTH = 64


class Aid(nn.Module):
    """Pictures (N, 3, 64, 64) in [-1, 1] -> four maps of logits, at strides 4 to 32.

    Args:
        real: a batch of training pictures that fixes the features' scales.
    """

    # Departure from Kumari et al.: the hinge loss and spectral normalisation of Projected GANs
    # (Sauer et al. 2021), without its random projections.
    def __init__(self, real: torch.Tensor):
        super().__init__()
        self.backbone = backbone.load(registry.backbone(BACKBONE), torch.device("cpu"))
        features = self.look(real)
        self.scales = [1 / f.std((0, 2, 3), keepdim=True).clamp_min(1e-3) for f in features]
        self.means = [f.mean((0, 2, 3), keepdim=True) for f in features]
        self.heads = nn.ModuleList(self._head(f.shape[1]) for f in features)

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
        return self.backbone.features(pictures * 0.5 + 0.5, LAYERS)

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
