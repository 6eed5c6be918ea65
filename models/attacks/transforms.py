"""Whether an attack survives when its picture is saved, resized, blurred or changed otherwise.

A transform takes a picture (1, 3, H, W) in [0, 1] and gives one of the same shape and range.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

from models import images
from models.attacks.evaluation import Network
from models.attacks.settings import JpegSettings

NOISE = 8.0  # standard deviation, in grey levels
FOOLS, CURED, NEITHER = "fools", "cured", "neither"

Transform = Callable[[torch.Tensor], torch.Tensor]


def compress(picture: torch.Tensor, kind: str, quality: int) -> torch.Tensor:
    """The picture after a lossy file ("JPEG" or "WEBP") of quality 1 to 95.

    Raises:
        ValidationError: the quality is no whole number in that range.
    """
    quality = JpegSettings.described()["quality"].checked(quality)
    stream = io.BytesIO()
    images.to_image(picture).save(stream, kind, quality=quality)
    return images.to_tensor(Image.open(stream).convert("RGB"), picture.device)


def reduce_depth(picture: torch.Tensor, bits: int) -> torch.Tensor:
    """Each value at the nearest of 2^bits levels (with few bits: feature squeezing, Xu et al.
    2018)."""
    top = float(2**bits - 1)
    return (picture * top).round() / top


def halve(picture: torch.Tensor) -> torch.Tensor:
    """Half the size and back."""
    small = F.interpolate(picture, scale_factor=0.5, mode="bicubic", antialias=True)
    return F.interpolate(small, picture.shape[2:], mode="bicubic").clamp(0, 1)


def blur(picture: torch.Tensor) -> torch.Tensor:
    """A Gaussian blur of one pixel."""
    blurred = images.to_image(picture).filter(ImageFilter.GaussianBlur(1))
    return images.to_tensor(blurred, picture.device)


def add_noise(picture: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """Gaussian noise of 8 grey levels, the same for the same seed, cut to [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(picture.shape, generator=generator).to(picture.device)
    return (picture + NOISE / 255 * noise).clamp(0, 1)


TRANSFORMS: dict[str, Transform] = {
    "none": lambda picture: picture,
    "bits8": partial(reduce_depth, bits=8),
    "bits4": partial(reduce_depth, bits=4),
    "jpeg95": partial(compress, kind="JPEG", quality=95),
    "jpeg75": partial(compress, kind="JPEG", quality=75),
    "jpeg50": partial(compress, kind="JPEG", quality=50),
    "jpeg30": partial(compress, kind="JPEG", quality=30),
    "webp75": partial(compress, kind="WEBP", quality=75),
    "half": halve,
    "blur": blur,
    "noise": add_noise,
    "flip": lambda picture: picture.flip(3),
}


@dataclass(frozen=True)
class TransformVerdict:
    """What the network says after one transform.

    Attributes:
        transform: its name.
        clean: (class, probability) of the clean picture.
        adversarial: the same of the attacked one.
        outcome: of the attacked one, see `outcome`.
        pictures: (2, 3, H, W), both after the transform.
    """

    transform: str
    clean: tuple[int, float]
    adversarial: tuple[int, float]
    outcome: str
    pictures: torch.Tensor


@torch.no_grad()
def evaluate_transforms(
    network: Network,
    clean: torch.Tensor,
    adversarial: torch.Tensor,
    target: int | None = None,
    transforms: Mapping[str, Transform] = TRANSFORMS,
) -> list[TransformVerdict]:
    """What the network says of both pictures after every transform.

    Args:
        network: pictures (N, 3, H, W) in [0, 1] -> logits (N, K).
        clean, adversarial: (1, 3, H, W) in [0, 1].
        target: the class that the attack wanted; None: any but the network's prediction for the
            clean, untransformed picture.
    """
    adversarial = adversarial.to(clean.device)
    label = int(network(clean).argmax(1))
    verdicts = []
    for name, transform in transforms.items():
        pair = torch.cat([transform(clean), transform(adversarial)])
        best, classes = network(pair).softmax(1).max(1)
        first, second = zip(classes.tolist(), best.tolist(), strict=True)
        ended = outcome(second[0], label, target)
        verdicts.append(TransformVerdict(name, first, second, ended, pair))
    return verdicts


def outcome(predicted: int, label: int, target: int | None) -> str:
    """How an attack ended.

    Returns:
        "fools" (the target is predicted; without one, any class but the label), "cured" (the label
        is predicted), or "neither" (there is a target, and something else is predicted).
    """
    if predicted == target or (target is None and predicted != label):
        return FOOLS
    return CURED if predicted == label else NEITHER
