"""The settings of a class activation map. Importing this does not import PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models.registry import DEFAULT_PET_CLASSIFIER, PAGE_PET_CLASSIFIER, PET_CLASSIFIERS
from models.validation import Settings, setting


@dataclass(frozen=True)
class CamSettings(Settings):
    """How a pet classifier's prediction is explained, see `PetClassifier.class_activation_map`."""

    contrast: float = setting(
        1.0, "how much of the second breed's weights is taken away", low=0, high=1, step=0.05,
        formula=r"M(x,y)=\textstyle\sum_k\left(w^a_k-\gamma\,w^b_k\right)A_k(x,y)",
    )  # fmt: skip
    model: str = setting(
        DEFAULT_PET_CLASSIFIER, "the classifier", choices=PET_CLASSIFIERS,
        page_default=PAGE_PET_CLASSIFIER,
    )  # fmt: skip
