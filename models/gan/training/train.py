"""`models.train_gan`: a whole training in one call."""

from __future__ import annotations

from typing import Any

from models.device import pick
from models.gan.training import data as training_data
from models.gan.training import presets
from models.gan.training.data import Data
from models.gan.training.trainer import Trainer


def train_gan(
    data: str | Data = "ring",
    steps: int = 2000,
    architecture: str | None = None,
    device: str = "auto",
    **settings: Any,
) -> Trainer:
    """Trains a GAN from scratch and gives its trainer, which can draw samples and go on.

        trainer = models.train_gan("ring", steps=2000)
        trainer.snapshot().samples  # (1024, 2) points; pictures: (16, C, side, side) in [-1, 1]

    Args:
        data: "ring", "grid", "moons" or "line" (points in the plane), "digits", "few" (of them) or
            "mnist"; or `Data` of one's own, such as `models.gan.training.data.own(pictures)`.
        steps: rounds of both networks. Ends sooner if training diverges (`trainer.diverged`).
        architecture: "mlp" (points), "dense" or "dcgan" (pictures); None takes the usual one.
        device: "auto", "cpu", "cuda" or "mps".
        settings: fields of `TrainingSettings`, from those that are healthy for the data.

    Raises:
        ValidationError: unknown data or device, or a setting out of range.
    """
    examples = training_data.load(data) if isinstance(data, str) else data
    chosen = presets.settings_for(examples.name, architecture).replace(**settings)
    trainer = Trainer(examples, chosen, pick(device))
    trainer.train(rounds=steps)
    return trainer
