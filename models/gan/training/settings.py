"""What a GAN's training is set to. Importing this costs no PyTorch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from models.validation import choice, settle, switch

LOSSES = ("non_saturating", "minimax", "least_squares", "hinge", "wasserstein")
ARCHITECTURES = ("mlp", "dense", "dcgan")
MAX_RATE = 10.0
MAX_SEED = 2**31 - 1
LIMITS = {
    # name: (low, high, whole)
    "lr_d": (0, MAX_RATE, False),
    "lr_g": (0, MAX_RATE, False),
    "beta1": (0, 0.99, False),
    "batch": (4, 256, True),
    "d_steps": (1, 20, True),
    "g_steps": (1, 20, True),
    "r1": (0, 100, False),
    "penalty": (0, 100, False),
    "smoothing": (0, 0.5, False),
    "ema": (0, 0.9999, False),
    "skip_below": (0, 100, False),
    "latent": (1, 512, True),
    "width": (4, 512, True),
    "seed": (0, MAX_SEED, True),
}
# What the networks are made from; everything else can be turned while training goes on.
FIXED = ("architecture", "spectral", "latent", "width", "seed")


@dataclass(frozen=True)
class Settings:
    """All knobs of a run; the defaults suit the ring of Gaussians.

    Attributes:
        architecture: "mlp" (points in the plane), "dense" (linear layers on pictures) or "dcgan".
        loss: one of `LOSSES`, see `models.gan.training.losses`.
        lr_d, lr_g: Adam's rates; two different ones are TTUR (Heusel et al. 2017).
        beta1: Adam's momentum; its second average keeps 0.99.
        batch: real and generated examples in a step, each.
        d_steps, g_steps: steps of one network before it is the other's turn.
        r1: gamma of R1, gamma / 2 E|grad d(real)|^2 (Mescheder et al. 2018); 0 is off.
        penalty: lambda of the gradient penalty (Gulrajani et al. 2017), read by "wasserstein" only.
        spectral: the discriminator's layers have spectral norm 1 (Miyato et al. 2018).
        augment: real and generated pictures are augmented alike (Zhao et al. 2020, DiffAugment).
        smoothing: the label of real examples is 1 - smoothing (Salimans et al. 2016).
        ema: share that the generator's running average keeps at each step; 0 shows the generator.
        skip_below: the discriminator skips its step while its loss is below this; 0 never skips.
        latent: numbers in z.
        width: channels of the widest pictures' layers, or neurons of the plane's.
        seed: fixes weights and every draw.
    """

    architecture: str = "mlp"
    loss: str = "non_saturating"
    lr_d: float = 1e-3
    lr_g: float = 1e-3
    beta1: float = 0.0
    batch: int = 128
    d_steps: int = 1
    g_steps: int = 1
    r1: float = 0.1
    penalty: float = 10.0
    spectral: bool = False
    augment: bool = False
    smoothing: float = 0.0
    ema: float = 0.0
    skip_below: float = 0.0
    latent: int = 2
    width: int = 128
    seed: int = 0

    def __post_init__(self):
        choice("architecture", self.architecture, ARCHITECTURES)
        choice("loss", self.loss, LOSSES)
        for name, limits in LIMITS.items():
            settle(self, name, *limits)
        for name in ("spectral", "augment"):
            switch(name, getattr(self, name))

    def turned(self, **values) -> Settings:
        """These settings with some changed.

        Raises:
            ValidationError: a value out of range.
        """
        return replace(self, **values)

    def rebuilds(self, other: Settings) -> bool:
        """Whether going to `other` needs new networks."""
        return any(getattr(self, name) != getattr(other, name) for name in FIXED)


NAMES = tuple(field.name for field in fields(Settings))
# All but the architecture, which is chosen with the data.
KNOBS = tuple(name for name in NAMES if name != "architecture")


def cost(settings: Settings) -> float:
    """D's loss when it can't tell real from generated: where a balanced game settles.

    log 4 for the two logistic losses, 1/4 for least squares, 2 for hinge, 0 for Wasserstein.
    """
    logistic = 2 * math.log(2)
    return {"least_squares": 0.25, "hinge": 2.0, "wasserstein": 0.0}.get(settings.loss, logistic)
