"""The settings of the attacks and defenses. Importing this does not import PyTorch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.validation import Settings, ValidationError, choice, setting, whole_number

TITLES = {
    "pgd": "PGD",
    "fgsm": "FGSM",
    "mi_fgsm": "MI-FGSM",
    "deepfool": "DeepFool",
    "carlini_wagner": "Carlini-Wagner",
    "patch": "Adversarial patch",
}
METHODS = tuple(TITLES)
# These follow the gradient inside an epsilon ball; the other methods have loops of their own.
BOUNDED = ("fgsm", "pgd", "mi_fgsm")
NORMS = ("linf", "l2")
MAX_EPSILON = 64
MIN_STEP_SIZE = 0.01
MAX_SEED = 2**63 - 1
BISECTIONS = 6  # of each method of a robustness curve
SELECTION = 16  # noisy copies that nominate the class to be certified
VOTES_AT_ONCE = 8
MORE_PHOTOS = 8  # that a visitor may add to the one that is attacked


@dataclass(frozen=True)
class AttackSettings(Settings):
    """What to do to a picture; each setting names the methods that read it.

    Epsilon is whole for L-infinity attacks, so that an 8-bit picture can use all of it.

    Raises:
        ValidationError: also for a target of DeepFool, which takes none.
    """

    method: str = setting(
        "pgd",
        "many small steps (Madry et al. 2018), one step (Goodfellow et al. 2015), small steps with "
        "momentum (Dong et al. 2018), straight over the nearest decision boundary, without a "
        "target (Moosavi-Dezfooli et al. 2016), the shortest change that an optimizer finds "
        "(Carlini & Wagner 2017), or a round sticker that anyone sees (Brown et al. 2017; 60 steps "
        "of 8 suit it); in this order",
        choices=METHODS, choice_key="attack.method",
    )  # fmt: skip
    norm: str = setting(
        "linf",
        "no colour value changes by more than epsilon, or the whole change is no longer than "
        "epsilon (carlini_wagner and patch ignore it)",
        choices=NORMS, choice_key="attack.norm",
    )  # fmt: skip
    target: str | None = setting(
        None,
        'a class of the network that the picture should be taken for, such as "Siamese cat" (of '
        'the pet networks "Siamese"); leave it out for "anything but the truth"',
        page_default="",
    )
    epsilon: float = setting(
        4.0,
        "for linf the largest change of a colour value, in whole grey levels (1/255); for l2 the "
        "Euclidean length of the change with colours from 0 to 1 (fgsm, pgd, mi_fgsm)",
        low=0, high=MAX_EPSILON, step=1, formula=r"\lVert x'-x\rVert_p\le\varepsilon",
    )  # fmt: skip
    steps: int = setting(
        20,
        "gradient steps; for deepfool at most so many, for carlini_wagner in each search",
        low=1, high=1000, slider_high=100, step=1, formula=r"k=1,\dots,\mathrm{steps}",
    )  # fmt: skip
    step_size: float = setting(
        1.0,
        "change per step in the unit of epsilon; for carlini_wagner and patch in grey levels "
        "(pgd, mi_fgsm, carlini_wagner, patch)",
        low=MIN_STEP_SIZE, high=64, slider_low=0.05, slider_high=16, step=0.05,
        formula=r"a=\mathrm{step\ size}/255\;\;(L_2:\ \mathrm{step\ size})",
    )  # fmt: skip
    seed: int = setting(0, "fixes the random start (pgd, patch)", low=0, high=MAX_SEED)
    random_start: bool = setting(
        True, "start anywhere in the epsilon ball, not at the clean picture (pgd)"
    )
    restarts: int = setting(
        1, "how many random starts are tried until one fools (pgd)",
        low=1, high=20, slider_high=10, step=1,
        formula=r"x_0=x+u,\;u\sim U(\lVert u\rVert_p\le\varepsilon)",
    )  # fmt: skip
    momentum: float = setting(
        1.0, "share of the former steps' direction that is kept (mi_fgsm)",
        low=0, high=2, step=0.1, formula=r"v\leftarrow\mu v+g/\lVert g\rVert_1",
    )  # fmt: skip
    overshoot: float = setting(
        0.02, "how far it goes beyond the decision boundary, as a share of the way (deepfool)",
        low=0, high=1, step=0.01, formula=r"x'=x+(1+\eta)\,r",
    )  # fmt: skip
    constant: float = setting(
        0.1, "weight of success against the length of the change, in the first search "
        "(carlini_wagner)",
        low=0.0001, high=10000,
        formula=r"\lVert x'-x\rVert_2^2+c\cdot\max(m,-\kappa)",
    )  # fmt: skip
    kappa: float = setting(
        0.0, "by how much the wanted class's logit must lead (carlini_wagner)",
        low=0, high=100, slider_high=20, step=0.5, formula=r"m=\max_{i\ne t}Z_i-Z_t\le-\kappa",
    )  # fmt: skip
    searches: int = setting(
        4, "how many weights of success are tried (carlini_wagner)",
        low=1, high=10, step=1, formula=r"c\leftarrow10\,c,\;\;c\leftarrow(c_-+c_+)/2",
    )  # fmt: skip
    patch_size: float = setting(
        0.35, "the sticker's diameter as a share of the picture's shorter side (patch)",
        low=0.05, high=1, step=0.05, formula=r"d=s\cdot\min(H,W)",
    )  # fmt: skip
    patch_x: float = setting(
        0.5, "where the sticker is, 0 at the left edge and 1 at the right (patch)",
        low=0, high=1, step=0.05, formula=r"c_x=\tfrac d2+x\,(W-d)",
    )  # fmt: skip
    patch_y: float = setting(
        0.5, "where the sticker is, 0 at the top and 1 at the bottom (patch)",
        low=0, high=1, step=0.05, formula=r"c_y=\tfrac d2+y\,(H-d)",
    )  # fmt: skip
    patch_angle: float = setting(
        0.0, "degrees by which the sticker is turned clockwise (patch)",
        low=-180, high=180, step=5, formula=r"T(p)=R_\theta\,p",
    )  # fmt: skip
    patch_spread: float = setting(
        0.0, "over how much of the picture the sticker must work: 0 for this one place, 1 for "
        "anywhere and turned by up to 45 degrees (patch)",
        low=0, high=1, step=0.1, formula=r"T\sim\mathrm{place}+s\,U,\;\theta\pm45^\circ s",
    )  # fmt: skip

    def check(self) -> None:
        if self.norm == "linf" and self.method in BOUNDED:
            whole_number("epsilon", self.epsilon, 0, MAX_EPSILON)
        if self.method == "deepfool" and self.target is not None:
            raise ValidationError("untargeted_only", title=TITLES[self.method])

    @property
    def most_steps(self) -> int:
        """How many steps the attack takes at most."""
        if self.method == "fgsm":
            return 1
        if self.method == "carlini_wagner":
            return self.steps * self.searches
        again = self.method == "pgd" and self.random_start
        return self.steps * (self.restarts if again else 1)


@dataclass(frozen=True)
class CurveSettings(Settings):
    """Which robustness curves to draw.

    Attributes:
        methods: of `BOUNDED`, in this order.
    """

    methods: tuple[str, ...] = setting(BOUNDED, "the attacks, one curve each")
    epsilon_end: float = setting(
        16.0, "the largest radius in grey levels (1/255)", low=1, high=MAX_EPSILON, step=1,
        formula=r"p(\varepsilon)=\min_{\lVert x'-x\rVert_\infty\le\varepsilon}p(y|x')",
    )  # fmt: skip
    points: int = setting(
        12, "how many radii from 0 to the largest; they are squares, so that most are small",
        low=3, high=40,
    )  # fmt: skip
    steps: int = setting(
        8, "gradient steps of PGD and MI-FGSM", low=1, high=50, slider_high=30, step=1,
        key="name.curve_steps",
        formula=r"v\leftarrow\mu v+\tfrac{g}{\lVert g\rVert_1},\;"
        r"x'\leftarrow\Pi(x'+a\,\mathrm{sign}\,v)",
    )  # fmt: skip

    def check(self) -> None:
        for method in self.methods:
            choice("method", method, BOUNDED)

    @property
    def epsilons(self) -> tuple[float, ...]:
        """The radii: squares, so that most of them lie where the probability changes."""
        last = self.points - 1
        return tuple(self.epsilon_end * (n / last) ** 2 for n in range(self.points))

    @property
    def most_steps(self) -> int:
        """Gradient steps and bisections, over all methods."""
        each = {method: 1 if method == "fgsm" else self.steps for method in self.methods}
        return sum(steps + BISECTIONS for steps in each.values())


@dataclass(frozen=True)
class JpegSettings(Settings):
    """A defense: every picture is saved as a JPEG before the network sees it."""

    quality: int = setting(
        75, "quality of the file", low=1, high=95, step=1,
        formula=r"f(\mathrm{JPEG}_q(x)),\quad\nabla_x\approx\nabla f|_{\mathrm{JPEG}_q(x)}",
    )  # fmt: skip
    adaptive: bool = setting(
        False, "the attacker knows of the defense", key="robustness.jpeg.adaptive"
    )


@dataclass(frozen=True)
class SmoothingSettings(Settings):
    """A defense: a vote under noise (randomized smoothing).

    Raises:
        ValidationError: also for so few samples that not even a unanimous vote proves a majority.
    """

    sigma: float = setting(
        16.0, "standard deviation of the noise in grey levels (1/255)",
        low=0.1, high=128, slider_low=1, slider_high=64, step=1,
        formula=r"g(x)=\arg\max_c P\left(f(x+\mathcal N(0,\sigma^2I))=c\right)",
    )  # fmt: skip
    samples: int = setting(
        96, "noisy copies that vote; too few to prove a majority are refused",
        low=1, high=10_000, slider_high=1000, step=1,
    )  # fmt: skip
    confidence: float = setting(
        0.99, "confidence of the certificate", low=0.5, high=0.9999, slider_high=0.999, step=0.001
    )
    seed: int = setting(0, "fixes the noise", low=0, high=MAX_SEED)

    def check(self) -> None:
        least = least_samples(self.confidence)
        if self.samples < least:
            confidence = f"{self.confidence:.4g}"
            raise ValidationError(
                "too_few_samples", count=self.samples, confidence=confidence, least=least
            )

    @property
    def most_steps(self) -> int:
        """How many batches go through the network."""
        return sum(math.ceil(copies / VOTES_AT_ONCE) for copies in (SELECTION, self.samples))


@dataclass(frozen=True)
class UniversalSettings(Settings):
    """One perturbation for many photos."""

    photos: int = setting(
        8, "how many photos it is made from; it is tried on the others", low=1, high=12, step=1,
        key="name.universal_photos",
    )  # fmt: skip
    epsilon: float = setting(
        10.0, "the largest change of a colour value, in whole grey levels (1/255)",
        low=1, high=MAX_EPSILON, slider_high=32, step=1,
        formula=r"\lVert v\rVert_\infty\le\varepsilon,\;k(x+v)\ne k(x)",
    )  # fmt: skip
    steps: int = setting(40, "gradient steps", low=1, high=200, slider_high=100, step=1)
    step_size: float = setting(1.0, "change per step in grey levels", low=1, high=16)

    def check(self) -> None:
        whole_number("epsilon", self.epsilon, 1, MAX_EPSILON)
        whole_number("step_size", self.step_size, 1, 16)


def least_samples(confidence: float) -> int:
    """The fewest votes that, all for one class, put the lower bound of its probability above 1/2:
    the smallest n with (1 - confidence)^(1/n) > 1/2."""
    return math.floor(math.log(1 - confidence) / math.log(0.5)) + 1
