"""An adversarial picture in one call, for scripts and notebooks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from models import images, store
from models.attacks.attack import attack, measure
from models.attacks.report import AttackReport
from models.attacks.settings import AttackSettings
from models.backbones.backbone import Backbone
from models.classifiers.pet_classifier import PetClassifier


@dataclass(frozen=True)
class AdversarialPicture:
    """What `adversarial` gives.

    Attributes:
        image: 8-bit RGB at the size the network is shown; to be saved without loss (PNG).
        report: measured on it.
    """

    image: Image.Image
    report: AttackReport


def adversarial(
    model: str | Backbone | PetClassifier,
    image: str | Path | Image.Image,
    target: str | None = None,
    epsilon: float = 4.0,
    *,
    device: str = "auto",
    **settings: Any,
) -> AdversarialPicture:
    """Changes a photo so slightly that nobody sees it, and so that a classifier errs.

    Args:
        model: a classifier or its name, see `models.list_models`.
        image: a path or a PIL image; its centre square is what the network is shown.
        target: the class that it should be taken for; None for anything but the network's present
            prediction.
        epsilon: the largest change of a colour value, in 1/255.
        device: as in `models.load`, for a classifier given by its name.
        settings: further fields of `AttackSettings`, such as `method="deepfool"`.

    Raises:
        ValidationError: the image can't be read, the network has no such class or already takes the
            picture for it, or a setting is out of range.
    """
    chosen = AttackSettings(target=target, epsilon=epsilon, **settings)
    network = store.load(model, device) if isinstance(model, str) else model
    clean = images.classifier_input(image, network.spec.input_size)
    start = time.perf_counter()
    for step in attack(network, clean, chosen, spec=network.spec):
        last = step
    seconds = time.perf_counter() - start
    found = last.adversarial.cpu()
    report = measure(network, clean, found, chosen, last.step, seconds, network.spec)
    return AdversarialPicture(images.to_image(found), report)
