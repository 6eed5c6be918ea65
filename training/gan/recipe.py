"""How each generator of 64 x 64 pictures is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from models.gan.networks import dcgan, stylegan


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        generator, discriminator: what makes the two networks.
        latent: numbers in z.
        data: file name of the pictures' archive.
        batch: real and generated pictures per step, each.
        lr: Adam's rate for both; betas: its averages.
        r1: gamma of R1, gamma/2 |grad d(real)|^2 (Mescheder et al. 2018), 0 for none.
        r1_every: steps between its uses, each weighted by that many (Karras et al. 2020).
        joint: real and generated pictures pass the discriminator as one batch; batch norm needs
            them apart, each with their own statistics.
        policy: DiffAugment's changes.
        ada: largest probability of the adaptive changes (see `training.gan.ada`), 0 for none.
        half_life: of the generator's running average, in images.
        mixing: share of pictures whose fine layers take their style from another z.
        aid: weight of the second discriminator's loss (see `training.aid`), 0 for none.
        aid_from: images after which it joins; until then colours are augmented too.
        cool: the last share of the run, over which the learning rate falls to a twentieth.
    """

    generator: Callable[[], nn.Module]
    discriminator: Callable[[], nn.Module]
    latent: int
    data: str = "catfaces64.zip"
    batch: int = 32
    lr: float = 2.5e-3
    betas: tuple[float, float] = (0.0, 0.99)
    r1: float = 0.3
    r1_every: int = 16
    joint: bool = True
    policy: tuple[str, ...] = ("translation",)
    ada: float = 0.3
    half_life: float = 20_000.0
    mixing: float = 0.3
    aid: float = 0.0
    aid_from: int = 0
    cool: float = 0.3

    def changed(self, settings: list[str]) -> Recipe:
        """This recipe with numbers changed, each as "name=value".

        Raises:
            ValueError: no such number.
        """
        changes = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            kind = type(getattr(self, name, None))
            if kind not in (int, float):
                raise ValueError(f"{name}: no number of the recipe")
            changes[name] = kind(value)
        return replace(self, **changes)


STYLE = Recipe(
    stylegan.StyleGenerator,
    stylegan.StyleDiscriminator,
    stylegan.LATENT,
    aid=1.0,
    aid_from=34_000,
)
RECIPES = {
    "stylegan_cats64": STYLE,
    "stylegan_kaokore64": replace(STYLE, data="kaokore64.zip", aid_from=0),
    # The paper's networks, batch and rate; mirrored and augmented data and a running average are
    # added. No aid: it pulls all cats towards few (recall 0.003 after 253,952 pictures; without it
    # 0.07 after 1,464,320 and 0.32 after 5,939,200). R1 stops the learning: batch norm makes a
    # picture's gradient depend on the others of its batch.
    "dcgan_cats64": Recipe(
        dcgan.DCGenerator,
        dcgan.DCDiscriminator,
        dcgan.LATENT,
        batch=128,
        lr=2e-4,
        betas=(0.5, 0.999),
        r1=0.0,
        joint=False,
        policy=("color", "translation", "cutout"),
        ada=0.0,
    ),
}
