"""The code of an inverted picture as a text: float16 numbers in base64."""

from __future__ import annotations

import base64
import binascii

import numpy as np
import torch

from models.gan.networks.stylegan import StyleGenerator
from models.gan.pretrained import PretrainedGan
from models.validation import ValidationError

BYTES = 2  # of a float16
# Along none of its directions does a generator draw anything so many deviations from its mean.
FARTHEST = 10.0


def to_text(styles: torch.Tensor) -> str:
    """w+ (layers, latent) as base64 of float16, row by row, little-endian."""
    return base64.b64encode(styles.detach().cpu().numpy().astype("<f2").tobytes()).decode()


def from_text(text: str, layers: int, latent: int) -> torch.Tensor:
    """w+ (layers, latent) float32 from what `to_text` gave.

    Raises:
        ValidationError: no base64, of another length, or with a number that is not finite.
    """
    wanted = BYTES * layers * latent
    try:
        content = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValidationError("code_unreadable", value=text) from error
    if len(content) != wanted:
        sizes = {"given": len(content), "wanted": wanted, "layers": layers, "latent": latent}
        raise ValidationError("code_length", value=text, **sizes)
    values = np.frombuffer(content, "<f2").astype(np.float32)
    if not np.isfinite(values).all():
        raise ValidationError("code_not_finite", value=text)
    return torch.from_numpy(values).view(layers, latent)


def of_generator(text: str, gan: PretrainedGan) -> torch.Tensor:
    """w+ (1, layers, latent) of a text, on the generator's device.

    Generators that were fine-tuned from one another share their codes: what is a cat to one is a
    face from a scroll to the other.

    Raises:
        ValidationError: as `from_text`; a generator that is not style-based; a code far from all
            that it draws.
    """
    if not isinstance(gan.generator, StyleGenerator):
        raise ValidationError("no_style_layers", title=gan.spec.title)
    styles = from_text(text, gan.layers, gan.latent).to(gan.directions.device)
    scale = gan.directions.square().sum(1)
    if (((styles - gan.generator.mean) @ gan.directions.T) / scale).abs().max() > FARTHEST:
        raise ValidationError("code_other_generator", value=text, title=gan.spec.title)
    return styles[None]
