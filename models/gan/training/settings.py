"""The settings of a GAN's training. Importing this does not import PyTorch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.gan.settings import slider
from models.validation import Settings, ValidationError, setting, shown

LOSSES = ("non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic")
ARCHITECTURES = ("mlp", "dense", "dcgan")
MAX_SEED = 2**31 - 1
MAX_FILE_BYTES = 30 << 20  # of a run that comes back: what the page takes of any upload (app.py)
SIDES = (32, 64)  # of own pictures, in pixels
# What the networks are made from; everything else can be changed while training goes on.
NETWORK_SETTINGS = ("architecture", "spectral", "latent", "width", "seed", "classes")
LEARNING_RATE = {"low": 0, "high": 10}
STEPS = {"low": 1, "high": 20, "step": 1}


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """What a run is set to; see each setting. The defaults suit the ring of Gaussians."""

    # Two different rates are TTUR (Heusel et al. 2017).
    lr_d: float = setting(
        1e-3, "the discriminator's learning rate", **LEARNING_RATE,
        formula=r"\theta_D\leftarrow\theta_D-\eta_D\,m/\sqrt v",
    )  # fmt: skip
    lr_g: float = setting(
        1e-3, "the generator's learning rate", **LEARNING_RATE,
        formula=r"\theta_G\leftarrow\theta_G-\eta_G\,m/\sqrt v",
    )  # fmt: skip
    seed: int = setting(0, "fixes weights and every draw", low=0, high=MAX_SEED)
    architecture: str = setting(
        "mlp",
        "two linear layers on points in the plane, linear layers on pictures, or convolutions",
        choices=ARCHITECTURES,
        choice_key="gan_lab.architecture",
    )
    loss: str = setting(
        "non_saturating", "the two losses", choices=LOSSES, choice_key="gan_lab.loss"
    )  # fmt: skip
    batch: int = setting(
        128, "real and generated examples in a step, each", low=4, high=256, step=4
    )
    d_steps: int = setting(1, "steps of the discriminator in a round", **STEPS)
    g_steps: int = setting(1, "steps of the generator in a round", **STEPS)
    beta1: float = setting(
        0.0, "Adam's momentum", low=0, high=0.99, step=0.01,
        formula=r"m\leftarrow\beta_1 m+(1-\beta_1)\,\nabla L",
    )  # fmt: skip
    # Mescheder et al. 2018.
    r1: float = setting(
        0.1, "gamma of the R1 penalty; 0 is off", low=0, high=100, slider_high=10, step=0.05,
        formula=r"L_D + \tfrac{\gamma}{2}\,\mathbb{E}\,\lVert\nabla_x d(x)\rVert^2",
    )  # fmt: skip
    # Gulrajani et al. 2017.
    penalty: float = setting(
        10.0, 'lambda of the gradient penalty, read by "wasserstein" only', low=0, high=100,
        slider_high=50, step=0.5,
        formula=r"\lambda\,\mathbb{E}\,(\lVert\nabla_u d(u)\rVert-1)^2",
    )  # fmt: skip
    # Miyato et al. 2018.
    spectral: bool = setting(
        False,
        "spectral normalisation of the discriminator: its layers have norm 1",
        formula=r"W\leftarrow W/\sigma_1(W)",
    )
    # Zhao et al. 2020.
    augment: bool = setting(
        False,
        "DiffAugment: real and generated pictures are augmented alike (pictures only)",
        formula=r"d(T(x)),\ d(T(G(z)))",
    )
    # One-sided (Salimans et al. 2016): another thing than a classifier's, so its text is another.
    smoothing: float = setting(
        0.0, "label smoothing: real examples have label 1 - smoothing", low=0, high=0.5, step=0.05,
        formula=r"y_{\text{real}}=1-s", key="gan_lab.smoothing",
    )  # fmt: skip
    ema: float = setting(
        0.0, "decay of the moving average of the generator's weights; 0 shows the generator itself",
        low=0, high=0.9999, step=0.001,
        formula=r"\bar\theta\leftarrow\beta\,\bar\theta+(1-\beta)\,\theta_G",
    )  # fmt: skip
    skip_below: float = setting(
        0.0, "the discriminator skips its step while its loss is below this; 0 never skips", low=0,
        high=100, slider_high=5, step=0.05, formula=r"L_D<t\Rightarrow\theta_D\text{ stays}",
    )  # fmt: skip
    latent: int = setting(2, "numbers in z", low=1, high=512, slider_high=128, step=1)
    width: int = setting(
        128, "channels of the layers of the largest maps, or neurons of a hidden layer", low=4,
        high=512, slider_high=128, step=4,
    )  # fmt: skip
    # Mescheder et al. 2018; with R1 and the relativistic loss: Huang et al. 2024, R3GAN.
    r2: float = setting(
        0.0, "gamma of the R2 penalty, R1's on generated examples; 0 is off", low=0, high=100,
        slider_high=10, step=0.05,
        formula=r"L_D + \tfrac{\gamma}{2}\,\mathbb{E}\,\lVert\nabla_x d(G(z))\rVert^2",
    )  # fmt: skip
    # Miyato & Koyama 2018.
    classes: tuple[int, ...] | None = setting(
        None, "the digits that can be asked for, each by itself, such as [1, 7]: both networks are "
        "told the class (data of digits only); left out, they are not told any",
        formula=r"d(x, y) = \psi(\varphi(x)) + v_y^\top\varphi(x)",
    )  # fmt: skip
    shuffled_labels: float = setting(
        0.0, "share of the training examples with the label of another one, read with classes only",
        low=0, high=1, step=0.05,
    )  # fmt: skip

    def check(self) -> None:
        if self.classes is not None:
            object.__setattr__(self, "classes", _digits(self.classes))

    def needs_new_networks(self, other: TrainingSettings) -> bool:
        """Whether going on with `other` needs new networks."""
        return any(getattr(self, name) != getattr(other, name) for name in NETWORK_SETTINGS)

    @property
    def equilibrium_loss(self) -> float:
        """D's loss when it can't tell real from generated examples.

        log 4 for the two logistic losses, 1/4 for least squares, 2 for hinge, 0 for Wasserstein,
        log 2 for relativistic, which has one logarithm for a pair.
        """
        half = math.log(2)
        others = {"least_squares": 0.25, "hinge": 2.0, "wasserstein": 0.0, "relativistic": half}
        return others.get(self.loss, 2 * half)


def _digits(classes: Sequence[object]) -> tuple[int, ...]:
    """Different digits in ascending order; JSON may say 7.0 for 7.

    Raises:
        ValidationError: none, something else, or one twice.
    """
    numbers = [each for each in classes if isinstance(each, int | float)]
    found = {int(each) for each in numbers if type(each) is not bool and each in range(10)}
    if not found or len(found) != len(classes):
        raise ValidationError("digit_classes", name="classes", value=shown(classes))
    return tuple(sorted(found))


@dataclass(frozen=True)
class ExploreSettings(Settings):
    """Which picture of a generator of the lab is looked at; see each setting's sentence."""

    seed: int = setting(
        0, "number of the picture", low=0, high=MAX_SEED, key="gan_lab.explore.seed"
    )  # fmt: skip
    d1: float = slider(1)
    d2: float = slider(2)
    d3: float = slider(3)
    d4: float = slider(4)

    @property
    def sliders(self) -> tuple[float, ...]:
        """d1 to d4."""
        return self.d1, self.d2, self.d3, self.d4
