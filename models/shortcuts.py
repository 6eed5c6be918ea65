"""One call each for what takes a few lines with a loaded network, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from models import images, registry, store
from models.backbones import feature_maps as maps
from models.classifiers import overlay
from models.classifiers.settings import CamSettings
from models.gan.inversion import code, inverter
from models.gan.inversion.face_finder import crop, found_face
from models.gan.inversion.inverter import Inversion
from models.gan.inversion.settings import Box, InversionSettings
from models.labels import breeds
from models.linear_probe import own_classes as own

INVERTED_SIDE = 256  # of the picture, in pixels
EYES = "efficientnet_lite0"


def explain_breed(
    image: str | Path | Image.Image,
    breed: str,
    against: str | None = None,
    *,
    device: str = "auto",
    **settings: Any,
) -> Image.Image:
    """Where a photograph speaks for a breed: its class activation map over the photo.

    Args:
        image: a path or a PIL image; its centre square is shown to the network.
        breed: one of the 37, such as "Siamese".
        against: another: green then speaks for the first and magenta for the second.
        device: as in `models.load`.
        settings: fields of `CamSettings`: `model`, and `contrast` with `against`.

    Raises:
        ValidationError: an image that can't be read, an unknown breed, or a setting out of range.
    """
    chosen = CamSettings(**settings)
    pair = breeds.index(breed), breeds.index(against) if against else None
    classifier = store.load(chosen.model, device)
    shown = images.square(images.open_image(image), classifier.spec.input_size)
    prediction = classifier.predict(shown)
    cam = classifier.class_activation_map(prediction, *pair, chosen.contrast)
    return overlay.draw(shown, cam)


def feature_maps(
    image: str | Path | Image.Image,
    layer: str,
    model: str = registry.DEFAULT_BACKBONE,
    *,
    device: str = "auto",
) -> maps.FeatureMaps:
    """What one layer of an ImageNet network makes of a picture, channel by channel.

    Args:
        image: a path or a PIL image; its centre square is shown to the network.
        layer: one of the network's `map_layers`, such as "blocks.1".
        model: see `models.list_models("imagenet")`.
        device: as in `models.load`.

    Raises:
        ValidationError: an image that can't be read, an unknown network or layer.
    """
    network = store.load(registry.backbone(model).name, device)
    shown = images.classifier_input(image, network.spec.input_size)
    return maps.extract(network, shown, layer)


@dataclass(frozen=True)
class InvertedPicture:
    """What `invert` gives.

    Attributes:
        image: the generator's version of the face, 256 x 256.
        box: the square of the photograph that was inverted.
        code: w+ as text, for `/gan_sample` and its like.
        inversion: can be drawn again, moved by the sliders: `inversion.draw(shift)`.
    """

    image: Image.Image
    box: Box
    code: str
    inversion: Inversion


def invert(
    image: str | Path | Image.Image,
    box: Sequence[float] | None = None,
    *,
    device: str = "auto",
    **settings: Any,
) -> InvertedPicture:
    """Finds the code from which a generator draws the face in a photograph (GAN inversion).

    Args:
        image: a path or a PIL image.
        box: [x, y, side] around the face, in pixels; None finds it.
        device: as in `models.load`.
        settings: fields of `InversionSettings`: `model`, `steps`, `space`, `seed`.

    Raises:
        ValidationError: an image that can't be read, a bad box, no face and no box, or a setting
            out of range.
    """
    chosen, photo = InversionSettings(**settings), images.open_image(image)
    given = None if box is None else Box.checked(box, *photo.size)
    made = inverter.load(chosen.model, store.load(EYES, device))
    used = given or found_face(made.finder, photo)
    stages = inverter.STAGES[chosen.space]
    *_, last = made.steps(crop(photo, used), stages, chosen.steps, chosen.seed)
    small = images.to_image(last.picture)
    best = next(last.found[space] for space in ("w+", "w") if space in last.found)
    return InvertedPicture(
        small.resize((INVERTED_SIDE, INVERTED_SIDE), Image.Resampling.BICUBIC),
        used,
        code.to_text(best.styles[0]),
        last.found[chosen.space],
    )


def own_classes(
    classes: Mapping[str, str | Path | Sequence[str | Path]], *, device: str = "auto"
) -> own.OwnClasses:
    """Trains a head that tells classes of one's own apart, from a few photos of each.

    Args:
        classes: by name, 2 to 5, a folder or a list of picture files, 2 to 40 of each. The centre
            squares of the photos are shown to EfficientNet-Lite0, whose weights stay as they are.
        device: as in `models.load`.

    Raises:
        ValidationError: a file that is missing or can't be read, too few or too many classes or
            photos, a class without a name, or one photo in two classes.
    """
    read = [(name, [*map(own.content, own.files(given))]) for name, given in classes.items()]
    return own.train(read, store.load(registry.DEFAULT_BACKBONE, device))
