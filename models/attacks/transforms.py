"""What becomes of an attack when its picture is saved, sent and shown, as pictures are.

A treatment takes a picture (1, 3, H, W) in [0, 1] and gives one of the same shape and range.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

from models import images
from models.attacks.evaluation import Network
from models.validation import whole_number

MIN_QUALITY, MAX_QUALITY = 1, 95
NOISE = 8.0
FOOLS, CURED, BOTH_WRONG = "fools", "cured", "neither"

Treatment = Callable[[torch.Tensor], torch.Tensor]


def saved(picture: torch.Tensor, kind: str, quality: int) -> torch.Tensor:
    """The picture after a lossy file ("JPEG" or "WEBP") of quality 1 to 95.

    Raises:
        ValidationError: the quality is no whole number in that range.
    """
    quality = whole_number("quality", quality, MIN_QUALITY, MAX_QUALITY)
    stream = io.BytesIO()
    images.to_image(picture).save(stream, kind, quality=quality)
    return images.to_tensor(Image.open(stream).convert("RGB"), picture.device)


def rounded(picture: torch.Tensor, bits: int) -> torch.Tensor:
    """Each value at the nearest of 2^bits levels (with few bits: feature squeezing, Xu et al.
    2018)."""
    top = 2**bits - 1
    return (picture * top).round() / top


def halved(picture: torch.Tensor) -> torch.Tensor:
    """Half the size and back."""
    small = F.interpolate(picture, scale_factor=0.5, mode="bicubic", antialias=True)
    return F.interpolate(small, picture.shape[2:], mode="bicubic").clamp(0, 1)


def blurred(picture: torch.Tensor) -> torch.Tensor:
    """A Gaussian blur of one pixel."""
    shown = images.to_image(picture).filter(ImageFilter.GaussianBlur(1))
    return images.to_tensor(shown, picture.device)


def noisy(picture: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """Gaussian noise of 8 grey levels, always the same, cut to [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(picture.shape, generator=generator).to(picture.device)
    return (picture + NOISE / 255 * noise).clamp(0, 1)


TREATMENTS: dict[str, Treatment] = {
    "none": lambda picture: picture,
    "bits8": partial(rounded, bits=8),
    "bits4": partial(rounded, bits=4),
    "jpeg95": partial(saved, kind="JPEG", quality=95),
    "jpeg75": partial(saved, kind="JPEG", quality=75),
    "jpeg50": partial(saved, kind="JPEG", quality=50),
    "jpeg30": partial(saved, kind="JPEG", quality=30),
    "webp75": partial(saved, kind="WEBP", quality=75),
    "half": halved,
    "blur": blurred,
    "noise": noisy,
    "flip": lambda picture: picture.flip(3),
}


@dataclass(frozen=True)
class Verdict:
    """What the network says after one treatment.

    Attributes:
        treatment: its name.
        clean: (class, probability) of the clean picture.
        adversarial: the same of the attacked one.
        outcome: of the attacked one: "fools" (the target is seen; without one, anything but the
            label), "cured" (the label is seen), or "neither" (a target was wanted; something else
            is seen).
        pictures: (2, 3, H, W), both after the treatment.
    """

    treatment: str
    clean: tuple[int, float]
    adversarial: tuple[int, float]
    outcome: str
    pictures: torch.Tensor


@torch.no_grad()
def survival(
    network: Network,
    clean: torch.Tensor,
    adversarial: torch.Tensor,
    target: int | None = None,
    treatments: dict[str, Treatment] = TREATMENTS,
) -> list[Verdict]:
    """Treats both pictures in every way and asks the network.

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K).
        clean, adversarial: (1, 3, H, W) in [0, 1].
        target: the class that the attack wanted; None: anything but the network's verdict on the
            clean, untreated picture.
    """
    adversarial = adversarial.to(clean.device)
    label = int(network(clean).argmax(1))
    verdicts = []
    for name, treatment in treatments.items():
        pair = torch.cat([treatment(clean), treatment(adversarial)])
        best, found = network(pair).softmax(1).max(1)
        seen = list(zip(found.tolist(), best.tolist(), strict=True))
        verdicts.append(Verdict(name, *seen, outcome(seen[1][0], label, target), pair))
    return verdicts


def outcome(seen: int, label: int, target: int | None) -> str:
    """How an attack ended, from the class that is seen; see `Verdict.outcome`."""
    if seen == target or (target is None and seen != label):
        return FOOLS
    return CURED if seen == label else BOTH_WRONG
