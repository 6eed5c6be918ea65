"""The settings of explanations. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models.registry import CLASSIFIERS, DEFAULT_BACKBONE
from models.validation import Settings, setting

METHODS = ("cam", "integrated_gradients", "occlusion", "smoothgrad")
BASELINES = {"grey": 0.5, "black": 0.0, "white": 1.0}
UNSIGNED = ("smoothgrad",)  # say where a change matters, not which way
MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class ExplanationSettings(Settings):
    """Which explanation of a classifier; each setting names the methods that read it."""

    class_name: str | None = setting(
        None,
        'the class of the network whose evidence is looked for, such as "tiger cat"; leave it out '
        "for the network's own verdict",
        page_default="", key="see.class",
    )  # fmt: skip
    model: str = setting(DEFAULT_BACKBONE, "the network that is explained", choices=CLASSIFIERS)
    method: str = setting(
        "cam",
        "the last feature maps, weighed by what the class makes of them (Zhou et al. 2016, "
        "Selvaraju et al. 2017), the gradients on the way from a plain picture (Sundararajan et "
        "al. 2017), a patch that is moved over the picture (Zeiler & Fergus 2014), or the mean "
        "gradient under noise (Smilkov et al. 2017); in this order",
        choices=METHODS, choice_key="see.method",
    )  # fmt: skip
    baseline: str = setting(
        "grey",
        "the plain colour that stands for nothing to see (integrated_gradients, occlusion, and the "
        "deletion curve)",
        choices=tuple(BASELINES), choice_key="see.baseline", key="see.baseline",
    )  # fmt: skip
    path_steps: int = setting(
        32, "points on the straight way from the plain picture (integrated_gradients)",
        low=1, high=512, slider_high=128, step=1,
        formula=r"\phi_i=\frac{x_i-b_i}{m}\sum_{k=1}^m\partial_iz_c"
        r"\left(b+\tfrac{k-1/2}{m}(x-b)\right)",
    )  # fmt: skip
    window: float = setting(
        0.2, "the side of the covering square as a share of the picture's; it moves by half of it "
        "(occlusion)",
        low=0.05, high=1, slider_high=0.5, step=0.05,
        formula=r"\phi_i=\mathrm{mean}_{W\ni i}\;z_c(x)-z_c(x_{W\leftarrow b})",
    )  # fmt: skip
    samples: int = setting(
        16, "noisy copies whose gradients are averaged (smoothgrad)",
        low=1, high=256, slider_high=64, step=1, key="see.samples",
        formula=r"\phi=\max_{rgb}\left|\tfrac1n\textstyle\sum_n\nabla z_c(x+\sigma u_n)\right|",
    )  # fmt: skip
    noise: float = setting(
        0.15, "standard deviation of the noise, with colours from 0 to 1 (smoothgrad)",
        low=0, high=1, slider_high=0.5, step=0.05, key="see.noise",
    )  # fmt: skip
    seed: int = setting(0, "fixes the noise (smoothgrad)", low=0, high=MAX_SEED)
