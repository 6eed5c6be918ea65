"""An explanation in one call, for scripts and notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from models import images, registry, store
from models.explanations.compare import compare
from models.explanations.draw import draw
from models.explanations.settings import UNSIGNED, ExplanationSettings


@dataclass(frozen=True)
class ExplainedPicture:
    """What `explain` gives.

    Attributes:
        image: the photo in grey, green where it speaks for the class and magenta where against it.
        map: (h, w): above 0 speaks for the class.
        class_name: the class that is explained.
        probability: of it, by the network.
        deletion, insertion: areas under the curves: the smaller, and the larger, the better.
    """

    image: Image.Image
    map: torch.Tensor
    class_name: str
    probability: float
    deletion: float
    insertion: float


def explain(
    model: str,
    image: str | Path | Image.Image,
    class_name: str | None = None,
    method: str = "cam",
    *,
    device: str = "auto",
    **settings: Any,
) -> ExplainedPicture:
    """Shows which places of a photo speak for a class.

    Args:
        model: a classifier's name, see `models.list_models`.
        image: a path or a PIL image; its centre square is what the network is shown.
        class_name: a class of that network; None for its own verdict.
        method: "cam", "integrated_gradients", "occlusion" or "smoothgrad".
        device: as in `models.load`.
        settings: further fields of `ExplanationSettings`.

    Raises:
        ValidationError: the image can't be read, the network has no such class, or a setting is out
            of range.
    """
    chosen = ExplanationSettings(class_name=class_name, model=model, method=method, **settings)
    spec = registry.classifier(model)
    target = None if class_name is None else spec.class_index(class_name)
    shown = images.square(images.open_image(image), spec.input_size)
    network = store.load(model, device)
    picture = images.to_tensor(shown, network.placement.device)
    *_, last = compare(network, picture, target, chosen, (method,))
    found = last.found[method]
    assert found.areas
    drawn = draw(shown, found.map, method not in UNSIGNED)
    name = spec.classes[last.target]
    return ExplainedPicture(drawn, found.map, name, last.probability, *found.areas)
