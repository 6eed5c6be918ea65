"""The whole way in one call, for notebooks: `models.ideal_image("zebra")`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from models import images, store
from models.feature_visualization.optimize import visualize
from models.feature_visualization.settings import VisualizationSettings
from models.feature_visualization.strip import sheet


def ideal_image(
    class_name: str = "Siamese cat",
    *,
    photo: str | Path | bytes | Image.Image | None = None,
    device: str = "auto",
    **settings: Any,
) -> Image.Image:
    """The picture that a network is most certain to show a class.

    Args:
        class_name: a class of the network, such as "zebra".
        photo: where to start instead of noise.
        device: as in `models.load`.
        settings: further fields of `VisualizationSettings`, such as `model`, `method`, `steps`,
            `size` or `seed`.

    Returns:
        An RGB image, `size` x `size` pixels; with `count` above 1 a sheet of that many.

    Raises:
        ValidationError: a setting out of range, or a photo that can't be read.
        TypeError: no such setting.
    """
    if photo is not None:
        settings["start"] = "photo"
    chosen = VisualizationSettings(class_name=class_name, **settings)
    begin = images.open_image(photo) if chosen.from_photo else None
    networks = [store.load(name, device) for name in chosen.networks]
    *_, last = visualize(networks, chosen, begin)
    return images.to_image(sheet(last.image))
