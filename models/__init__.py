"""What computes. Plain PyTorch, no Gradio: everything here can be used from a notebook.

    import models

    models.load("pets_lite0").predict("cat.jpg").top(5)

Names are imported when they are first used, so that `import models` does not import PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.attacks.adversarial import adversarial as adversarial
    from models.explanations.explain import explain as explain
    from models.feature_visualization.ideal_image import ideal_image as ideal_image
    from models.gan.training.train import train_gan as train_gan
    from models.registry import list_models as list_models
    from models.store import load as load
    from models.style_transfer.stylize import stylize as stylize
    from models.style_transfer.stylize import stylize_steps as stylize_steps

# name: module
_PUBLIC = {
    "adversarial": "models.attacks.adversarial",
    "explain": "models.explanations.explain",
    "ideal_image": "models.feature_visualization.ideal_image",
    "list_models": "models.registry",
    "load": "models.store",
    "stylize": "models.style_transfer.stylize",
    "stylize_steps": "models.style_transfer.stylize",
    "train_gan": "models.gan.training.train",
}
__all__ = [
    "adversarial",
    "explain",
    "ideal_image",
    "list_models",
    "load",
    "stylize",
    "stylize_steps",
    "train_gan",
]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'models' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
