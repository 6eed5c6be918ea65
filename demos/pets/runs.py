"""What the pet breeds tab and its endpoints compute: classify and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from demos.runtime.engine import Engine
from models import images, registry
from models.classifiers.settings import CamSettings
from models.labels import breeds

if TYPE_CHECKING:
    from models.classifiers.pet_classifier import PetPrediction

NAME = "pets"
DEFAULT = registry.DEFAULT_PET_CLASSIFIER


def classify(
    engine: Engine, path: str | None, model: str = DEFAULT
) -> tuple[Image.Image, PetPrediction]:
    """(the square that the classifier is shown of a photo, its prediction).

    Raises:
        ValidationError: a photo that can't be read, or an unknown classifier.
    """
    side = registry.pet_classifier(model).input_size
    square = images.square(images.open_image(path), side)
    # Loaded here: in the worker's thread it would hold up everybody else's batches.
    engine.pet_classifier(model)
    return square, engine.predict_pets((model, images.to_tensor(square)))


def explain(
    engine: Engine, path: str | None, breed: str, against: str | None, settings: CamSettings
) -> Image.Image:
    """The class activation map of `breed` over a photo, against another breed if one is named.

    Raises:
        ValidationError: as `classify`, or an unknown breed.
    """
    first = breeds.index(breed)
    second = breeds.index(against) if against else None
    square, prediction = classify(engine, path, settings.model)
    return overlay(engine, square, prediction, (first, second), settings)


def overlay(
    engine: Engine,
    square: Image.Image,
    prediction: PetPrediction,
    pair: tuple[int, int | None],
    settings: CamSettings,
) -> Image.Image:
    """The photo in grey under the map of the breeds `pair`: green speaks for the first, magenta
    against it."""
    from models.classifiers.overlay import draw

    classifier = engine.pet_classifier(settings.model)
    return draw(square, classifier.class_activation_map(prediction, *pair, settings.contrast))
