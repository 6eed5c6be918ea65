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
    from models.gan.training.draw import draw_gan as draw_gan
    from models.gan.training.train import train_gan as train_gan
    from models.linear_probe.probe import probe_learning_curve as probe_learning_curve
    from models.linear_probe.probe import train_probe as train_probe
    from models.registry import list_models as list_models
    from models.shortcuts import explain_breed as explain_breed
    from models.shortcuts import feature_maps as feature_maps
    from models.shortcuts import invert as invert
    from models.shortcuts import own_classes as own_classes
    from models.store import load as load
    from models.style_transfer.stylize import stylize as stylize
    from models.style_transfer.stylize import stylize_fast as stylize_fast
    from models.style_transfer.stylize import stylize_film as stylize_film
    from models.style_transfer.stylize import stylize_steps as stylize_steps

# name: module
_PUBLIC = {
    "adversarial": "models.attacks.adversarial",
    "draw_gan": "models.gan.training.draw",
    "explain": "models.explanations.explain",
    "explain_breed": "models.shortcuts",
    "feature_maps": "models.shortcuts",
    "ideal_image": "models.feature_visualization.ideal_image",
    "invert": "models.shortcuts",
    "list_models": "models.registry",
    "load": "models.store",
    "own_classes": "models.shortcuts",
    "probe_learning_curve": "models.linear_probe.probe",
    "stylize": "models.style_transfer.stylize",
    "stylize_fast": "models.style_transfer.stylize",
    "stylize_film": "models.style_transfer.stylize",
    "stylize_steps": "models.style_transfer.stylize",
    "train_gan": "models.gan.training.train",
    "train_probe": "models.linear_probe.probe",
}
__all__ = [
    "adversarial",
    "draw_gan",
    "explain",
    "explain_breed",
    "feature_maps",
    "ideal_image",
    "invert",
    "list_models",
    "load",
    "own_classes",
    "probe_learning_curve",
    "stylize",
    "stylize_fast",
    "stylize_film",
    "stylize_steps",
    "train_gan",
    "train_probe",
]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'models' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
