"""Adaptive discriminator augmentation (Karras et al. 2020, ADA).

Real and generated pictures are changed in the same random ways before the discriminator, with
gradients passing through. The probability p of each change follows how far the discriminator
overfits: r = E[sign d(real)] is kept near 0.6. Nothing here waits for the device.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

TARGET = 0.6
# p takes this many real pictures from 0 to 1.
IMAGES = 500_000
# r is a running mean over about so many steps.
STEPS = 8
# Deviations: rotation in radians, scale in powers of two, shift in shares of the side.
ROTATION, SCALE, SHIFT = math.radians(10), 0.2, 0.06
BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0


class Adaptive:
    """Changes pictures with probability p, and adapts p.

    Args:
        most: largest p.
        device: where pictures and random numbers are.
    """

    # Departure from Karras et al.: one affine sampling without their filters, small rotations
    # only, mirroring left to the data; no hue or luma flips. Integer shifts are DiffAugment's.
    def __init__(self, most: float, device: torch.device):
        self.most, self.device = most, device
        self.p = torch.zeros((), device=device)
        self.indicator = torch.zeros((), device=device)

    def adapt(self, scores: torch.Tensor) -> None:
        """One step of p by the logits (N,) of real pictures, in place."""
        self.indicator.lerp_(scores.detach().float().sign().mean(), 1 / STEPS)
        direction = (self.indicator - TARGET).sign()
        self.p.add_(direction * (len(scores) / IMAGES)).clamp_(0, self.most)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures (N, C, H, W) in [-1, 1], changed; the result may leave that range."""
        return self._color(self._move(x)) if self.most else x

    def _drawn(self, count: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Normal numbers (count, N), those of changes that are not made being 0; which are made."""
        made = torch.rand(count, n, device=self.device) < self.p
        return torch.randn(count, n, device=self.device) * made, made

    def _move(self, x: torch.Tensor) -> torch.Tensor:
        n, _, h, w = x.shape
        (turn, size, right, down), made = self._drawn(4, n)
        turn, size = turn * ROTATION, torch.exp2(size * SCALE)
        cos, sin = (size * turn.cos())[:, None, None], (size * turn.sin())[:, None, None]
        right, down = (2 * SHIFT * shift[:, None, None] for shift in (right, down))
        across = ((torch.arange(w, device=self.device) * 2 + 1) / w - 1)[None, None, :]
        along = ((torch.arange(h, device=self.device) * 2 + 1) / h - 1)[None, :, None]
        grid = torch.stack(
            [cos * across - sin * along + right, sin * across + cos * along + down], -1
        )
        moved = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        # Resampling blurs: unchanged pictures are taken as they are.
        return torch.where(made.any(0)[:, None, None, None], moved, x)

    def _color(self, x: torch.Tensor) -> torch.Tensor:
        drawn, _ = self._drawn(3, len(x))
        brightness, contrast, saturation = drawn[:, :, None, None, None]
        x = (x + brightness * BRIGHTNESS) * torch.exp2(contrast * CONTRAST)
        return torch.lerp(x.mean(1, keepdim=True), x, torch.exp2(saturation * SATURATION))
