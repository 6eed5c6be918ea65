"""Trains the encoder of a generator through the frozen generator (as Richardson et al. 2021, pSp).

Half of each batch are real faces, which must come back from the generator; half are drawn ones,
whose w is known.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from models import weights
from models.gan.inversion.encoder import CodeEncoder
from models.gan.inversion.objective import FeatureDistance, Likeness, regularization
from models.gan.inversion.whitening import Whitening
from models.gan.networks.stylegan import StyleGenerator

BATCH = 6
RATES = {"trunk": 3e-4, "head": 1e-3}
BETAS = (0.9, 0.99)
WARM_UP = 50
COOL = 0.4
KNOWN_WEIGHT, KNOWN_OFFSETS_WEIGHT = 0.3, 0.3
SAVE_SECONDS = 120
REPORT_STEPS = 200


@dataclass
class Setting:
    """What an encoder is trained with: the generator in float32, its whitening, and its noise."""

    generator: StyleGenerator
    whitening: Whitening
    distance: FeatureDistance

    def __post_init__(self) -> None:
        self.noise = self.generator.noise(1, torch.Generator().manual_seed(0))

    def draw(self, u: torch.Tensor) -> torch.Tensor:
        return self.generator(self.whitening.to_w(u), self.noise) * 0.5 + 0.5


def untrained(setting: Setting) -> CodeEncoder:
    """With the convolutions of the VAE of cats; the new layer gives the mean picture."""
    encoder = CodeEncoder(setting.generator.LAYERS, len(setting.whitening.mean))
    trunk = weights.part(weights.load("vae_cats64"), "encoder")
    kept = {key: value for key, value in trunk.items() if not key.startswith("out.")}
    encoder.network.load_state_dict(kept, strict=False)
    torch.nn.init.normal_(encoder.network.out.weight, std=0.003)
    torch.nn.init.zeros_(encoder.network.out.bias)
    return encoder.eval()  # batch norm keeps its statistics


def loss(
    setting: Setting, encoder: CodeEncoder, real: torch.Tensor, w: torch.Tensor
) -> tuple[torch.Tensor, dict[str, float]]:
    """Of real faces (N, 3, 64, 64) in [0, 1], and of drawn ones, by their w (N, latent)."""
    with torch.no_grad():
        drawn = setting.draw(setting.whitening.to_u(w)[:, None].repeat(1, encoder.layers, 1))
    u = encoder(torch.cat([real, drawn.clamp(0, 1)]))
    common = u.mean(1, keepdim=True)
    offsets, common = u - common, common[:, 0]
    n = len(real)
    far = (common[n:] - setting.whitening.to_u(w)) * setting.whitening.deviations
    known = far.square().mean() + KNOWN_OFFSETS_WEIGHT * offsets[n:].square().mean()
    terms = Likeness(setting.distance, real)(setting.draw(u[:n]))
    total = (terms.likeness + regularization(common[:n], offsets[:n])).mean()
    parts = {"pixel": terms.pixel.mean(), "feature": terms.feature.mean(), "known w": known}
    return total + KNOWN_WEIGHT * known, {key: value.item() for key, value in parts.items()}


def train(
    setting: Setting, faces: torch.Tensor, w: torch.Tensor, steps: int, path: Path
) -> CodeEncoder:
    """The trained encoder; goes on from `path` if that is there.

    Args:
        faces: uint8 (N, 3, 64, 64).
        w: of drawn pictures, (M, latent).
        path: of the checkpoint.
    """
    encoder = untrained(setting)
    groups = [
        {"params": encoder.network.convs.parameters(), "lr": RATES["trunk"]},
        {"params": encoder.network.out.parameters(), "lr": RATES["head"]},
    ]
    adam = torch.optim.Adam(groups, betas=BETAS)
    done = 0
    if path.exists():
        state = torch.load(path, weights_only=True)
        encoder.load_state_dict(state["encoder"])
        adam.load_state_dict(state["adam"])
        done = state["done"]
    saved = time.time()
    sums: dict[str, float] = {}
    while done < steps:
        draws = torch.Generator().manual_seed(done)  # the same step sees the same, resumed or not
        factor = min(1.0, (done + 1) / WARM_UP, (1 - done / steps) / COOL)
        for group, rate in zip(adam.param_groups, RATES.values(), strict=True):
            group["lr"] = rate * factor
        real = faces[torch.randint(len(faces), (BATCH,), generator=draws)].float() / 255
        if torch.rand((), generator=draws) < 0.5:
            real = real.flip(3)
        known = w[torch.randint(len(w), (BATCH,), generator=draws)]
        total, parts = loss(setting, encoder, real, known)
        adam.zero_grad()
        total.backward()
        adam.step()
        done += 1
        sums = {key: sums.get(key, 0.0) + value for key, value in parts.items()}
        if done % REPORT_STEPS == 0:
            means = ", ".join(f"{key} {value / REPORT_STEPS:.4f}" for key, value in sums.items())
            print(f"{done} of {steps} steps: {means}", flush=True)
            sums = {}
        if time.time() - saved > SAVE_SECONDS or done == steps:
            state = {"encoder": encoder.state_dict(), "adam": adam.state_dict(), "done": done}
            torch.save(state, path.with_suffix(".part"))
            os.replace(path.with_suffix(".part"), path)
            saved = time.time()
    return encoder.requires_grad_(False)
