"""The settings of a linear probe, and what it can learn. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models.labels import breeds
from models.validation import Settings, choice, setting

# By task: the features a probe can be trained on, and the names of the classes.
FEATURES = {
    "breeds": ("imagenet", "untrained"),
    "cats_vs_dogs": ("imagenet", "untrained"),
    "digits": ("imagenet", "untrained", "pixels"),
}
CLASSES = {
    "breeds": breeds.NAMES,
    "cats_vs_dogs": ("cat", "dog"),
    "digits": tuple("0123456789"),
}
SCHEDULES = ("cosine", "constant")
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class ProbeSettings(Settings):
    """What a linear probe is trained on, and how: softmax regression by AdamW.

    AdamW: Loshchilov & Hutter 2019. Dropout: Srivastava et al. 2014. Label smoothing: Szegedy et
    al. 2016. Batch normalisation: Ioffe & Szegedy 2015.

    Raises:
        ValidationError: a value out of range, or features that the task does not have.
    """

    task: str = setting(
        "breeds", "what is told apart", choices=tuple(FEATURES), choice_key="train.task"
    )
    per_class: int = setting(
        0, "examples of each class, chosen by the seed; 0 takes all", low=0, high=10_000,
        slider_high=100, step=1,
    )  # fmt: skip
    epochs: int = setting(20, "passes over the examples", low=1, high=200, slider_high=100, step=1)
    lr: float = setting(
        0.003, "learning rate of AdamW", low=1e-5, high=1,
        formula=r"W\leftarrow W-\eta\,\nabla_W L",
    )  # fmt: skip
    seed: int = setting(0, "fixes the examples, their order and the dropout", low=0, high=MAX_SEED)
    weight_decay: float = setting(
        0.1, "pull of the weights towards zero, per unit of learning rate", low=0, high=10,
        step=0.1, formula=r"W\leftarrow(1-\eta\lambda)\,W",
    )  # fmt: skip
    dropout: float = setting(
        0.0, "share of the features hidden at each step", low=0, high=0.9, step=0.05,
        formula=r"x'=m\odot x/(1-p)",
    )  # fmt: skip
    smoothing: float = setting(
        0.0, "share of each label that is spread over all classes", low=0, high=0.5, step=0.05,
        formula=r"y'=(1-\epsilon)\,y+\epsilon/K",
    )  # fmt: skip
    schedule: str = setting(
        "cosine", "the learning rate falls to zero, or stays", choices=SCHEDULES,
        choice_key="train.schedule",
        formula=r"\eta_t=\tfrac{\eta}{2}\left(1+\cos\tfrac{\pi t}{T}\right)",
    )  # fmt: skip
    batch_norm: bool = setting(
        False, "normalise each feature over the batch", formula=r"\hat x=(x-\mu_B)/\sigma_B"
    )
    features: str = setting(
        "imagenet",
        "of EfficientNet-Lite0 as trained on ImageNet, of the same network with random weights, or "
        "(digits only) the pixels themselves",
        choices=FEATURES["digits"],
        choice_key="train.kind",
    )

    def check(self) -> None:
        choice("features", self.features, FEATURES[self.task])
