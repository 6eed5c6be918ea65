"""The pet classifier's public endpoints, and the work they share with the page."""

from __future__ import annotations

from collections.abc import Generator

import gradio as gr
from PIL import Image

from demos.runtime import i18n as language
from demos.runtime.engine import Engine
from demos.runtime.i18n import say
from demos.ui import model_picker
from demos.ui.endpoints import Picture, expose
from demos.ui.page import HEAVY, LIGHT, Page
from models import images, registry, weights
from models.labels import breeds
from models.validation import ValidationError, choice, number

DEFAULT = registry.DEFAULT_PET_CLASSIFIER
SHOWN_SIDE = 384


def seen(engine: Engine, path: str | None, model: str = DEFAULT):
    """(the picture as the network is shown it, what the network sees in it)."""
    side = registry.pet_classifier(model).input_size
    picture = images.square(images.open_image(path), side)
    # Loaded here, where it holds up nobody else's turn.
    engine.pet_classifier(model)
    return picture, engine.predict_pets((model, images.to_tensor(picture)))


def overlaid(classifier, picture, seen, breed: int, against: int | None, contrast) -> Image.Image:
    """The photo in grey under its class activation map: red speaks for `breed`, blue against it."""
    import torch.nn.functional as F

    gamma = number("contrast", contrast, 0, 1)
    heat = classifier.class_activation_map(seen, breed, against, gamma)
    shown = images.to_tensor(picture.resize((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.BICUBIC))
    smooth = F.interpolate(heat[None, None], (SHOWN_SIDE, SHOWN_SIDE), mode="bicubic")[0, 0]
    return images.to_image(images.overlay(shown, smooth))


def explained(
    engine: Engine, path, breed: str, against: str | None, contrast: float = 1.0, model=DEFAULT
) -> Image.Image:
    """The class activation map of `breed`, against another breed if one is named."""
    first = breeds.index(breed)
    second = breeds.index(against) if against else None
    picture, found = seen(engine, path, model)
    return overlaid(engine.pet_classifier(model), picture, found, first, second, contrast)


def feature_maps(page: Page, code: str, path, model: str, layer: str) -> Generator:
    """Status lines while the network is loaded, then (mosaic, `FeatureMaps`)."""
    picture = images.open_image(path)
    spec = registry.backbone(model)
    from models.backbones import feature_maps as maps

    choice("layer", layer, spec.map_layers)
    network = yield from model_picker.loaded(page, code, model)
    tensor = images.to_tensor(images.square(picture, spec.input_size))
    found = page.engine.worker.submit(maps.extract, network, tensor, layer).result()
    yield images.to_image(found.mosaic.expand(3, -1, -1)), found


def quality(code: str, model: str = DEFAULT) -> str:
    """What was measured of a classifier, in one line."""
    try:
        found = weights.entry(registry.pet_classifier(model).name)["measured"]
    except ValidationError as error:
        return language.error_message(code, error)
    low, high = found["top1_interval"]
    shown = {
        "top": found["top1"], "low": low, "high": high, "species": found["species"],
        "calibration": found["ece_15_bins"],
    }  # fmt: skip
    return say(
        code,
        "pets.quality",
        count=found["photos"],
        passed=f"{found['passed'] * 100:.0f}",
        others=f"{found['refused_mean'] * 100:.0f}",
        **{name: f"{value * 100:.1f}" for name, value in shown.items()},
    )


def expose_all(page: Page) -> None:
    """Makes /classify_pet, /explain_pet and /feature_maps."""
    engine = page.engine

    def classify_pet(language: str, image: Picture, model: str = DEFAULT):
        """Names the breed of the cat or dog in a photograph, with calibrated confidences.

        Args:
            image: a photograph; its centre square is shown to the network.
            model: pets_lite0, pets_lite2 or pets_lite0_robust.

        Returns:
            The confidences of the 37 breeds of the Oxford-IIIT Pet set, and a report: "breed",
            "species" ("cat" or "dog"), "confidence", and "is_pet", false where the picture does not
            look like a cat or a dog at all.
        """
        _, found = seen(engine, image, model)
        values = found.probabilities.tolist()
        confidences = {name: round(v, 4) for name, v in zip(breeds.NAMES, values, strict=True)}
        name, confidence = found.top(1)[0]
        report = {
            "breed": name,
            "species": breeds.SPECIES[breeds.NAMES.index(name)],
            "confidence": round(confidence, 4),
            "is_pet": found.is_pet,
            "score": round(found.score, 3),
        }
        return confidences, report

    def explain_pet(
        language: str,
        image: Picture,
        breed: str,
        against: str | None = None,
        contrast: float = 1.0,
        model: str = DEFAULT,
    ):
        """Shows where a photograph speaks for a breed: its class activation map over the photo.

        Args:
            image: a photograph; its centre square is shown to the network.
            breed: one of the 37 breeds, such as "Siamese".
            against: another breed: red then speaks for the first and blue for the second.
            contrast: how much of the second breed's weights is taken away, 0 to 1.
            model: pets_lite0, pets_lite2 or pets_lite0_robust.

        Returns:
            The photograph in grey, red where it speaks for the breed, blue where against (PNG).
        """
        return explained(engine, image, breed, against, contrast, model)

    def maps(
        language: str,
        image: Picture,
        model: str = registry.DEFAULT_BACKBONE,
        layer: str = "blocks.1",
    ):
        """Shows what one layer of an ImageNet network makes of a picture, channel by channel.

        Args:
            image: any picture; its centre square is shown to the network.
            model: efficientnet_lite0, efficientnet_lite1, efficientnet_lite2, vgg16, vgg19,
                resnet50 or mobilenet_v3_large.
            layer: a layer of that network, such as "bn1" or "blocks.0" to "blocks.6" of the
                EfficientNets; a wrong name is answered with the right ones.

        Returns:
            The 64 channels that vary most, each from black to white (PNG), and a report: "layer",
            "shape" (channels, height, width) and "shown".
        """
        for moment in feature_maps(page, language, image, model, layer):
            if not isinstance(moment, str):
                picture, found = moment
                yield picture, {"layer": layer, "shape": list(found.shape), "shown": found.shown}

    expose(classify_pet, {"label": gr.Label, "report": gr.JSON}, "classify_pet", LIGHT)
    expose(explain_pet, {"picture": gr.Image}, "explain_pet", LIGHT)
    expose(maps, {"picture": gr.Image, "report": gr.JSON}, "feature_maps", HEAVY)
