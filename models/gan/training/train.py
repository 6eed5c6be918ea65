"""`models.train_gan`: a whole training in one call."""

from __future__ import annotations

from typing import Any

import torch

from models import weights
from models.device import pick
from models.gan.networks import dcgan
from models.gan.training import data as training_data
from models.gan.training import presets
from models.gan.training.data import Data
from models.gan.training.settings import TrainingSettings
from models.gan.training.trainer import Trainer
from models.validation import choice

# What a run that goes on from it can't choose.
PRETRAINED_SETTINGS = {"latent": dcgan.LATENT, "width": dcgan.WIDTH, "spectral": False}


def train_gan(
    data: str | Data = "ring",
    steps: int = 2000,
    architecture: str | None = None,
    device: str = "auto",
    pretrained: bool = False,
    **settings: Any,
) -> Trainer:
    """Trains a GAN and gives its trainer, which can draw samples and go on.

        trainer = models.train_gan("ring", steps=2000)
        trainer.snapshot().samples  # (1024, 2) points; pictures: (16, C, side, side) in [-1, 1]

    Args:
        data: "ring", "grid", "moons" or "line" (points in the plane), "digits", "few" (of them) or
            "mnist"; or `Data` of one's own, such as `models.gan.training.data.own(pictures)`.
        steps: rounds of both networks. Ends sooner if training diverges (`trainer.diverged`).
        architecture: "mlp" (points), "dense" or "dcgan" (pictures); None takes the usual one.
        device: "auto", "cpu", "cuda" or "mps".
        pretrained: go on from the shipped DCGAN of cats instead of from scratch; for color pictures
            of 64 px.
        settings: fields of `TrainingSettings`, from those that are healthy for the data.

    Raises:
        ValidationError: unknown data or device, a setting out of range, or pictures of another side
            than `pretrained` takes.
    """
    examples = training_data.load(data) if isinstance(data, str) else data
    start = None
    if pretrained:
        choice("side", examples.shape[-1], (presets.PRETRAINED_SIDE,))
        architecture, settings = "dcgan", settings | PRETRAINED_SETTINGS
        start = pretrained_networks()
    chosen = presets.settings_for(examples.name, architecture).replace(**settings)
    trainer = Trainer(examples, fitting(chosen) if start else chosen, pick(device), start)
    if start:
        trainer.configure(chosen)
    trainer.train(rounds=steps)
    return trainer


def pretrained_networks() -> dict[str, dict[str, torch.Tensor]]:
    """The weights of the shipped DCGAN's generator and discriminator, for `Trainer`.

    Raises:
        ValidationError: the file is missing or damaged.
    """
    tensors = weights.load(presets.PRETRAINED)
    return {part: weights.part(tensors, part) for part in ("generator", "discriminator")}


def fitting(settings: TrainingSettings) -> TrainingSettings:
    """Settings with which networks are built that the shipped weights fit: they have batch norm in
    D, which some settings leave out. What is to be trained with is configured afterwards."""
    return settings.replace(r1=0.0, r2=0.0, loss="non_saturating")
